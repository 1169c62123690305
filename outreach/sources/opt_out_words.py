"""The words by which lists say who must not be contacted, of nine languages, as `words_of` writes them.

Each pattern is looked for in words, and in the same written together.
"""

import re

FORBIDS = re.compile(
    # English
    r"opted ?out ?of ?e? ?mail.*|opt(?:ed|s|ing)?outs?|unsubscri\w*|unsub(?=time|date|reason|\Z)"
    r"|(?:do(?:es)?not|dont)(?:allow|bulk|contact|call|phone"
    r"|e?mail|sms|text|send|disturb|message|market|process|solicit)\w*|\bdncm?\b"
    r"|not(?:subscribed|opt\w*in|contactable|callable|allowed)"
    r"|no(?:contact|calls?|phones?|telephones?|e?mails?|sms|texts?|marketing)\b|suppress\w*"
    r"|no(?:more|further)(?:contact|calls?|e?mails?|sms|texts?|messages?)"
    r"|nolonger(?:contact|(?:wish(?:es)?|wants?)to(?:be|hear|receive))\w*|nottobe(?:contact|call|e?mail"
    r"|text)\w*"
    r"|removefrom(?:all|our|the|your|call|mailing)*(?:list|database)|passedaway"
    r"|rightto(?:object|beforgotten)|erasurerequest\w*|\Astop ?(?:sms|calls?|appels?|texts?|e?mails?)\b"
    r"|\bdnd\b|\Astop(?:ped|list)?\Z|stop ?(?:calling|texting|e?mailing|contacting)"
    r"|suspended|deceased|revo(?:ked|cation)|withdr[ae]w\w*"
    # A payment is declined as well, a tax excluded, and of a withdrawal from a sale every shop instructs.
    r"|(?<!card)(?<!card )(?<!payment)(?<!payment )(?<!charge)(?<!charge )"
    r"declined(?! ?(?:payments?(?! ?remind)|charges?|cards?|transactions?|orders?|deliver))"
    r"|spam(?=\Z|report|complain)|complain\w*"
    r"|black ?list\w*|block ?list\w*|cease ?(?:and ?)?desist"
    r"|no ?(?:contact|calls?|e ?mails?|sms|texts?|marketing) ?(?:please|pls|order|at ?all)\b"
    # German
    r"|abgemeldet|abmeldung|abbestellt|(?:werbe|kontakt|anruf|mail|sms)(?:sperre|verbot)|sperrvermerk"
    r"|gesperrt"
    r"|(?:nicht|un)(?:erwunscht|gewunscht|erlaubt|gestattet)"
    r"|nicht ?zulassen|nicht(?:an)?(?:rufen|kontaktieren|schreiben|mailen)|nichtmehr\w*|keine?(?:werbung"
    r"|e?mails?|anrufe?|sms|kontakt\w*)"
    r"|widerspr(?:uch|ochen)\w*|robinson\w*|ausgetragen|widerruf(?!s ?(?:belehrung|frist|formular))\w*"
    r"|(?:ver|ge)storben|entzogen"
    # French
    r"|\bne ?pas ?\w+|nepas\w+|\Apas ?d(?:e|es)? ?(?:sms|appels?|e ?mails?|contact)\Z|\bne ?plus ?\w+"
    r"|ne(?:veut|souhaite|desire)(?:pas|plus)\w*"
    r"|desabonn\w*|desinscri\w*|\boppos(?:e|ition)\w*|bloctel|listerouge"
    r"|refuse?(?:les?|des?|d)?(?:sms|appels?|e?mails?|prospection|contact|demarchage)\b|decede\w*"
    r"|consentement ?retire|retrait ?(?:du ?)?consentement"
    # Spanish
    r"|no ?permitir|no(?:(?:desea|quiere)(?:ser|recibir|mas(?:llamadas|correos|contacto|sms))|llamar"
    r"|contactar|enviar|molestar)\w*|desuscri\w*|derechoalolvido"
    r"|\b(?:dado ?de ?)?baja\b|excluid[oa]s?(?! ?d[eoa] ?(?:iva|impuesto))|exclusion|fallecid[oa]"
    # Italian
    r"|non ?consentire|non(?:chiamare|contattare|inviare|disturbare)\w*|disiscri\w*|opposizion\w*"
    r"|decedut[oa]|revoca(?:t[oa])?\b"
    # Portuguese
    r"|nao ?permitir|nao(?:ligar|contactar|contatar|enviar|perturbe|incomodar)\w*|descadastr\w*|falecid[oa]"
    # Dutch
    r"|niet(?:meer)?(?:bellen|gebeld|bena?der\w*|contacteren|mailen|sms\w*)|uitgeschreven|afgemeld"
    r"|belmeniet|niet ?toestaan"
    r"|geen(?:contact|reclame|mail|sms|telefoon)"
    r"|bezwaar|overleden|ingetrokken"
    # Polish
    r"|nie ?zezwala\w*|nie(?:dzwon|kontaktowa|wysyla|mailowa)\w*|wypisan[aey]\b|sprzeciw\w*|zmarl[aey]\b"
    # Japanese, without the marks that `words_of` drops
    r"|(?:配信|送信|連絡|案内|架電|電話|メール|メルマカ)(?:停止|不可|禁止|拒否|不要|解除|ng)|受信拒否|購読解除|オフトアウト|退会"
    r"|許可しない|[不未]同意|同意(?:しない|なし|撤回)"
)
PERMITS = re.compile(
    r"\bopt(?:ed|s|ing)? ?ins?\b|opt(?:ed)?in(?:time|date|sms|e?mail|status|market)"
    r"|accepts?\w{0,20}market\w*|consent\w*|subscribed"
    r"|permission\w*|callable|contactable\w*|(?:may|can|ok(?:ay)?(?:to|2)|allow)(?:be)?(?:contact|call"
    r"|e?mail|sms|text|phone)\w*"
    # Pipedrive, Freshsales, HubSpot: columns of words, of which `Subscribed` is the good one
    r"|\A(?:(?:person|contact|lead) )?(?:marketing|subscription|marketing contact) status\Z"
    r"|(?:may|can)we(?:contact|call|e?mail|sms|text|phone)|hearfromus|agrees?to(?:be|receive)"
    r"|receives?(?:sms|texts?|e?mails?|calls?|marketing|newsletters?)\b"
    r"|\Amarketing ?(?:e ?mails?|sms|texts?|calls?)\Z"
    r"|newsletter|nieuwsbrief|infolettre|(?:contact|comms?|communications?|calls?|e?mail|sms|text|phone)(?:allowed|permitted|ok\b)"
    r"|wants?(?:calls?|contact|e?mails?|sms|texts?)|\A(?:(?:e ?mail|sms|phone|text|direct) ?)?marketing\Z"
    r"|\A(?:(?:e ?mail|sms|telefon) ?)?werbung\Z"
    r"|(?:kontakt(?:aufnahme)?|anrufe?|mail(?:ing)?s?|sms|werbung|telefon)(?:erlaubt|erlaubnis|(?:er"
    r"|ge)wunscht|gestattet)"
    r"|\bpreferences?(?=calls?|phone|voice|e?mail|sms|texts?|chat|whatsapp)"
    r"|einwillig\w*|zustimmung|einverst\w*|werbeerlaubnis|abonniert|darf(?:kontaktiert|angerufen"
    r"|angeschrieben)\w*"
    r"|\baccord ?(?:marketing|commercial|rgpd|sms|e?mail|contact)|souhaite(?:etre|recevoir)\w*"
    r"|accepte\w*|\babonnee?s?\b|autoris\w*"
    r"|acepta\w*|suscrit[oa]s?|autoriz\w*|\bpermisos?\b"
    r"|consenso|accett\w*|iscritt[oa]s?"
    r"|aceita\w*|inscrit[oa]s?|assinante"
    r"|\bmag ?(?:gebeld|benaderd|gemaild|gecontacteerd)|\bzgod[ay]\b"
    r"|同意|許諾|承諾|オフトイン|(?:配信|送信|連絡|案内|受信|架電|電話|dm)(?:可|許可|希望(?!時間|日))"
    r"|toestemming|akkoord|ingeschreven|aangemeld"
)
ASKS = re.compile(
    r"subscri\w*|donot\w*|gdpr|dsgvo|rgpd|lgpd|rodo\b|tcpa"
    r"|(?:contact|communication|marketing)(?:pref|permission|status)\w*"
)
"""What looks as if it spoke of this, and is neither of the two."""
POSSIBLE = re.compile(r"callable|contactable|preference")
"""Genesys' own flags, 1 unless somebody objects; and what a person likes better, which is no consent."""
CALL = re.compile(
    r"call|phone|voice|telefo+n|telephon|\btel\b|anruf|(?<!wider)rufen|(?<!r)appels?\b"
    r"|appel(?!s?(?:\b|(?:par)?(?:sms|e?mail)))"
    r"|llama|chiama|ligar|ligac|bellen|gebeld|dzwon|\bc?tps\b"
    r"|電話|架電"
)
TEXT = re.compile(r"sms|texts?\b|textable|texting|textmess|\bmobile\b|ofmobile|\bmms\b")
MAIL = re.compile(r"mail|courriel|correo|newsletter|nieuwsbrief|infolettre|メール|メルマカ")
CHAT = re.compile(r"whatsapp|\bchat\b|messenger")
OTHER_WAYS = re.compile(
    r"\bfax|\bpost(?:sendung\w*)?\b|postal|(?<!news)letter|\bbrief|directmail|\bsell\b|courrier"
)
OWN_NO = frozenset(
    (
        *("do-not-allow", "not-allowed", "opted-out", "optedout", "opt-out", "optout", "unsubscribed"),
        *("unsubscribe", "blocked", "suppressed", "do-not-contact", "do-not-call", "do-not-email", "dnc"),
        *("declined", "dnd", "no-consent", "never-subscribed", "not-subscribed", "do-not-disturb"),
        *("stop", "denied", "refused", "revoked", "withdrawn", "abgemeldet", "gesperrt", "desabonne"),
        *("non-marketing-contact", "archived"),
        *("不可", "拒否", "停止", "配信停止", "不要", "同意しない"),
        *("desinscrit", "baja", "disiscritto", "descadastrado", "uitgeschreven", "afgemeld"),
    )
)
OWN_YES = frozenset(
    (
        *(
            "allow",
            "allowed",
            "zulassen",
            "autoriser",
            "permitir",
            "consenti",
            "toestaan",
            "zezwalaj",
            "許可",
        ),
        "opted-in",
        "optedin",
        "opt-in",
        "optin",
        "subscribed",
        "granted",
        "confirmed",
        "given",
        "explicit",
        "express",
        "marketing-contact",
        "同意する",
        "可",
    )
)

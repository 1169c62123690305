"""What forbids where a header says it, and in a cell may be of an order, a profession, an insurance."""

import re

_WAY = (
    r"(?:sms|texts?|e ?mails?|calls?|contact\w*|kontakt\w*|contat\w*|phone|tele(?:f|ph)on\w*|whatsapp"
    r"|anrufe?|appels?|rappels?"
    r"|llamadas|chiamate|marketing|werbung|publicidad\w*|pubblicita|reclame|reklam\w*|prospection)"
)
_REFUSAL = (
    r"(?:refus\w*|declin\w*|objects? to|objected|objections?|abgelehnt|ablehnung|lehnt|ausgeschlossen"
    r"|rifiut\w*|rechaz\w*"
    r"|recus\w*|geweigerd|weiger\w*|odm[oa]w\w*)"
)
_DAY = r"(?:date|data|datum|fecha) ?(?:of|de|del|di|do|van)? ?"
REFUSES = re.compile(rf"\b{_REFUSAL}(?: \w+){{0,2}} {_WAY}\b|\b{_WAY}(?: \w+){{0,2}} {_REFUSAL}\b")
FLAGS = re.compile(
    rf"\Aobject(?:ed|ions?)(?: (?:date|on|at))?\Z"
    rf"|exclu\w{{0,4}} from (?:{_WAY}|campaigns?|dial\w*|mailings?|outreach)"
    r"|\A(?:exclu(?:ded?|re|e)?|a exclure"
    rf"|ausschluss|ausgeschlossen"
    r"|esclus[oa]|escludi|uitsluiten|uitgesloten|wykluczon[aey]|対象外|除外)\Z"
    rf"|{_DAY}(?:death|deces|fallecimiento|defuncion|decesso|morte|obito|falecimento|overlijden|zgonu"
    rf"|smierci)\b"
    r"|death ?date|sterbe(?:datum|tag)|\A(?:obito|deces|fallecimiento|defuncion|decesso|overlijden|zgon)\Z"
    r"|\b(?:can|may|must) ?(?:not|t) (?:be )?(?:contact|call|text|e ?mail|phone)\w*|stop ?(?:received"
    r"|request\w*)"
    r"|\b(?:nao|non|nie|no) (?:deseja|quer|vuole|desidera|chce|desea|quiere)\b|attorney ?represented"
    r"|(?:contact|comm(?:s|unications?)|sms|calls?|e ?mails?|marketing) ?block(?:ed)?\Z"
    r"|processing ?restricted\Z|restrict(?:ed|ion) ?(?:of ?)?processing\Z"
    r"|einschrankung ?(?:der ?)?verarbeitung|verarbeitung ?eingeschrankt"
    r"|\A(?:is ?)?(?:deleted|blocked)(?: ?(?:at|on|date))?\Z|marked ?for ?deletion|deletion ?(?:flag|mark)"
    r"|central ?block|forgetthis|shouldforget|\bc?tps\b|litigator|\bsperr(?:e|kennzeichen)\Z|zentralesperre"
    r"|losch(?:vermerk|kennzeichen)|zurloschung|(?:todes|overlijdens)datum|\A(?:bloquead[oa]|bloquee?|bloccat[oa])\Z"
    r"|geblokkeerd|zablokowan[aey]\b|rezygnacj|wycofan"
)

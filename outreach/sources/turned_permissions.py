"""Headers that speak of a permission and turn it round: a yes to `No SMS consent` was a consent by SMS.

Whether a yes forbids, a date is ahead, or somebody is only asked, nobody can tell: they stop the run.
"""

import re

_ENDS = re.compile(
    r"until|expir|valid ?(?:to\b|thr)|gultig|\bbis\b|ablauf|jusqu|hasta|scadenza|geldig|wazn|有効期限|期限"
    r"|\bexp\b|abgelaufen|caduc|vencid|scadut|verlopen|vervallen|wygas"
)
"""How long a consent holds: its date is neither a yes nor a no, and was read as the time of a yes."""
_BOTH = re.compile(
    r"\b(?:y|yes|j|ja|o|oui|s|si|sim|t|tak)(?: (?:or|oder|ou|of|o|lub|[012n]))?"
    r" (?:n|no|nein|non|nee|nao|nie)\b"
    r"|\bt f\b|\bon(?: or)? off\b"
)
"""Both answers side by side, as forms have them: `SMS consent (yes/no)`."""
_DENIES = re.compile(
    r"\b(?:no|not|non|none|never|without|lack(?:s|ing)?|missing|refused|rejected|denied|cancel\w*|lapsed"
    r"|ended|ends?(?= (?:date|on|at)\b|\Z)|inactive|disabled|off|void(?:ed)?|invalid|failed|incomplete"
    r"|un(?:confirmed|verified|known|clear)|stopped|disputed|deleted|deactivated|closed|blocked|lost"
    r"|removed|terminated|\w*n t|can t|cannot|unable|(?:non|un)(?:consent|permit|market|contact|call|mail"
    r"|text)\w*"
    r"|kein\w*|nicht|nie|ohne|fehl\w*|abgelehnt|verweigert|erloschen|beendet|zuruck\w*|unbekannt|inaktiv|ende|(?:ge)?kundig\w*"
    r"|pas|sans|aucune?|jamais|absence|manqu\w*|refus\w*|annul\w*|termine\w*|retire\w*|inconnu\w*|sin|nunca|falta|rechaz\w*|senza|nessun\w*"
    r"|manca\w*|rifiut\w*"
    r"|(?:retira|revoca|revoga|anula|nega|denega)d[oa]|(?:nega|annulla|ritira)t[oa]"
    r"|cofni\w*|odwola\w*|nao|sem|recus\w*|geen|niet|nooit|zonder|weiger\w*|geweigerd|bez|brak\w*|odm[oa]w\w*)\b"
)
_ONLY_ASKED = re.compile(
    r"(?:consent|permission|opt ins?|einwilligung|zustimmung|consentement|consentimiento|consenso"
    r"|toestemming|zgod[ay])"
    r"(?: \w+)?? (?:requir\w+|needed|pending|requested|asked|sought|erforderlich|ausstehend|requis\w*"
    r"|nodig|wymagan\w*)\b"
)


def is_turned(words: str) -> bool:
    """Whether a header's words, as `words_of` writes them, take back the permission that they speak of."""
    plain = _BOTH.sub(" ", words)
    return any(pattern.search(plain) for pattern in (_ENDS, _DENIES, _ONLY_ASKED))

"""Headers of permissions to do something else than to contact, and of numbers: nobody's wish in our sense."""

import re

_OTHERS = re.compile(
    r"photo|picture|\bimages?\b|\bfotos?\b|\bvideos?\b|media release|medical|(?<!data )treatment"
    r"|surg(?:ery|ical)"
    r"|vaccin|immuni[sz]|field trip|school trip|excursion|swimming|behandlung|impf(?:ung|en)|klassenfahrt"
    r"|\bpermission (?:sets?|groups?|levels?|roles?)\b|\b(?:number|nr|id|no\.)\Z"
)
_OURS = re.compile(
    r"market|contact|communicat|privacy|gdpr|dsgvo|rgpd|data|daten|donnees|datos|dati|werb|kontakt|reminder"
    r"|recall|news|message"
)
# In French the sign often stands without its ring; with accents it is no English no.
_NUMBER = re.compile(r"\s*(?:no\. |№|nº|no (?:de )?t(?:é|e(?=lé))l[ée]phone)", re.IGNORECASE)
_ONE_OR_COUNT = re.compile(
    r"(?:last|latest|previous|letzte[rsn]?|derni\w+|ultim\w+|laatste|ostatni\w*|number|count|total|anzahl"
    r"|nombre|numero|aantal|liczba)\b"
)


def permits_something_else(header: str, words: str) -> bool:
    """Whether a permission without a channel is one to photographs and the like, or its number."""
    said = f"{words}." if header.rstrip().endswith(".") else words
    return bool(_OTHERS.search(said)) and not _OURS.search(words)


def counts(header: str) -> bool:
    """Whether a header begins with the sign of a number: `No. SMS` is no refusal of SMS."""
    return bool(_NUMBER.match(header))


def is_of_one_or_a_count(words: str) -> bool:
    """Whether what is refused is one call, or how many were: `Last refused call`."""
    return bool(_ONE_OR_COUNT.match(words))

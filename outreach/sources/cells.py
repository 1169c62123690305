"""What each kind of cell may hold, and its normal form.

Every function takes a trimmed, non-empty cell and raises BadCell with a reason that does not quote it.
"""

import re
from datetime import date
from functools import lru_cache

from outreach.sources.rows import BadCell

CELL_LIMIT = 65_536
"""Characters in any cell."""
TEXT_LIMIT = 10_000
"""Characters in a message or a metadata value; what one channel takes is compliance's to say."""

# fmt: off
YES = frozenset((
    "yes", "y", "true", "t", "1", "on", "x", "ja", "j", "oui", "o", "si", "sí", "sì", "s", "sim", "tak",
    "igen", "kyllä", "はい", "是", "given", "granted", "confirmed", "subscribed",
    "optin", "opt-in", "opted-in",
    "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar", "prawda", "sant",
))
NO = frozenset((
    "no", "n", "false", "f", "0", "off", "nein", "non", "nee", "nej", "nei", "não", "nao", "nie", "nem",
    "ei", "いいえ", "否", "withdrawn", "denied", "refused", "revoked", "unsubscribed",
    "optout", "opt-out", "opted-out",
    "falsch", "faux", "falso", "onwaar", "fałsz", "falskt",
))
# fmt: on

NOT_COMPUTED, MERGED, STRUCK_OUT = "#NOT COMPUTED!", "#MERGED!", "#STRUCK OUT!"
REMARKED, DIGITS_LOST = "#SEE COMMENT!", "#DIGITS LOST!"
"""What readers hand over for a cell whose value is not known, beside the errors of spreadsheets themselves.

As text, so that the rejects file holds it and a row that is fed back is rejected again.
"""
_WHY_NOT_KNOWN = {
    NOT_COMPUTED: "is a formula whose value nobody has computed; open the file, save it, or write the value",
    MERGED: "lies under merged cells; unmerge them and fill each row in",
    STRUCK_OUT: "is struck out; remove the row, or the line through it",
    REMARKED: "stands in a row with a comment that speaks of not contacting; decide, and delete the comment",
    DIGITS_LOST: "is a number of which digits were lost; write it as text",
}
_AN_ERROR = "holds a spreadsheet's error, so it is not known; mend the formula or write the value"
_NOT_KNOWN = re.compile(
    "(?:^|(?<=\\s))(?:"
    + "|".join(map(re.escape, _WHY_NOT_KNOWN))
    + r"|#(?:N/A|ERROR!|NV|N/D|NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!"
    r"|UNKNOWN!|BUSY!|GETTING_DATA|WERT!|BEZUG!|ZAHL!|VALEUR!|NOM\?|NOMBRE!|VALORE!|VALOR!|RIF!|NOME\?|WAARDE!|VERW!|NAAM\?|GETAL!"
    r"|¡(?:VALOR|REF|NUM|DIV/0|NULO)!|¿NOMBRE\?)|Err:5[0-9]{2})(?:$|(?=\s))"
)
"""Errors of spreadsheets, in the languages in which they save text."""

_BROKEN = re.compile("[\ud800-\udfff\ufffd]")  # what a wrong encoding leaves
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
"""Control characters and what reorders or hides text. Joiners (U+200C, U+200D) stay: Persian needs them."""
EDGES = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000\xad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069\ufeff"
)
"""What is taken off both ends of a cell: white space, and what nobody sees."""
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
# Longer cells are refused: cut off, a sentence could begin with a yes.
_LONGEST_WORD = 64
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(\Z|[T ])")
_DURATION = re.compile(r"[+-]?[0-9]{1,12}(\.0{1,6})?\Z")  # spreadsheets write 600 as 600.0


def _readable(cell: str, limit: int) -> str:
    if len(cell) > limit:
        raise BadCell("too_long", f"holds more than {limit} characters")
    if not cell.isascii() and _BROKEN.search(cell):
        raise BadCell("not_utf8", "holds bytes that are not UTF-8; in Excel, save as CSV UTF-8")
    if found := _found_not_known(cell):
        raise BadCell("not_known", _WHY_NOT_KNOWN.get(found, _AN_ERROR))
    return cell


def is_not_known(cell: str) -> bool:
    """Whether the cell holds an error, or what readers hand over for a value that is not known."""
    return bool(_found_not_known(cell))


def _found_not_known(cell: str) -> str:
    found = _NOT_KNOWN.search(cell) if "#" in cell or "Err:" in cell else None
    return found[0] if found else ""


def read_text(cell: str, limit: int = TEXT_LIMIT) -> str:
    """Text of several lines: line ends as one newline, control and direction characters stripped."""
    # The short way, here and in phones.py: a row is read in 14.5 microseconds, before in 18.5.
    if len(cell) <= limit and cell.isprintable() and not ("\ufffd" in cell or "#" in cell or "Err:" in cell):
        return cell  # nothing below would find anything, and most cells are so
    _readable(cell, limit)
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", cell)).strip()


def read_line(cell: str, limit: int = 255) -> str:
    """Text of one line, such as a name: as `read_text`, and any white space becomes one space."""
    text = read_text(cell, limit)
    return text if text.isprintable() and "  " not in text else " ".join(text.split())


def read_handle(cell: str) -> str:
    """An opaque identifier, such as a chat address: nothing is stripped, so nothing unseen may be in it."""
    _readable(cell, 255)
    if _UNSEEN.search(cell) or "\n" in cell or "\t" in cell:
        raise BadCell("control_characters", "holds line breaks or control characters")
    return cell


def read_duration(cell: str) -> int:
    """Whole seconds, 1 to 7200."""
    if not _DURATION.match(cell):
        raise BadCell("malformed_duration", "must be whole seconds, like 600")
    seconds = int(cell.partition(".")[0])
    if not 1 <= seconds <= 7200:
        raise BadCell("duration_out_of_range", "must be 1 to 7200 seconds")
    return seconds


@lru_cache(maxsize=1024)
def read_consent(cell: str) -> bool:
    """Yes or no in the words of `YES` and `NO`; anything else is for a person to decide."""
    word = "-".join(cell.lower().split()) if len(cell) <= _LONGEST_WORD else ""
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadCell("unclear_consent", "must be yes or no (or empty: nothing is known)")


def read_date(cell: str) -> date:
    """The day of an ISO date or date and time."""
    if not _DATE.match(cell):
        raise BadCell("malformed_date", "must be a date like 2026-01-31")
    try:
        return date.fromisoformat(cell[:10])
    except ValueError as e:
        raise BadCell("malformed_date", "must be a date of the calendar, like 2026-01-31") from e

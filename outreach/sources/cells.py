"""What each kind of cell may hold, and its normal form.

Every function takes a trimmed, non-empty cell and raises BadCell with a reason that does not quote it.
"""

import re
from datetime import date
from difflib import get_close_matches
from functools import lru_cache

from outreach.contacts import EXTERNAL_CONTACT_ID
from outreach.sources.phones import looks_mangled
from outreach.sources.rows import BadCell
from outreach.zones import list_names

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
    + r"|#(?:N/A|NV|N/D|NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!"
    r"|BUSY!|GETTING_DATA|WERT!|BEZUG!|ZAHL!|VALEUR!|NOM\?|NOMBRE!|VALORE!|VALOR!|RIF!|NOME\?|WAARDE!|VERW!|NAAM\?|GETAL!"
    r"|¡(?:VALOR|REF|NUM|DIV/0|NULO)!|¿NOMBRE\?)|Err:5[0-9]{2})(?:$|(?=\s))"
)
"""Errors of spreadsheets, in the languages in which they save text."""

_BROKEN = re.compile("[\ud800-\udfff\ufffd]")  # what a wrong encoding leaves
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
"""Control characters and what reorders or hides text. Joiners (U+200C, U+200D) stay: Persian needs them."""
_UNSEEN_WITHIN = re.compile(_UNSEEN.pattern.replace("[", "[\u00ad\u200c\u200d", 1))
_UNSEEN_ENDS = re.compile(rf"\A(?:{_UNSEEN_WITHIN.pattern}|\s)+|(?:{_UNSEEN_WITHIN.pattern}|\s)+\Z")
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


def read_handle(cell: str, limit: int = 255) -> str:
    """An opaque identifier, such as a chat address: nothing is stripped, so nothing unseen may be in it."""
    _readable(cell, limit)
    if _UNSEEN.search(cell) or "\n" in cell or "\t" in cell:
        raise BadCell("control_characters", "holds line breaks or control characters")
    return cell


def without_unseen_ends(cell: str, code: str) -> str:
    """The cell without the invisible signs that copying from a page leaves around it.

    Raises:
        BadCell: with this code: one stands within, where nobody sees what is wrong.
    """
    bare = _UNSEEN_ENDS.sub("", cell)
    if found := _UNSEEN_WITHIN.search(bare):
        raise BadCell(code, f"holds an invisible sign, U+{ord(found[0]):04X}; write it anew")
    return bare


def read_id(cell: str) -> str:
    """An external contact id (guide sheet, "Contact payload")."""
    if EXTERNAL_CONTACT_ID.match(cell):
        return cell
    if not cell.isascii() and (bare := without_unseen_ends(cell, "malformed_id")) != cell:
        return read_id(bare)
    if looks_mangled(cell):
        raise BadCell("mangled_by_excel", "was changed by a spreadsheet; export it as text")
    if len(cell) > 255:
        raise BadCell("too_long", "holds more than 255 characters")
    raise BadCell(
        "malformed_id", "must start with a letter or digit and hold only letters, digits, '-', '_' and '.'"
    )


def read_postal_code(cell: str) -> str:
    """A postal code as written, at most 32 characters."""
    return read_line(cell, 32)


def read_duration(cell: str) -> int:
    """Whole seconds, 1 to 7200."""
    if not _DURATION.match(cell):
        raise BadCell("malformed_duration", "must be whole seconds, like 600")
    seconds = int(cell.partition(".")[0])
    if not 1 <= seconds <= 7200:
        raise BadCell("duration_out_of_range", "must be 1 to 7200 seconds")
    return seconds


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """Every IANA name by its lower case."""
    # These two name no place: one is a placeholder, the other whatever the machine is set to.
    return {name.lower(): name for name in list_names() if name not in {"Factory", "localtime"}}


@lru_cache(maxsize=1024)
def read_time_zone(cell: str) -> str:
    """An IANA time zone name, in its own spelling."""
    zone = _zones().get(cell.lower().replace(" ", "_"))
    if zone is None:
        raise BadCell("unknown_time_zone", "is not an IANA time zone" + _nearest_zone(cell[:40].lower()))
    return zone


@lru_cache(maxsize=1024)
def _nearest_zone(cell: str) -> str:
    candidates = [zone for zone in _zones() if zone[:2] == cell[:2]]  # 600 would take 5 ms a row
    near = get_close_matches(cell, candidates, n=1, cutoff=0.75)
    return f"; the nearest is {_zones()[near[0]]}" if near else ", like Europe/Berlin"


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

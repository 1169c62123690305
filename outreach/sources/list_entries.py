"""The addresses on a do-not-contact list, in every spelling that people write, one entry a line.

    +1 (317) 888-0001    tel:+13178880001    '0013178880001    "3178880001";2027-01-01    <ann@example.com>

Lines are read one by one and never as quoted CSV: after one lone quote the rest of a file would be one cell.
A number without a country is read in the organisation's, and also as an international one without its plus
where such a number is assigned: of two people who may be meant, both are left alone. What cannot be read is
counted with its line, never quoted.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from outreach.sources.emails import normalise_email
from outreach.sources.national_numbers import is_possible
from outreach.sources.phones import looks_mangled, normalise_phone
from outreach.sources.rows import BadCell

LINES_KEPT = 20
"""So many of the lines that cannot be read are named."""

_SEPARATORS = re.compile(r"[,;\t|]")
_QUOTES = " \t\"'`\u2018\u2019\u201c\u201d\u00b4=\u00a0\ufeff"
_SCHEME = re.compile(r"(tel|sms|smsto|callto|whatsapp|mailto):(//)?", re.IGNORECASE)
_NAMED = re.compile(r"<([^<>]+)>\s*\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\b.*|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{4}\b.*")
_NUMBER = re.compile(r"\+?[^A-Za-z@]*[0-9][^A-Za-z@]*\Z")
_CLAIM = re.compile(r"\+|00|[^@]*@|(tel|sms|smsto|callto|whatsapp):", re.IGNORECASE)
_PAGE = re.compile(r"\s*(<[!?/A-Za-z][^<>@]*>|[\[{]\s*[\"\[{}\]])")
_FEWEST_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Entries:
    """What a list's file says. `problem`: why it is not known whom the list names, "" when it is.

    `unread` of the `rows` cannot be read; `lines` are the first of them.
    """

    addresses: frozenset[str] = frozenset()
    rows: int = 0
    unread: int = 0
    lines: tuple[int, ...] = ()
    problem: str = ""

    def where(self) -> str:
        """The lines that cannot be read, like "lines 3, 7 and 12 more"; never what stands there."""
        named = ", ".join(map(str, self.lines))
        more = self.unread - len(self.lines)
        return f"line{'s' if self.unread > 1 else ''} {named}" + (f" and {more} more" if more else "")


def read_entries(content: str, size: float | None, country: str, *, of_addresses: bool = True) -> Entries:
    """Whom a list names.

    Args:
        content: its file.
        size: how many entries the list says it has, None when it does not say.
        country: ISO 3166-1, where numbers without a country are; "" when nobody knows.
        of_addresses: whether all entries should be some; else what is none of them is passed over.
    """
    if _PAGE.match(content):
        return Entries(problem="a page or a message came instead of the list's file")
    addresses: set[str] = set()
    rows, unread, title = 0, list[int](), False
    # Not splitlines: that also ends lines where a cell holds U+2028 and the like.
    for number, line in enumerate(re.split(r"\r\n|\r|\n", content), start=1):
        if not (cells := _cells(line)):
            continue
        if not (rows or title) and all(map(_is_title, cells)):
            title = True
            continue
        rows += 1
        found, complete = _read_row(cells, country)
        addresses |= found
        if of_addresses and not complete:
            unread.append(number)
    problem = _miscounted(rows, size, is_blank=not (rows or title))
    return Entries(frozenset(addresses), rows, len(unread), tuple(unread[:LINES_KEPT]), problem)


def _miscounted(rows: int, size: float | None, *, is_blank: bool) -> str:
    # More than its size overlooks nobody: entries that expire or are added meanwhile.
    if size is not None and rows < size:
        return f"its file holds {rows} of {size:.0f} entries"
    return "its file is empty" if is_blank and size != 0 else ""


def _cells(line: str) -> list[str]:
    bare = [cell.strip(_QUOTES) for cell in _SEPARATORS.split(line.replace("\0", ""))]
    return [cell for cell in bare if cell]


def _is_title(cell: str) -> bool:
    """Whether a first line's cell is a column's name: some letters, and nothing of an address."""
    has_letters = any(map(str.isalpha, cell)) and sum(map(str.isdigit, cell)) < _FEWEST_DIGITS
    return has_letters and "@" not in cell and not looks_mangled(cell)


def _read_row(cells: list[str], country: str) -> tuple[set[str], bool]:
    """The addresses of a row, and whether one was surely read and nothing else claims to be one."""
    found: set[str] = set()
    certain, claimed = False, False
    for cell in cells:
        if _DATE.fullmatch(cell):  # until when an entry holds
            continue
        addresses, is_certain = read_entry(cell, country)
        found |= addresses
        certain = certain or is_certain
        claimed = claimed or (bool(_CLAIM.match(cell)) and not is_certain)
    return found, certain and not claimed


@lru_cache(maxsize=4096)
def read_entry(cell: str, country: str) -> tuple[frozenset[str], bool]:
    """The addresses that one entry may mean, and whether it is sure that they are what is meant."""
    if named := _NAMED.search(cell):  # Ann <ann@example.com>
        cell = named[1]
    cell = _SCHEME.sub("", cell, count=1).partition("?")[0].strip(_QUOTES)
    cell = cell.removesuffix(".0") if "@" not in cell else cell  # a spreadsheet's number
    try:
        if "@" in cell:
            return frozenset({normalise_email(cell)}), True
        if cell.startswith(("+", "00", "\uff0b")):
            return frozenset({normalise_phone(cell)}), True
    except BadCell:
        pass
    else:
        meant = {_read_number(cell, None), _read_number(cell, country)} - {""}
        return frozenset(meant), bool(country and meant)
    return frozenset(), False


def _read_number(cell: str, country: str | None) -> str:
    """A number without a plus: national in `country`, or with None international; "" when it is none."""
    if not _NUMBER.match(cell) or country == "":
        return ""
    try:
        number = phonenumbers.parse(cell if country else f"+{cell}", country)
        fits = is_possible(number) if country else phonenumbers.is_valid_number(number)
        return normalise_phone(phonenumbers.format_number(number, PhoneNumberFormat.E164)) if fits else ""
    except (NumberParseException, BadCell):
        return ""

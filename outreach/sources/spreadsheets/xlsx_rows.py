"""The rows of an .xlsx sheet, out of its XML.

Rows as every program writes them are taken apart by one regular expression, a fifth of the time that a parser
takes; one that it does not match in each of its cells goes through a parser. What is counted twice in
different ways (cells, rows) must come out the same, or the sheet is refused: nobody is lost in silence.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol
from xml.etree.ElementTree import Element

from outreach.sources.cells import NOT_COMPUTED, STRUCK_OUT
from outreach.sources.spreadsheets.markup import UnusualMarkup, parse
from outreach.sources.spreadsheets.numbers import PLAIN, Style, show_number
from outreach.sources.spreadsheets.sheets import MOST_COLUMNS, SheetRow
from outreach.sources.spreadsheets.strings import join_runs, text_of

Cell = tuple[str, str, str, str, str, str]
"""Column letters, style, type, formula, value, and text that stands in the cell itself."""

_CELL = re.compile(
    r'<c(?: r="([A-Z]{1,3})[0-9]+")?(?: s="([0-9]+)")?(?: t="(\w+)")?(?:/>|>'
    r"(<f\b[^>]*(?:/>|>[^<]*</f>))?"
    r'(?:<v(?: xml:space="preserve")?>([^<]*)</v>|<v ?/>)?'
    r'(?:<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
)
_LETTERS = re.compile(r"[A-Z]{1,3}")
_NUMBER = re.compile(r'\br="([0-9]+)"')
_HIDDEN = re.compile(r'\bhidden="(?:1|true)"')
_EMPTY_ROW = re.compile(r"<row\b[^>]*/>")
_STARTS = re.compile(r"<row[\s>/]")
_PREFIXES = re.compile(r"""(?<=[\s<])[\w-]+:(?=[\w-]+=)""")


class Strings(Protocol):
    """Shared strings by number."""

    def __getitem__(self, number: int) -> str:
        """Raises IndexError."""
        ...


class Reading(NamedTuple):
    """What the cells of a workbook refer to. `uncomputed`: its formulas are yet to be computed."""

    strings: Strings
    styles: Sequence[Style]
    is_1904: bool
    uncomputed: bool


def read_rows(pieces: Iterable[str], reading: Reading) -> Iterator[SheetRow]:
    """The rows of pieces that each end behind `</row>`, but for the last."""
    number = 0
    for piece in pieces:
        rows, ended, _ = piece.partition("</sheetData>")
        *parts, rest = rows.split("</row>")
        for part in parts:
            start = part.rfind("<row")
            number = _pass_empty(part[:start], number)
            head, closed, cells = part[start:].partition(">")
            said = _NUMBER.search(head)
            following = int(said[1]) if said else number + 1
            if start < 0 or not closed or following <= number:
                raise UnusualMarkup
            number = following
            hidden = "hidden" in head and _HIDDEN.search(head) is not None
            yield SheetRow(number, _cells(cells, reading), hidden)
        number = _pass_empty(rest, number)
        if ended:
            return


def _pass_empty(text: str, number: int) -> int:
    """The number of the last row, after the rows in `text`, none of which may have cells."""
    if "<row" not in text:
        return number
    empty = _EMPTY_ROW.findall(text)
    if len(empty) != len(_STARTS.findall(text)):
        raise UnusualMarkup
    for row in empty:
        said = _NUMBER.search(row)
        number = int(said[1]) if said else number + 1
    return number


def _cells(text: str, reading: Reading) -> list[str]:
    found: Sequence[Cell] = _CELL.findall(text)
    if len(found) != text.count("<c"):
        found = _parsed(text)
    row: list[str] = []
    here, strings = -1, reading.strings
    for letters, style, kind, formula, value, inline in found:
        before = here
        here = _POSITIONS[letters] if letters else before + 1
        if here <= before:
            raise UnusualMarkup
        if kind == "s" and not style and value:  # most cells, and half the time of a call
            cell = strings[int(value)]
        else:
            cell = _cell(style, kind, formula, value, inline, reading)
        if cell:
            if len(row) < here:
                row.extend([""] * (here - len(row)))
            row.append(cell)
    return row


def _cell(style: str, kind: str, formula: str, value: str, inline: str, reading: Reading) -> str:  # noqa: PLR0911 - one line a type
    looks = reading.styles[int(style)] if style else PLAIN
    if looks.struck and (value or inline or formula):
        return STRUCK_OUT
    if kind == "s":
        return reading.strings[int(value)] if value else ""
    if inline or kind == "inlineStr":
        return text_of(inline)
    if kind == "str":
        return text_of(value)
    if not value:
        return NOT_COMPUTED if formula else ""
    if kind == "e":
        return value if value.startswith("#") else "#VALUE!"
    if kind == "b":
        return {"1": "true", "0": "false"}.get(value, value)
    if kind == "d":
        return value
    # Who writes workbooks without a spreadsheet writes 0 for each formula, and 0 would be a no.
    if formula and reading.uncomputed:
        return NOT_COMPUTED
    return show_number(value, looks, is_1904=reading.is_1904)


def _parsed(text: str) -> list[Cell]:
    """The same of a row that is written in an unusual way."""
    # Prefixes are declared far above, and mean nothing here.
    cells = parse(f"<row>{_PREFIXES.sub('', text)}</row>").iterfind("c")
    return [_parsed_cell(cell) for cell in cells]


def _parsed_cell(cell: Element) -> Cell:
    letters = cell.get("r", "").rstrip("0123456789")
    formula = "" if cell.find("f") is None else "f"
    inline = cell.find("is")
    texts = (cell.findtext("v") or "", "" if inline is None else join_runs(inline))
    value, within = (text.replace("&", "&amp;") for text in texts)
    return letters, cell.get("s", ""), cell.get("t", ""), formula, value, within


class _Positions(dict[str, int]):
    """Where a column stands, from 0, by its letters; -1 for what is none. Counted when first asked for."""

    def __missing__(self, letters: str) -> int:
        if not _LETTERS.fullmatch(letters):
            return -1
        count = 0
        for letter in letters:
            count = count * 26 + ord(letter) - ord("A") + 1
        if count > MOST_COLUMNS:
            return -1
        self[letters] = count - 1
        return count - 1


_POSITIONS = _Positions()

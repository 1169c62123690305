"""An .ods workbook, read row by row from its XML."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import IO
from xml.etree.ElementTree import Element, iterparse

from outreach.sources.cells import DIGITS_LOST, MERGED, NOT_COMPUTED
from outreach.sources.spreadsheets.markup import UnusualMarkup, local
from outreach.sources.spreadsheets.numbers import PLAIN, show_number
from outreach.sources.spreadsheets.sheets import MOST_COLUMNS, Merge, Merges, Remarks, Sheet, SheetRow
from outreach.sources.unpacking import check_expansion

_MOST_ROWS = 1 << 24


class Ods:
    """A workbook of LibreOffice and its like, in a file that can be sought in."""

    def __init__(self, label: str, data: IO[bytes]) -> None:
        self.notes: list[str] = []
        archive = zipfile.ZipFile(data)
        self._archive = archive
        self._content = archive.getinfo("content.xml")
        check_expansion(label, self._content.compress_size, self._content.file_size)
        self._found: list[Sheet] | None = None

    def sheets(self) -> Sequence[Sheet]:
        """Its sheets, in order; a copy of another file's is none."""
        if self._found is None:
            self._found = [
                sheet for sheet, _ in self._tables(Remarks()) if not sheet.name.startswith("'file:")
            ]
        return self._found

    def rows(self, sheet: Sheet) -> Iterator[SheetRow]:
        """The rows of a sheet."""
        remarks = Remarks()
        for found, rows in self._tables(remarks):
            if found.name == sheet.name:
                yield from rows
                self.notes += remarks.note()
                return

    def _tables(self, remarks: Remarks) -> Iterator[tuple[Sheet, Iterator[SheetRow]]]:
        """Each sheet and its rows, which must be read before the next."""
        with self._archive.open(self._content) as file:
            hidden: set[str] = set()
            events = _events(file)
            style = ""
            for event, element in events:
                tag = local(element.tag)
                if event == "start" and tag == "style":
                    style = _get(element, "name")
                elif event == "start" and tag == "table-properties" and _get(element, "display") == "false":
                    hidden.add(style)
                elif event == "start" and tag == "table":
                    name, visible = _get(element, "name"), _get(element, "style-name") not in hidden
                    yield Sheet(name, visible), _rows(events, element, remarks)


def _events(file: IO[bytes]) -> Iterator[tuple[str, Element]]:
    head = file.peek(4096) if isinstance(file, zipfile.ZipExtFile) else b""
    if b"<!DOCTYPE" in head:  # no entity can be declared without one
        raise UnusualMarkup
    yield from iterparse(file, ("start", "end"))  # noqa: S314 - see above


def _rows(events: Iterator[tuple[str, Element]], table: Element, remarks: Remarks) -> Iterator[SheetRow]:
    number = 0
    merges: list[Merge] = []
    for event, element in events:
        if event == "start":
            continue
        tag = local(element.tag)
        if tag == "table" and element is table:
            return
        if tag != "table-row":
            continue
        hidden = _get(element, "visibility") in ("filter", "collapse")
        cells, spans = _cells(element)
        for text in _comments(element):
            remarks.add(number + 1, text)
        merges = [merge for merge in merges if merge.last_row > number]
        merges += [Merge(number + 1, number + rows, first, last) for first, last, rows in spans]
        times = int(_get(element, "number-rows-repeated") or 1)
        element.clear()
        table.clear()
        if number + times > _MOST_ROWS:
            times = 1 if not any(cells) else times
        if not any(cells) and not merges:
            number += times
            continue
        if number + times > _MOST_ROWS:
            raise UnusualMarkup
        for _ in repeat(None, times):
            number += 1
            row = SheetRow(number, list(cells), hidden)
            Merges(merges).mark(row, MERGED)
            remarks.mark(row)
            yield row


def _comments(row: Element) -> Iterator[str]:
    for comment in row.iter():
        if local(comment.tag) == "annotation":  # its other parts say who wrote it and when
            yield " ".join(_shown(part) for part in comment if local(part.tag) == "p")


def _cells(row: Element) -> tuple[list[str], list[tuple[int, int, int]]]:
    """The cells, and those that are merged over several rows: first and last column, and how many rows."""
    cells: list[str] = []
    spans: list[tuple[int, int, int]] = []
    position = 0
    for cell in row:
        if local(cell.tag) not in ("table-cell", "covered-table-cell"):
            continue
        times = int(_get(cell, "number-columns-repeated") or 1)
        text = _text(cell)
        if text:
            if position + times > MOST_COLUMNS:
                raise UnusualMarkup
            cells.extend([""] * (position - len(cells)))
            cells.extend([text] * times)
        if (rows := int(_get(cell, "number-rows-spanned") or 1)) > 1:
            wide = int(_get(cell, "number-columns-spanned") or 1)
            spans.append((position + 1, position + wide, rows))
        position += times
    return cells, spans


def _text(cell: Element) -> str:  # noqa: PLR0911 - one line a type
    shown = "\n".join(_shown(part) for part in cell if local(part.tag) == "p")
    # LibreOffice says `error` in its own attribute, and `string` in that of the format.
    if "error" in {value for name, value in cell.attrib.items() if local(name) == "value-type"}:
        return shown if shown.startswith("#") else "#VALUE!"
    match _get(cell, "value-type"):
        case "float" | "currency":
            value = _get(cell, "value")
            whole = show_number(value, PLAIN)
            # As people see it where that is the same number: 02134.
            return shown if shown.isdigit() and whole != DIGITS_LOST and shown.lstrip("0") == whole else whole
        case "percentage":
            return _get(cell, "value")
        case "boolean":
            return _get(cell, "boolean-value")
        case "date":
            return _get(cell, "date-value").removesuffix("T00:00:00")
        case "time":
            return _get(cell, "time-value")
        case "string":
            return _get(cell, "string-value") or shown
        case _:
            return NOT_COMPUTED if _get(cell, "formula") and not shown else shown


def _shown(part: Element) -> str:
    text = part.text or ""
    for inner in part:
        match local(inner.tag):
            case "s":
                text += " " * min(int(_get(inner, "c") or 1), 100)
            case "tab":
                text += "\t"
            case "line-break":
                text += "\n"
            case "annotation":
                pass
            case _:
                text += _shown(inner)
        text += inner.tail or ""
    return text


def _get(element: Element, name: str) -> str:
    for each, value in element.attrib.items():
        if local(each) == name:
            return value
    return ""

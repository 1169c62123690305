"""An .xlsx workbook: which sheets it has, and what its cells refer to."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO
from xml.etree.ElementTree import Element

from outreach.sources.cells import MERGED
from outreach.sources.spreadsheets.markup import PIECE, UnusualMarkup, parse, pieces
from outreach.sources.spreadsheets.numbers import PLAIN, Style, style_of
from outreach.sources.spreadsheets.sheets import Merge, Merges, Remarks, Sheet, SheetRow
from outreach.sources.spreadsheets.strings import SharedStrings
from outreach.sources.spreadsheets.xlsx_rows import Reading, read_rows
from outreach.sources.unpacking import check_expansion

_MOST_OF_A_PART = 1 << 26
_AREA = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]+)(?::\$?([A-Z]{1,3})\$?([0-9]+))?\Z")
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([^"]+)"')
_ON = ("1", "true", "on")


class Xlsx:
    """A workbook in a file that can be sought in."""

    def __init__(self, label: str, data: IO[bytes]) -> None:
        self.notes: list[str] = []
        self._label = label
        self._archive = zipfile.ZipFile(data)
        # Some programs write other cases and backslashes.
        self._names = {info.filename.replace("\\", "/").lower(): info for info in self._archive.infolist()}
        self._path, book = self._main()
        self._targets = self._relations(self._path)
        self._sheets = dict(self._find_sheets(book))
        properties, calculation = book.find("workbookPr"), book.find("calcPr")
        self._is_1904 = properties is not None and properties.get("date1904") in _ON
        self._uncomputed = calculation is not None and calculation.get("fullCalcOnLoad") in _ON
        self._reading: Reading | None = None

    def sheets(self) -> Sequence[Sheet]:
        """Its sheets of cells, in order."""
        return list(self._sheets)

    def rows(self, sheet: Sheet) -> Iterator[SheetRow]:
        """The rows of a sheet; where a cell lies under a merge over several rows, it is not known."""
        path = self._sheets[sheet]
        merges = Merges(self._merges(path))
        totals = self._totals(path)
        remarks = self._remarks(path)
        reading = self._what_cells_mean()
        with self._part(path) as file:
            for row in read_rows(pieces(file, "</row>"), reading):
                merges.mark(row, MERGED)
                remarks.mark(row)
                if row.number not in totals:
                    yield row

    def _main(self) -> tuple[str, Element]:
        for kind, target in self._relations("").values():
            if kind == "officeDocument":
                return target, self._tree(target)
        raise UnusualMarkup

    def _find_sheets(self, book: Element) -> Iterator[tuple[Sheet, str]]:
        for sheet in book.iterfind("sheets/sheet"):
            kind, target = self._targets.get(sheet.get("id", ""), ("", ""))
            if kind == "worksheet":
                yield Sheet(sheet.get("name", ""), sheet.get("state", "visible") == "visible"), target

    def _relations(self, path: str) -> dict[str, tuple[str, str]]:
        """What a part names by an id: the kind, and the path."""
        folder, name = posixpath.split(path)
        if f"{folder}/_rels/{name}.rels".lstrip("/").lower() not in self._names:
            return {}
        found = {}
        for relation in self._tree(f"{folder}/_rels/{name}.rels".lstrip("/")):
            target = relation.get("Target", "").replace("\\", "/")
            kind = relation.get("Type", "").rpartition("/")[2]
            found[relation.get("Id", "")] = (
                kind,
                posixpath.normpath(posixpath.join("/", folder, target))[1:],
            )
        return found

    def _related(self, path: str, kind: str) -> list[str]:
        return [target for each, target in self._relations(path).values() if each == kind]

    def _part(self, path: str) -> IO[bytes]:
        info = self._names[path.lower()]
        check_expansion(self._label, info.compress_size, info.file_size)
        return self._archive.open(info)

    def _tree(self, path: str) -> Element:
        with self._part(path) as file:
            data = file.read(_MOST_OF_A_PART + 1)
        if len(data) > _MOST_OF_A_PART:
            raise UnusualMarkup
        return parse(data)

    def _what_cells_mean(self) -> Reading:
        if self._reading is None:
            kinds = dict(self._targets.values())
            strings = SharedStrings()
            if target := kinds.get("sharedStrings"):
                with self._part(target) as file:
                    strings.read(pieces(file, "</si>"))
            styles = _styles(self._tree(kinds["styles"])) if "styles" in kinds else []
            self._reading = Reading(strings, styles or [PLAIN], self._is_1904, self._uncomputed)
        return self._reading

    def _merges(self, path: str) -> Iterator[Merge]:
        """They stand behind the rows, and must be known before them: the sheet is unpacked twice."""
        last = b""
        with self._part(path) as file:
            while chunk := file.read(PIECE):
                piece = last + chunk
                if b"<mergeCells" in piece or b":mergeCells" in piece:
                    rest = piece + file.read(_MOST_OF_A_PART)
                    yield from (_area(ref.decode()) for ref in _MERGE.findall(rest))
                    return
                last = chunk[-16:]

    def _totals(self, path: str) -> set[int]:
        """The rows in which tables of the sheet have their totals."""
        found: set[int] = set()
        for target in self._related(path, "table"):
            table = self._tree(target)
            count = int(table.get("totalsRowCount", "0"))
            last = _area(table.get("ref", "A1")).last_row
            found.update(range(last - min(count, 10) + 1, last + 1))
        return found

    def _remarks(self, path: str) -> Remarks:
        found = Remarks()
        for target in self._related(path, "comments"):
            for comment in self._tree(target).iter("comment"):
                text = "".join(part.text or "" for part in comment.iter("t"))
                found.add(_area(comment.get("ref", "A1")).first_row, text)
        self.notes += found.note()
        return found


def _styles(tree: Element) -> list[Style]:
    codes = {
        int(code.get("numFmtId", "0")): code.get("formatCode", "") for code in tree.iterfind("numFmts/numFmt")
    }
    struck = [
        (strike := font.find("strike")) is not None and strike.get("val", "1") in _ON
        for font in tree.iterfind("fonts/font")
    ]
    known: dict[tuple[int, int], Style] = {}
    styles = []
    for form in tree.iterfind("cellXfs/xf"):
        number, font = int(form.get("numFmtId", "0")), int(form.get("fontId", "0"))
        style = known.get((number, font))
        if style is None:
            style = style_of(number, codes.get(number), struck=font < len(struck) and struck[font])
            style = known[number, font] = PLAIN if style == PLAIN else style
        styles.append(style)
    return styles


def _area(ref: str) -> Merge:
    found = _AREA.match(ref)
    if not found:
        raise UnusualMarkup
    first, row, last, end = found.groups()
    return Merge(int(row), int(end or row), _column(first), _column(last or first))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number

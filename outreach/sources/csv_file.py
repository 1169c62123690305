r"""CSV: comma, semicolon, tab or bar, sniffed from the header; quoted newlines; what Excel does to files.

sep=;                            obeyed, and skipped
blank lines, trailing ;;;;       skipped
cells beyond the header          accepted when empty, else rejected: too_many_cells
fewer cells than the header      accepted (Excel leaves trailing empty cells out); cut_off on a last
                                 line without line end, because a number there may be half a number
a quote opened or closed amid    rejected: broken_quotes, and reading goes on with the next line
bytes that are not UTF-8         rejected: not_utf8
a space before a quoted cell     no part of it
\N                               an empty cell: so PostgreSQL's COPY, MySQL and Hive write NULL
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import IO

from outreach.errors import SourceError
from outreach.sources.cells import CELL_LIMIT
from outreach.sources.columns import Headings, tell_apart
from outreach.sources.csv_lines import LINE_LIMIT, Lines, Overlong
from outreach.sources.encodings import LOOKED_AT, find_encoding
from outreach.sources.files import buffered
from outreach.sources.formulas import restore
from outreach.sources.rows import Record, Reject

DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<delimiter>[^"\r\n])"?[,;\t]*\Z', re.IGNORECASE)
_HEADER_LIMIT = 100_000
_NULL = "\\N"

_BROKEN_QUOTES = Reject(
    "broken_quotes",
    "A quote on this line is not closed or stands inside a cell; double it, or quote the cell.",
)
_TOO_LONG = Reject("too_long", f"A cell of this row holds more than {CELL_LIMIT} characters.")
_TOO_MANY = Reject(
    "too_many_cells", "The row has more cells than the header; quote what holds the separator."
)
_CUT_OFF = Reject("cut_off", "The file ends in the middle of this row; export it again.")
_NUL = Reject("control_characters", "The row holds NUL bytes; export it again as text.")


class CsvFile:
    """A CSV file anywhere."""

    fixed_columns = True

    def __init__(self, label: str, headings: Headings, encoding: str, country: str) -> None:
        self.label = label
        self.notes: list[str] = []
        self.assumed = ""
        """The encoding that was taken by the country."""
        self._headings = headings
        self._encoding = encoding
        self._country = country

    def records(self, stack: ExitStack, data: IO[bytes]) -> Iterator[Record]:
        """One record a row. Raises SourceError."""
        reader = buffered(data)
        # Peeked: the reader still gets them.
        head = reader.peek(LOOKED_AT)[:LOOKED_AT]
        encoding = find_encoding(self.label, head, named=self._encoding, country=self._country)
        if encoding.assumed:
            self.assumed = encoding.name
            self.notes.append(f"it is not UTF-8 and was read as {encoding.name}, by the country")
        if encoding.is_unsure:
            self.notes.append(
                "it is not UTF-8, and rows with other letters than English ones are rejected; say what it is "
                "by --encoding: windows-1252 (Western Europe), windows-1250 (Central), windows-1251 (Russian)"
            )
        # A byte that is none of the encoding costs its row, not the file: cells.py finds the U+FFFD.
        text = io.TextIOWrapper(reader, encoding=encoding.name, errors="replace", newline="")
        yield from self._read(Lines(stack.enter_context(text)))

    def _read(self, lines: Lines) -> Iterator[Record]:
        delimiter, headers = self._header(lines)
        self._headings.layout(headers, complete=True)
        reader, width = _reader(lines, delimiter), len(headers)
        while block := lines.take_block():
            if (rows := _records_of(block, delimiter)) is None:
                lines.give(block)
                yield from _one_by_one(lines, reader, headers, delimiter)
                continue
            for number, (line, cells) in enumerate(zip(block, rows, strict=True), lines.number):
                if len(cells) == width and "'" not in line and cells[0].strip():
                    yield Record(number, headers, cells)  # nearly every row: no call for it
                elif any(cells) and (record := _record(number, line, headers, cells)):
                    yield record
            lines.number += len(block)

    def _header(self, lines: Lines) -> tuple[str, tuple[str, ...]]:
        """The delimiter, and the names of the columns."""
        header, declared = self._header_text(lines), ""
        marker = _SEPARATOR_LINE.match(header.strip(" \r\n"))
        if marker:
            declared = marker["delimiter"]
            header = self._header_text(lines)
        candidates = (declared,) if declared else DELIMITERS
        # By how many headers mean something to us: a comma within one header outvotes nobody.
        best = max(candidates, key=lambda delimiter: self._score(header, delimiter))
        names = [restore(name).strip() for name in _split(header, best)]
        while names and not names[-1]:  # the empty columns that Excel leaves at the right
            names.pop()
        return best, tell_apart([name or f"column {number}" for number, name in enumerate(names, 1)])

    def _header_text(self, lines: Lines) -> str:
        """The first record that is not blank, unsplit."""
        for line in lines:
            if line.strip().strip(",;\t|"):
                closed = lines.finish_quotes()
                header = "".join(lines.taken)
                if not closed or len(header) > _HEADER_LIMIT:
                    break
                if "\ufffd" in header or "\0" in header:
                    raise SourceError(
                        f"The first line of {self.label} is not UTF-8.",
                        "Save it as 'CSV UTF-8', or say what it is (--encoding).",
                    )
                lines.next_record()
                return header
            lines.next_record()
        else:
            raise SourceError(f"{self.label} is empty.", "Its first line must name the columns.")
        raise SourceError(f"The first line of {self.label} cannot be read.", "It must name the columns.")

    def _score(self, header: str, delimiter: str) -> tuple[int, int]:
        names = _split(header, delimiter)
        return sum(self._headings.column(name) is not None for name in names), len(names)


def _split(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []


def _reader(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    # Strict: where a quote stands amid a cell, csv would guess, and go on guessing.
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)


def _records_of(block: Sequence[str], delimiter: str) -> list[list[str]] | None:
    """The cells of lines that each are a record, at once; None where one may not be."""
    text = "".join(block)
    if "\0" in text or _NULL in text or len(text) > LINE_LIMIT:
        return None
    try:
        rows = list(_reader(block, delimiter))
    except csv.Error:
        return None
    return rows if len(rows) == len(block) else None


def _one_by_one(
    lines: Lines, reader: Iterator[list[str]], headers: tuple[str, ...], delimiter: str
) -> Iterator[Record]:
    """The records of lines that were given back, and of those behind them that belong to the last."""
    while lines.has_some_back:
        try:
            cells = next(reader)
        except csv.Error as e:
            yield _broken(lines, headers, delimiter, e)
        else:
            text = "".join(lines.taken)
            if any(cells) and (record := _record(lines.number, text, headers, cells)):
                yield record
        lines.next_record()


def _record(number: int, text: str, headers: tuple[str, ...], cells: list[str]) -> Record | None:
    """The record of a text that starts on that line; None where it is blank."""
    reject = None
    if missing := len(headers) - len(cells):
        if missing > 0:
            reject = None if text.endswith(("\n", "\r")) else _CUT_OFF
            cells.extend([""] * missing)
        elif any(cell.strip() for cell in cells[missing:]):
            reject = _TOO_MANY
    if not cells[0].strip() and not any(cell.strip() for cell in cells):  # mostly one look is enough
        return None
    # Looked for once in the text, not in each of its cells.
    if "'" in text:
        cells = [restore(cell) for cell in cells]
    if _NULL in text:
        cells = ["" if cell == _NULL else cell for cell in cells]
    if "\0" in text:
        reject = _NUL
    return Record(number, headers, cells, reject)


def _broken(lines: Lines, headers: tuple[str, ...], delimiter: str, error: csv.Error) -> Record:
    """The reject for a record that csv cannot take apart, and the lines after it set right."""
    # The rejects file shows this line, split as far as it can be.
    first = lines.taken[0]
    overlong = isinstance(error, Overlong) or "field larger" in str(error)
    if overlong and lines.finish_quotes():
        reject = _TOO_LONG
    else:
        lines.give_back()
        reject = _BROKEN_QUOTES
    cells = _split(first[: CELL_LIMIT * 2].replace("\0", ""), delimiter)
    return Record(lines.number, headers, cells, reject)

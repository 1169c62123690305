"""What the readers of workbooks have in common: sheets, and rows of cells as people see them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from outreach.sources.cells import REMARKED
from outreach.sources.opt_outs import Sense, read_header

MOST_COLUMNS = 16_384
"""As many as a spreadsheet can have."""


class Sheet(NamedTuple):
    """A sheet of cells; charts are none."""

    name: str
    visible: bool = True


class SheetRow(NamedTuple):
    """A row that is there, from 1; its cells from column A on, not known ones as `cells.py` marks them."""

    number: int
    cells: list[str]
    hidden: bool = False


class Book(Protocol):
    """An open workbook."""

    notes: list[str]
    """What a person should know of the sheet that was read, as far as reading has come."""

    def sheets(self) -> Sequence[Sheet]:
        """Its sheets, in order."""
        ...

    def rows(self, sheet: Sheet) -> Iterator[SheetRow]:
        """The rows of a sheet, in order, without what a table's totals row holds."""
        ...


class Remarks:
    """The comments of a sheet: a row with one that speaks of not contacting is kept back."""

    def __init__(self) -> None:
        self._rows: set[int] = set()
        self.count = 0

    def add(self, row: int, text: str) -> None:
        """A comment that stands in a row."""
        self.count += 1
        said = read_header(text[:1000])
        if said and said.sense is not Sense.PERMITS:
            self._rows.add(row)

    def mark(self, row: SheetRow) -> None:
        """Make what the row holds not known where a person must look."""
        if row.number in self._rows:
            row.cells[:] = [cell and REMARKED for cell in row.cells]

    def note(self) -> list[str]:
        """What a person should know of them."""
        said = "cells have comments, which are not read but for words of opting out"
        return [f"{self.count} {said}"] if self.count else []


class Merge(NamedTuple):
    """Merged cells, all from 1: the first and last row, the first and last column."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


class Merges:
    """Which cells of a row lie under a merge over several rows; rows are asked for in order."""

    def __init__(self, merges: Iterable[Merge]) -> None:
        over_rows = (merge for merge in merges if merge.last_row > merge.first_row)
        self._coming = sorted(over_rows, reverse=True)
        self._open: list[Merge] = []

    def mark(self, row: SheetRow, text: str) -> None:
        """Put `text` where a merge that began in a row above covers the row."""
        number, cells = row.number, row.cells
        while self._coming and self._coming[-1].first_row < number:
            self._open.append(self._coming.pop())
        if not self._open:
            return
        self._open = [merge for merge in self._open if merge.last_row >= number]
        for merge in self._open:
            first, last = merge.first_column - 1, min(merge.last_column, MOST_COLUMNS)
            cells.extend([""] * (last - len(cells)))
            cells[first:last] = [text] * (last - first)

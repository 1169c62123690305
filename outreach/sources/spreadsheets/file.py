"""A workbook as a list of contacts: which of its sheets, which row has the headers, what is passed over.

the sheet     the one that is named, else the only visible one whose headers mean something; several: asked
the headers   the first of the top rows with the most headers that mean something; titles stand above it
passed over   rows that a filter hides, unless they are asked for; totals; blank rows
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from outreach.errors import SourceError
from outreach.sources.cells import is_not_known
from outreach.sources.columns import Headings, tell_apart
from outreach.sources.rows import Record, Reject
from outreach.sources.spreadsheets.sheets import Book, Sheet, SheetRow

_TOP_ROWS = 20
_FEWEST_HEADERS = 2
_SHOWN = 10
_TOTALS = frozenset(
    ("total", "totals", "grand total", "sum", "summe", "gesamt", "gesamtsumme", "total général", "somme")
) | frozenset(("suma", "total general", "totale", "somma", "totale complessivo", "soma", "totaal"))
_TOO_MANY = Reject("too_many_cells", "The row has cells beyond the last header; give their column a name.")


class Contacts:
    """The records of one sheet."""

    def __init__(
        self, label: str, book: Book, headings: Headings, sheet: str = "", *, hidden_rows: bool = False
    ) -> None:
        self._label = label
        self._book = book
        self._headings = headings
        self._named = sheet
        self._with_hidden = hidden_rows
        self._hidden = 0
        self._totals = 0

    def records(self) -> Iterator[Record]:
        """One record a row. Raises SourceError."""
        sheet = self._choose()
        rows = self._book.rows(sheet)
        top = list(islice(rows, _TOP_ROWS))
        at = self._header(top)
        if at is None:
            raise SourceError(f"{self._label} is empty.", "Its first row must name the columns.")
        headers = tell_apart(self._names(top[at]))
        self._headings.layout(headers, complete=True)
        if titles := sum(1 for row in top[:at] if _is_filled(row)):
            self._book.notes.append(f"{titles} rows above the headers are taken for titles")
        for row in top[at + 1 :]:
            yield from self._record(headers, row)
        for row in rows:
            yield from self._record(headers, row)

    def notes(self) -> list[str]:
        """What was passed over, and what else a person should know."""
        said = [f"{self._hidden} hidden rows are left out (hidden_rows reads them)"] if self._hidden else []
        said += [f"{self._totals} rows of totals are passed over"] if self._totals else []
        return [*said, *self._book.notes]

    def _record(self, headers: tuple[str, ...], row: SheetRow) -> Iterator[Record]:
        if not _is_filled(row):
            return
        if row.hidden and not self._with_hidden:
            self._hidden += 1
            return
        if _is_total(row.cells, len(headers)):
            self._totals += 1
            return
        missing = len(headers) - len(row.cells)
        row.cells.extend([""] * missing)
        reject = _TOO_MANY if missing < 0 and any(cell.strip() for cell in row.cells[missing:]) else None
        yield Record(row.number, headers, row.cells, reject)

    def _choose(self) -> Sheet:
        sheets = self._book.sheets()
        if self._named:
            named = [sheet for sheet in sheets if sheet.name.strip() == self._named.strip()]
            if not named:
                raise SourceError(
                    f"{self._label} has no sheet {self._named!r}.", f"It has {_in_words(sheets)}."
                )
            return named[0]
        visible = [sheet for sheet in sheets if sheet.visible]
        if not visible:
            raise SourceError(f"{self._label} has no visible sheet.", "Name one by `sheet`.")
        if len(visible) == 1:
            return visible[0]
        fitting = [sheet for sheet in visible if self._fits(sheet)]
        if len(fitting) > 1:
            raise SourceError(
                f"{self._label} has {len(fitting)} sheets that may be the list: {_in_words(fitting)}.",
                "Name the one that is meant by `sheet` (--sheet).",
            )
        return (fitting or visible)[0]

    def _fits(self, sheet: Sheet) -> bool:
        top = list(islice(self._book.rows(sheet), _TOP_ROWS))
        at = self._header(top)
        return at is not None and self._score(top[at]) >= _FEWEST_HEADERS

    def _header(self, top: Sequence[SheetRow]) -> int | None:
        """Which of the top rows has the headers: the first with the most that mean something to us."""
        filled = [at for at, row in enumerate(top) if _is_filled(row)]
        return max(filled, key=lambda at: self._score(top[at]), default=None)

    def _score(self, row: SheetRow) -> int:
        return sum(self._headings.column(_in_a_line(cell)) is not None for cell in row.cells if cell)

    def _names(self, row: SheetRow) -> tuple[str, ...]:
        for number, cell in enumerate(row.cells, 1):
            if is_not_known(cell):  # it may be the one that says whom to leave alone
                raise SourceError(f"{self._label}: the header of column {number} holds an error.", "Mend it.")
        names = [_in_a_line(cell) for cell in row.cells]
        while names and not names[-1]:
            names.pop()
        return tuple(name or f"column {number}" for number, name in enumerate(names, 1))


def _in_a_line(cell: str) -> str:
    return " ".join(cell.split())


def _is_filled(row: SheetRow) -> bool:
    return any(cell and not cell.isspace() for cell in row.cells)


def _is_total(cells: Sequence[str], width: int) -> bool:
    """Whether the first that is said is that this is a total, and most cells say nothing."""
    first = next((cell for cell in cells if cell), "")
    if len(first) > _LONGEST_TOTAL or first.strip(" :").casefold() not in _TOTALS:
        return False
    return 2 * sum(map(bool, cells)) <= width + 1 and not any("@" in cell for cell in cells)


_LONGEST_TOTAL = max(map(len, _TOTALS)) + 4


def _in_words(sheets: Sequence[Sheet]) -> str:
    named = ", ".join(repr(sheet.name[:40]) for sheet in sheets[:_SHOWN])
    return named + (f" and {len(sheets) - _SHOWN} more" if len(sheets) > _SHOWN else "")

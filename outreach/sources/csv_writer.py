"""CSV files for people: rejected rows, and contacts that a person wants to mend and feed back.

Both hold personal data (private_file.py). Cells that a spreadsheet would run as formulas get an apostrophe,
which the loader takes off again (formulas.py).
"""

import contextlib
import csv
import io
import json
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from typing_extensions import Self

from outreach.contacts import Contact
from outreach.errors import UsageError
from outreach.sources.cells import CELL_LIMIT
from outreach.sources.columns import CHANNELS, DURATION, our_column
from outreach.sources.formulas import disarm
from outreach.sources.private_file import part_beside, remove_leftovers, save
from outreach.sources.rows import Row

REJECT_COLUMNS = ("line", "code", "reason", "retryable")
EXPORT_COLUMNS = ("code", "reason", "retryable", "next_allowed_at")

MOST_LATE = 100
"""Columns that rows may add: JSON may have other keys on each line, and every row has all columns."""

OTHERS = "other columns"

_FIRST_SIGN = re.compile(r"\0[^\w\0+]")
"""In a row's cells, each after a NUL: one that begins with neither a letter nor a digit nor a plus."""
_PARTED = re.compile(r"[;|\t\r\n]")
"""Where another list separator, or a line's end, begins a cell."""
_CONSENT = {
    channel: (f"consent.{channel}", f"consent.{channel}.source", f"consent.{channel}.date")
    for channel in CHANNELS
}
_SECONDS = Contact.model_fields[DURATION].default  # which the ledger leaves out


class PrivateCsv:
    """A CSV file that appears, complete and private, when the `with` block ends well.

    `columns` come first, `last` at the end of each line; columns that only later rows have go between.
    """

    def __init__(self, path: str | os.PathLike[str], columns: Iterable[str], last: Sequence[str]) -> None:
        self.path = Path(path)
        self.count = 0
        """Rows written so far."""
        self._last = tuple(last)
        known = [*dict.fromkeys(column for column in columns if column not in self._last), *self._last]
        self._columns = dict.fromkeys(known, "")
        self._late = False
        self._places = MOST_LATE

    def __enter__(self) -> Self:
        remove_leftovers(self.path)
        with contextlib.ExitStack() as parts:
            try:
                self._part, self._file = parts.enter_context(part_beside(self.path))
            except OSError as e:
                raise UsageError(
                    f"{self.path} cannot be written ({type(e).__name__}).", "Check that its folder exists."
                ) from e
            self._text = _as_text(self._file)
            self._writer = csv.writer(self._text)
            self._writer.writerow([disarm(column) for column in self._columns])
            self._parts = parts.pop_all()
        return self

    def write(self, cells: dict[str, str]) -> None:
        """One row; cells that it does not name stay empty."""
        row = self._columns | cells  # an eighth of the time of asking for each column
        if len(row) > len(self._columns):
            row = self._columns | self._with_late(cells)
        self._write(row.values())
        self.count += 1

    def _write(self, row: Collection[str]) -> None:
        joined = "\0".join(("", *row))
        is_odd = joined.count("\0") > len(row) or len(joined) > CELL_LIMIT
        if is_odd or _FIRST_SIGN.search(joined) or _PARTED.search(joined):
            self._writer.writerow([_safe(cell) if cell else "" for cell in row])
            return
        # All at once, a tenth of the time: a plus, which begins every number, is the only thing to disarm.
        joined = joined.replace("\0+", "\0'+")[1:]
        if not joined or "," in joined or '"' in joined:
            self._writer.writerow(joined.split("\0"))
        else:
            self._text.write(joined.replace("\0", ",") + "\r\n")

    def _with_late(self, cells: dict[str, str]) -> dict[str, str]:
        """Gives a column to names that came late, and puts those of too many into one cell, as JSON."""
        self._late = True  # the file is put in order once, at its end
        rest: dict[str, str] = {}
        for name in [name for name in cells if name not in self._columns]:
            if self._places or our_column(name):
                self._columns[name] = ""
                self._places = max(self._places - 1, 0)
            else:
                rest[name] = cells[name]
        if not rest:
            return cells
        self._columns[OTHERS] = ""
        known = {name: cell for name, cell in cells.items() if name not in rest}
        return {**known, OTHERS: json.dumps(rest, ensure_ascii=False)}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._parts:
            if kind is None:
                self._text.flush()
                save(self._file)
                self._publish()

    def _publish(self) -> None:
        """Puts the file in its place; when columns came late, in the right order first."""
        if not self._late:
            self._part.replace(self.path)
            return
        with part_beside(self.path) as (part, ordered):
            self._reorder(ordered)
            save(ordered)
            part.replace(self.path)

    def _reorder(self, ordered: IO[bytes]) -> None:
        known = list(self._columns)
        columns = [*(column for column in known if column not in self._last), *self._last]
        positions = [known.index(column) for column in columns]
        text = _as_text(ordered)
        writer = csv.writer(text)
        writer.writerow([disarm(column) for column in columns])
        with self._part.open(encoding="utf-8", errors="surrogatepass", newline="") as file:
            rows = csv.reader(file)
            next(rows)
            for row in rows:
                # Rows that were written before a late column came are shorter.
                writer.writerow([row[position] if position < len(row) else "" for position in positions])
        text.detach()  # writes what is left, and leaves the file open


class RejectsFile(PrivateCsv):
    """The rows that are no contacts: the input's columns, then `line,code,reason,retryable`.

    Without a single reject there is no file, and one of an earlier run is removed.
    """

    def __init__(self, path: str | os.PathLike[str], columns: Iterable[str] = ()) -> None:
        super().__init__(path, columns, REJECT_COLUMNS)

    def add(self, row: Row) -> None:
        """A row with a reject; a row without one is not written."""
        if row.reject is None:
            return
        code, reason, retryable = row.reject
        facts = {"line": str(row.line), "code": code, "reason": reason, "retryable": _yes_or_no(retryable)}
        self.write({**row.raw, **facts})

    def _publish(self) -> None:
        if self.count:
            super()._publish()
        else:
            self.path.unlink(missing_ok=True)


def cells_of(contact: Mapping[str, Any]) -> dict[str, str]:
    """A contact, as the ledger keeps it in JSON, as the cells that the loader would read it from."""
    cells = {**contact, **contact["channels"], DURATION: str(contact.get(DURATION, _SECONDS))}
    del cells["channels"]
    for channel, said in cells.pop("consent", {}).items():
        given, source, on = _CONSENT[channel]
        cells[given] = _yes_or_no(said["given"])
        cells[source], cells[on] = said.get("source") or "", said.get("on") or ""
    for key, value in cells.pop("metadata", {}).items():
        cells[f"metadata.{key}"] = value
    return cells


def _yes_or_no(value: bool) -> str:  # noqa: FBT001 - it is the subject
    return "yes" if value else "no"


def _safe(cell: str) -> str:
    """A cell that is no formula, holds no NUL, and if it is too long stays so without filling the disk."""
    return disarm(cell[: CELL_LIMIT + 1].replace("\0", "\ufffd"))


def _as_text(file: IO[bytes]) -> io.TextIOWrapper:
    # A text may hold half a surrogate pair, at which plain UTF-8 would break off the file.
    return io.TextIOWrapper(file, encoding="utf-8", errors="surrogatepass", newline="")

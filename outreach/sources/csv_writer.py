"""CSV files for people: rejected rows, and contacts that a person wants to mend and feed back.

Both hold personal data: they are written with mode 0600 beside their final name and renamed when complete,
so a half-written file is never seen and a symbolic link is replaced, not followed; what a dying process left
half-written, the next one to write there, or an erasure, removes. Cells that a spreadsheet
would run as formulas get an apostrophe, which the loader takes off again (outreach/sources/formulas.py).
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import glob
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from outreach.contacts import Contact
from outreach.errors import UsageError
from outreach.sources.cells import CELL_LIMIT
from outreach.sources.columns import CHANNELS, PLAIN
from outreach.sources.formulas import disarm
from outreach.sources.rows import Row

REJECT_COLUMNS = ("line", "code", "reason", "retryable")
EXPORT_COLUMNS = ("code", "reason", "retryable", "next_allowed_at")
_PART = ".part"


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
        self._columns = dict.fromkeys(known)
        self._late = False

    def __enter__(self) -> PrivateCsv:  # noqa: PYI034 - typing.Self came with 3.11
        remove_leftovers(self.path)
        self._part, self._file = _new_file(self.path)
        self._writer = csv.writer(self._file)
        self._writer.writerow([disarm(column) for column in self._columns])
        return self

    def write(self, cells: Mapping[str, str]) -> None:
        """One row; cells that it does not name stay empty."""
        # A column that came late: the file is put in order once, at its end.
        if not cells.keys() <= self._columns.keys():
            self._columns.update(dict.fromkeys(cells))
            self._late = True
        self._writer.writerow([_safe(cells.get(column, "")) for column in self._columns])
        self.count += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.flush()
            # On the disk before it gets its name: a power cut leaves the whole file, or none.
            os.fsync(self._file.fileno())
            self._file.close()
            if kind is None:
                self._publish(self._part)
        finally:
            self._part.unlink(missing_ok=True)

    def _publish(self, written: Path) -> None:
        """Puts the file in its place; when columns came late, in the right order first."""
        if self._late:
            part, ordered = _new_file(self.path)
            with ordered:
                self._reorder(written, ordered)
            written = part
        written.replace(self.path)

    def _reorder(self, written: Path, ordered: IO[str]) -> None:
        known = list(self._columns)
        columns = [*(column for column in known if column not in self._last), *self._last]
        positions = [known.index(column) for column in columns]
        writer = csv.writer(ordered)
        writer.writerow([disarm(column) for column in columns])
        with written.open(encoding="utf-8", errors="surrogatepass", newline="") as file:
            rows = csv.reader(file)
            next(rows)
            for row in rows:
                writer.writerow([row[position] if position < len(row) else "" for position in positions])


class RejectsFile(PrivateCsv):
    """The rows that are no contacts: the input's columns, then `line,code,reason,retryable`.

    Without a single reject there is no file, and one of an earlier run is removed.
    """

    def __init__(self, path: str | os.PathLike[str], columns: Iterable[str] = ()) -> None:
        super().__init__(path, columns, REJECT_COLUMNS)

    def __enter__(self) -> RejectsFile:  # noqa: PYI034 - typing.Self came with 3.11
        super().__enter__()
        return self

    def add(self, row: Row) -> None:
        """A row with a reject; a row without one is not written."""
        if row.reject is None:
            return
        code, reason, retryable = row.reject
        facts = {"line": str(row.line), "code": code, "reason": reason, "retryable": _yes_or_no(retryable)}
        self.write({**row.raw, **facts})

    def _publish(self, written: Path) -> None:
        if self.count:
            super()._publish(written)
        else:
            self.path.unlink(missing_ok=True)


def write_contacts(
    path: str | os.PathLike[str],
    rows: Iterable[tuple[Contact, Mapping[str, str]]],
    extra_columns: Sequence[str] = EXPORT_COLUMNS,
) -> int:
    """Writes contacts in the input's format, each with its extra cells, and returns how many. Streams.

    Raises UsageError when the file cannot be made.
    """
    with PrivateCsv(path, PLAIN, extra_columns) as file:
        for contact, extra in rows:
            file.write({**cells_of(contact), **extra})
    return file.count


def cells_of(contact: Contact) -> dict[str, str]:
    """A contact as the cells that the loader would read it from."""
    values = {field: getattr(contact.channels if field in CHANNELS else contact, field) for field in PLAIN}
    cells = {field: "" if value is None else str(value) for field, value in values.items()}
    for channel, consent in contact.consent.items():
        cells[f"consent.{channel}"] = _yes_or_no(consent.given)
        cells[f"consent.{channel}.source"] = consent.source or ""
        cells[f"consent.{channel}.date"] = consent.on.isoformat() if consent.on else ""
    return cells | {f"metadata.{key}": value for key, value in contact.metadata.items()}


def _yes_or_no(value: bool) -> str:  # noqa: FBT001 - it is the subject
    return "yes" if value else "no"


def _safe(cell: str) -> str:
    """A cell that is no formula, holds no NUL, and if it is too long stays so without filling the disk."""
    return disarm(cell[: CELL_LIMIT + 1].replace("\0", "\ufffd"))


def _new_file(path: Path) -> tuple[Path, IO[str]]:
    """A private file beside `path`, with a name that nobody else has."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=_prefix(path), suffix=_PART, dir=path.parent)
        with contextlib.suppress(OSError):  # where a file system has no locks, leftovers stay
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as e:
        raise UsageError(
            f"{path} cannot be written ({type(e).__name__}).", "Check that its folder exists."
        ) from e
    file = open(descriptor, "w", encoding="utf-8", errors="surrogatepass", newline="")  # noqa: PTH123, SIM115
    return Path(name), file


def _prefix(path: Path) -> str:
    return f".{path.name[:80]}."  # a file's name has 255 bytes at the most


def remove_leftovers(path: Path) -> None:
    """Remove what processes that died left half-written beside a file; nobody who is writing is disturbed."""
    for part in path.parent.glob(f"{glob.escape(_prefix(path))}*{_PART}"):
        with contextlib.suppress(OSError), part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a writer holds it
            part.unlink()

"""A whole, consistent copy of an SQLite ledger, while runs go on."""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from outreach.errors import LedgerError, UsageError
from outreach.ledger.ledger import Ledger
from outreach.ledger.root_key import key_file
from outreach.sources.private_file import part_beside, remove_leftovers, save, write_private


def back_up(ledger: Ledger, file: Path, *, force: bool = False) -> Sequence[Path]:
    """Copy an SQLite ledger, log and all, to a private file, and its key file beside it; the files made.

    With `force` what is there is replaced. The key that a ledger block holds is no file, and is not copied.

    Raises:
        UsageError: it is no SQLite ledger, or the file is there.
        LedgerError: it cannot be written.
    """
    database = ledger.db.engine.url.database
    if not ledger.db.is_sqlite or not database:
        raise UsageError(
            "This ledger is on PostgreSQL, which backs itself up.", "Use pg_dump, and keep the ledger's key."
        )
    key = key_file(f"sqlite:///{database}")
    copies = {Path(database): file, key: Path(f"{file}.key")}
    _refuse(copies, force=force)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # The key first: a copy of the ledger without its key recognises nobody.
        keys = [copies[key]] if key.exists() else []
        for copy in keys:
            write_private(copy, [key.read_bytes()])
        return [_copy_database(ledger, file), *keys]
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LedgerError(f"The copy {file} cannot be written: {reason}.", "Choose another place.") from None


def _refuse(copies: dict[Path, Path], *, force: bool) -> None:
    sources = [source for source in copies if source.exists()]
    for copy in copies.values():
        # By device and inode: a link, or another way of writing the path, leads to the same file.
        if copy.exists() and any(copy.samefile(source) for source in sources):
            raise UsageError("That is the ledger itself.", "Name another file for the copy.")
        if copy.is_dir():
            raise UsageError(f"{copy} is a folder.", "Name a file for the copy.")
        if (copy.exists() or copy.is_symlink()) and not force:
            raise UsageError(f"{copy} is there already.", "Name another file, or replace it with --force.")


def _copy_database(ledger: Ledger, file: Path) -> Path:
    remove_leftovers(file)
    with (
        part_beside(file) as (part, opened),
        ledger.db.read() as connection,
        contextlib.closing(sqlite3.connect(part)) as copy,
    ):
        driver: Any = connection.connection.driver_connection
        driver.backup(copy)  # in one step: one instant of it, whoever writes meanwhile
        # One file without a log of its own, which nobody can forget to carry along.
        copy.execute("PRAGMA journal_mode=DELETE")
        save(opened)
        for end in ("-wal", "-shm"):  # what a replaced ledger left would be taken for the new one's log
            Path(f"{file}{end}").unlink(missing_ok=True)
        part.replace(file)
    return file

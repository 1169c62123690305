"""From a ledger's URL to an engine: an SQLite file that nobody else may read, or a server with deadlines."""

import contextlib
import errno
import os
import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event

from outreach.errors import LedgerError, NoLedger, WrongLedger
from outreach.ledger.database.packing import unpacked
from outreach.ledger.place import check_url

BUSY_SECONDS = 60
_OF_THE_MACHINE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EROFS})
"""Why a file cannot be opened though its path is right."""
POOL = {"pool_size": 12, "max_overflow": 12, "pool_timeout": 60, "pool_use_lifo": True}
"""The connection used last is used next: an SQLite connection's page cache holds until another one writes.

24 at the most, when 128 threads decide again after a rest: with 48 it took as long, and three processes asked
for 144 of the 100 that PostgreSQL allows.
"""
SQLITE_POOL = {**POOL, "pool_size": 4, "max_overflow": 20}
"""Four are at work nearly always; each further one that is kept keeps 500 KB, and opening it takes 0.5 ms."""


def name_of(url: URL) -> str:
    """A database by its file, or by its host and name: what may be shown to anybody."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    return f"postgresql://{url.host or ''}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def make_engine(url: str, *, existing: bool) -> Engine:
    """The engine of a ledger's URL. Raises WrongLedger, LedgerError; with `existing` no file is made."""
    parsed = check_url(url)
    try:
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")  # the plain name means psycopg2
        if parsed.get_backend_name() == "sqlite":
            return _create_sqlite(parsed, existing=existing)
        return _create_server(parsed)
    except ModuleNotFoundError as error:
        extra = "Install the extra: pip install 'genesys-outreach[postgres]'."
        advice = extra if error.name == "psycopg" else "Install it, or leave it out of the URL."
        raise WrongLedger(f"The ledger's database needs the package {error.name}.", advice) from None


def _create_server(url: URL) -> Engine:
    # hide_parameters: a statement's values are people's data.
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, **POOL)
    if url.drivername == "postgresql+psycopg":
        from outreach.ledger.database import postgres  # noqa: PLC0415 - its driver takes long to import

        postgres.bound(engine)
    return engine


def _create_sqlite(url: URL, *, existing: bool) -> Engine:
    if sqlite3.sqlite_version_info < (3, 35):  # RETURNING came with it
        raise LedgerError(f"SQLite {sqlite3.sqlite_version} is too old.", "Use 3.35 or newer, or PostgreSQL.")
    _prepare(Path(url.database or ""), existing=existing)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}, **SQLITE_POOL)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(path: Path, *, existing: bool) -> None:
    """Make the file, which nobody else may open, or refuse what is no ledger."""
    try:
        if existing:
            _look_at(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.close(os.open(os.path.realpath(path), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            _check_reach(path)
    except OSError as error:
        kind = LedgerError if error.errno in _OF_THE_MACHINE else WrongLedger
        problem = f"The ledger {path} cannot be opened: {error.strerror}."
        raise kind(problem, "Choose another place.") from None


def _look_at(path: Path) -> None:
    """Refuse what is no ledger before SQLite writes: its first pragma would write a header."""
    if not path.exists():
        raise NoLedger(f"There is no ledger {path}.", "Check the path; nothing was made there.")
    _check_reach(path)
    if not path.stat().st_size or not _is_database(path):
        raise WrongLedger(*no_ledger(str(path)))


def _check_reach(path: Path) -> None:
    """Raise what opening it would, without opening what can be opened.

    Whoever closes a file drops all locks that its process has there, SQLite's too, as POSIX has it. A second
    opening took them from a round under way; the next short command beside it took itself for the last, put
    the log away, and what the round wrote from then on was lost, or the ledger torn.
    """
    if path.is_dir() or not os.access(path, os.R_OK | os.W_OK):
        os.close(os.open(path, os.O_RDWR))


def _is_database(path: Path) -> bool:
    # By SQLite, which keeps its locks when it closes.
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            opened.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError as error:
        return "not a database" not in str(error)  # the rest shows when it is used
    return True


def no_ledger(name: str) -> tuple[str, str]:
    """What is there is something else, or empty: the problem, and what to do."""
    return f"{name} holds no ledger.", "Name the database that a campaign has used."


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    # synchronous=FULL: an intent must outlive a power cut, not only the process.
    # secure_delete: what is erased is overwritten.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("unpacked", 1, unpacked, deterministic=True)
    # 500 KB: whenever somebody has written, what a connection keeps is of no use any more. With 2 MB those of
    # 30,000 contacts took 6 MB more, and a proof no less time.
    connection.execute("PRAGMA cache_size=-500")


def _begin(connection: Connection) -> None:
    kind = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {kind}")

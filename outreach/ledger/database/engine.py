"""Opening the database: pragmas, transactions, and errors without anybody's data.

Reads begin deferred, writes begin immediate. On SQLite one lock of the process stands before the
database's own, because SQLite's waiting is a sleep that other threads win.
"""

import contextlib
import errno
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    URL,
    ColumnElement,
    CompoundSelect,
    Connection,
    Engine,
    Executable,
    Row,
    Select,
    Table,
    create_engine,
    event,
    literal,
    literal_column,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from outreach.clock import Clock
from outreach.errors import LedgerError, WrongLedger
from outreach.ledger.database.schema import Instant

T = TypeVar("T")

BUSY_SECONDS = 60
_OF_THE_MACHINE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EROFS})
"""Why a file cannot be opened though its path is right."""
POOL = {"pool_size": 24, "max_overflow": 24, "pool_timeout": 60, "pool_use_lifo": True}
"""The connection used last is used next: an SQLite connection's page cache holds until another one writes."""


class Database:
    """One database, two ways in: `read()` and `write()`, each a transaction."""

    def __init__(self, url: str, *, existing: bool = False) -> None:
        self.engine = _create(url, existing=existing)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._turn: contextlib.AbstractContextManager[Any] = (
            threading.RLock() if self.is_sqlite else contextlib.nullcontext()
        )

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent look; nothing is written."""
        with _translated(self.engine.url), self.engine.connect() as connection:
            yield connection

    def rows(self, query: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """All that one query finds."""
        with self.read() as connection:
            return connection.execute(query, values).all()

    def values(
        self, query: Select[tuple[T]] | CompoundSelect[tuple[T]], values: Mapping[str, Any] | None = None
    ) -> list[T]:
        """The one column that a query asks for."""
        return [row[0] for row in self.rows(query, values)]

    def value(self, query: Select[tuple[T]]) -> T | None:
        """The one value that a query asks for, None when nothing is found."""
        return next(iter(self.values(query)), None)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One look for several queries: all see the same instant, whoever writes meanwhile."""
        with self.read() as connection:
            if not self.is_sqlite:  # SQLite's read transaction is one instant anyway
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            with self.unhurried(connection):
                yield connection

    @contextlib.contextmanager
    def unhurried(self, connection: Connection) -> Iterator[None]:
        """Give the statements of the transaction the time that they take, an hour at the most."""
        if self.is_sqlite:
            yield
            return
        from outreach.ledger.database import postgres  # noqa: PLC0415 - see `_create_server`

        with postgres.unhurried(connection):
            yield

    @contextlib.contextmanager
    def write(self, *, lasting: bool = True) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, or not at all.

        It outlives a power cut. What is not `lasting` outlives the process only, until something lasting
        is committed after it: for what would merely be done again (a lease, a receiver's answer). On SQLite
        that saves the disk's confirmation, the dearest part of a small transaction.
        """
        with (
            _translated(self.engine.url),
            self._turn,  # before a connection: who waits for a turn takes none from the pool
            self.engine.connect() as opened,
            self._unconfirmed(opened) if self.is_sqlite and not lasting else contextlib.nullcontext(),
        ):
            connection = opened.execution_options(begin="IMMEDIATE")  # a late upgrade is refused, not queued
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def _unconfirmed(self, connection: Connection) -> Iterator[None]:
        driver: Any = connection.connection.driver_connection
        (before,) = driver.execute("PRAGMA synchronous").fetchone()
        driver.execute("PRAGMA synchronous=NORMAL")  # SQLite refuses it once the transaction began
        try:
            yield
        finally:
            driver.execute(f"PRAGMA synchronous={before}")

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An insert that can say `on_conflict_do_nothing`, in the database's own dialect."""
        return insert_in(self.engine.dialect.name, table)

    def now(self, clock: Clock, ago: timedelta = timedelta()) -> ColumnElement[datetime]:
        """The instant, by the one clock that all executors share: the database's, or this machine's."""
        if self.is_sqlite:
            return literal(clock.now() - ago, Instant)
        earlier = ago // timedelta(microseconds=1)
        return literal_column(
            f"(extract(epoch FROM clock_timestamp()) * 1000000)::bigint - {earlier}", Instant
        )

    @property
    def name(self) -> str:
        """The file, or the host and the database: what may be shown to anybody."""
        return name_of(self.engine.url)

    def checkpoint(self) -> None:
        """Bring SQLite's log into its file, as far as nobody who reads is in the way."""
        if self.is_sqlite:
            with _translated(self.engine.url), self.engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def insert_in(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert in the words of the dialect of that name."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def check_url(url: str) -> URL:
    """The URL of a database that can hold a ledger. Raises WrongLedger; nothing is opened, nothing made."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() in ("sqlite", "postgresql"):
            parsed.get_dialect()
            if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
                raise WrongLedger(
                    "A ledger in memory would forget whom it contacted.", "Name a file: sqlite:///ledger.db"
                )
            return parsed
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError):
        pass
    raise WrongLedger(
        "The ledger's URL is not one that can be opened.",
        "Use sqlite:///path/to/ledger.db or postgresql://user@host/name.",
    )


def name_of(url: URL) -> str:
    """A database by its file, or by its host and name: what may be shown to anybody."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    return f"postgresql://{url.host or ''}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def _create(url: str, *, existing: bool) -> Engine:
    parsed = check_url(url)
    try:
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")  # the plain name means psycopg2
        if parsed.get_backend_name() == "sqlite":
            return _create_sqlite(parsed.database or "", parsed, existing=existing)
        return _create_server(parsed)
    except ModuleNotFoundError as error:
        raise WrongLedger(
            f"The ledger's database needs the package {error.name}.",
            "Install it, or leave it out of the URL.",
        ) from None


def _create_server(url: URL) -> Engine:
    # hide_parameters: a statement's values are people's data.
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, **POOL)
    if url.drivername == "postgresql+psycopg":
        from outreach.ledger.database import postgres  # noqa: PLC0415 - its driver takes long to import

        postgres.bound(engine)
    return engine


def _create_sqlite(path: str, url: URL, *, existing: bool) -> Engine:
    if sqlite3.sqlite_version_info < (3, 35):  # RETURNING came with it
        raise LedgerError(f"SQLite {sqlite3.sqlite_version} is too old.", "Use 3.35 or newer, or PostgreSQL.")
    if existing:
        _look_at(Path(path))
    else:
        _create_private(Path(path))
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}, **POOL)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _create_private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise _unusable(path, error) from None


def _look_at(path: Path) -> None:
    """Refuse what is no ledger before SQLite touches it: its first pragma would write a header."""
    if not path.exists():
        raise WrongLedger(f"There is no ledger {path}.", "Check the path; nothing was made there.")
    try:
        with path.open("r+b") as file:
            begins = file.read(16)
    except OSError as error:
        raise _unusable(path, error) from None
    if begins != b"SQLite format 3\0":
        raise no_ledger(str(path))


def no_ledger(name: str) -> WrongLedger:
    """What is there is something else, or empty."""
    return WrongLedger(f"{name} holds no ledger.", "Name the database that a campaign has used.")


def _unusable(path: Path, error: OSError) -> LedgerError:
    kind = LedgerError if error.errno in _OF_THE_MACHINE else WrongLedger
    return kind(f"The ledger {path} cannot be opened: {error.strerror}.", "Choose another place.")


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    # synchronous=FULL: an intent must outlive a power cut, not only the process.
    # secure_delete: what is erased is overwritten.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    # 2 MB: each thread may have a connection, and each connection has a cache of its own.
    connection.execute("PRAGMA cache_size=-2000")


def _begin(connection: Connection) -> None:
    kind = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {kind}")


@contextlib.contextmanager
def _translated(url: URL) -> Iterator[None]:
    """Keep the driver's words out of tracebacks: PostgreSQL quotes the failing row in them."""
    try:
        yield
    except DBAPIError as error:
        if wrong := _named_wrongly(error, url):
            raise wrong from None
        code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None) or ""
        raise LedgerError(
            f"The ledger does not answer ({type(error.orig).__name__} {code}).", _advise(error)
        ) from None
    except NoConnectionFree:
        raise LedgerError(
            "The ledger does not answer (no connection became free).",
            "Run the campaign again: it resumes by itself.",
        ) from None


_WRONG_NAMES = {
    "not a database": "is no SQLite database. Check the path.",
    "failed to resolve host": "has a host that nobody knows. Check the host in the URL, and the network.",
    "password authentication failed": "refused the user or the password. Check them.",
    "no password supplied": "asks for a password. Put it into the ledger block, or into PGPASSWORD.",
    "does not exist": "does not exist there, or its user does not. Check both names in the URL.",
}


def _named_wrongly(error: DBAPIError, url: URL) -> WrongLedger | None:
    """What is wrong with the name of the database itself, so that no later try would help; else None."""
    if getattr(error.orig, "sqlstate", None):  # from a statement: the database was reached
        return None
    words = str(error.orig).lower()
    why = next((why for said, why in _WRONG_NAMES.items() if said in words), None)
    return WrongLedger(f"The ledger {name_of(url)} {why}") if why else None


def _advise(error: DBAPIError) -> str:
    words = str(error.orig).lower()
    if "full" in words:
        return "Free disk space and run the campaign again: it resumes by itself."
    if "locked" in words:
        return "Another program holds the file; run the campaign again: it resumes by itself."
    return "Bring the database back and run the campaign again: it resumes by itself."

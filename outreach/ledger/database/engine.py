"""One database and its transactions.

Reads begin deferred, writes begin immediate. On SQLite one lock of the process stands before the
database's own, because SQLite's waiting is a sleep that other threads win.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Executable,
    Row,
    Select,
    Table,
    Text,
    UpdateBase,
    event,
    func,
    literal,
    literal_column,
    text,
)

from outreach.clock import Clock
from outreach.ledger.database.connecting import make_engine, name_of
from outreach.ledger.database.failures import translated
from outreach.ledger.database.schema import Instant

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

PAGE = 500
LARGE_PAGE = 2000
"""For a few columns of everybody, 3 MB: each page costs SQLAlchemy a millisecond, a tenth of the time."""


class Database:
    """One database, two ways in: `read()` and `write()`, each a transaction."""

    def __init__(self, url: str, *, existing: bool = False) -> None:
        self.engine = make_engine(url, existing=existing)
        self.name = name_of(self.engine.url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._turn = threading.RLock()
        self._writer: Connection | None = None
        event.listen(self.engine, "engine_disposed", self._drop_writer)

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent look; nothing is written."""
        with translated(self.engine.url), self.engine.connect() as connection:
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

    def pages(self, query: Select[Any], size: int = PAGE) -> Iterator[Sequence[Row[Any]]]:
        """The rows of a query whose first column is an id, page by page: memory is bounded, nobody is kept
        from writing, and each page is a look of its own.
        """
        number, last = query.selected_columns[0], -1
        # No OFFSET: rows that come or go meanwhile shift no page.
        while page := self.rows(query.where(number > last).order_by(number).limit(size)):
            last = page[-1][0]
            yield page

    def one_by_one(self, query: Select[Any], size: int = PAGE) -> Iterator[Row[Any]]:
        """The same rows, one by one."""
        return chain.from_iterable(self.pages(query, size))

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One look for several queries: all see the same instant, whoever writes meanwhile."""
        with self.read() as connection:
            if not self.is_sqlite:  # SQLite's read transaction is one instant anyway
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            with self.unhurried(connection):
                yield connection

    def unhurried(self, connection: Connection) -> contextlib.AbstractContextManager[None]:
        """Give the statements of the transaction the time that they take, an hour at the most."""
        if self.is_sqlite:
            return contextlib.nullcontext()
        from outreach.ledger.database import postgres  # noqa: PLC0415 - see `_create_server`

        return postgres.unhurried(connection)

    @contextlib.contextmanager
    def write(self, *, lasting: bool = True) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, or not at all.

        It outlives a power cut. What is not `lasting` outlives the process only, until something lasting
        is committed after it: for what would merely be done again (a lease, a receiver's answer). On SQLite
        that saves the disk's confirmation, the dearest part of a small transaction.
        """
        with (
            translated(self.engine.url),
            self._one_writer() if self.is_sqlite else self.engine.connect() as connection,
            self._unconfirmed(connection) if self.is_sqlite and not lasting else contextlib.nullcontext(),
            connection.begin(),
        ):
            yield connection

    def execute(
        self, statement: UpdateBase, rows: Sequence[Mapping[str, Any]] | None = None, *, lasting: bool = True
    ) -> int:
        """One statement, for each of the rows, in a transaction of its own; how many rows it touched."""
        with self.write(lasting=lasting) as connection:
            return connection.execute(statement, rows).rowcount

    @contextlib.contextmanager
    def _one_writer(self) -> Iterator[Connection]:
        """SQLite's connection for writing, whoever's turn it is: one for all.

        It keeps 2 MB of statements for many rows prepared, and 2 MB of pages; when any of four did so, they
        took 18 MB after 30,000 contacts.
        """
        with self._turn:  # before a connection: who waits for a turn takes none from the pool
            if self._writer is None:
                opened = self.engine.connect()
                self._writer = opened.execution_options(begin="IMMEDIATE")  # a late upgrade is refused
                driver: Any = opened.connection.driver_connection
                driver.execute("PRAGMA cache_size=-2000")  # nobody else writes, so it holds
            try:
                yield self._writer
            except BaseException:
                self._drop_writer()  # a commit that failed may have left its transaction open
                raise

    def _drop_writer(self, *_: object) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.invalidate()
            writer.close()

    @contextlib.contextmanager
    def _unconfirmed(self, connection: Connection) -> Iterator[None]:
        driver: Any = connection.connection.driver_connection
        (before,) = driver.execute("PRAGMA synchronous").fetchone()
        driver.execute("PRAGMA synchronous=NORMAL")  # SQLite refuses it once the transaction began
        try:
            yield
        finally:
            driver.execute(f"PRAGMA synchronous={before}")

    def text_of(self, column: ColumnElement[str]) -> ColumnElement[str]:
        """A packed column as SQL can look into it."""
        return func.unpacked(column, type_=Text) if self.is_sqlite else column

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

    def checkpoint(self) -> None:
        """Bring SQLite's log into its file, as far as nobody who reads is in the way."""
        if self.is_sqlite:
            with translated(self.engine.url), self.engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def shrink(self) -> None:
        """Let SQLite's writer go, with the pages and statements that it keeps; the next one opens anew.

        After 100,000 contacts these are 6 MB, and proof and report, a run's last, have no use for them.
        """
        with self._turn:
            self._drop_writer()

    def close(self) -> None:
        """Give all connections back, once nobody writes: the one writer's would go under its hands."""
        with self._turn:
            self.engine.dispose()


def insert_in(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert in the words of the dialect of that name."""
    own = import_module(f"sqlalchemy.dialects.{dialect}")  # and no other: see `schema`
    new: sqlite.Insert | postgresql.Insert = own.insert(table)
    return new

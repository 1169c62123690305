"""PostgreSQL: every wait for it has an end, whatever happens to the way there.

connect ── 10 s ── statement ── 60 s at the server, a little more here ── transaction left open ── 2 min

Packets that are dropped make a socket wait for ever; the kernel gives up on its own after hours. What takes
longer by nature (a migration, a proof) says so, see `unhurried`.

A pooler between (PgBouncer in transaction mode) gives each transaction another connection of the server:
there nothing is prepared, and what is set for a session is set for each transaction, or strangers got it.
"""

import contextlib
import time
from collections.abc import Generator, Iterator
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, event, text

STATEMENT_SECONDS = 60.0
UNHURRIED_SECONDS = 3600.0
GRACE_SECONDS = 5.0
"""The server ends a statement first: then it says so, and the connection lives on."""

LIMITS = {
    "statement_timeout": f"{STATEMENT_SECONDS:.0f}s",
    # A client that vanished keeps its locks no longer than this.
    "idle_in_transaction_session_timeout": "120s",
}

ON_CONNECTING: dict[str, Any] = {
    "connect_timeout": 10,
    # A far end that is gone is noticed in 25 seconds; what we sent and nobody confirms, in 20.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""What the ledger's URL says of these itself counts more."""

RV = TypeVar("RV")


class BoundConnection(psycopg.Connection[Any]):
    """A connection on which no statement is waited for longer than it may take."""

    most_seconds = STATEMENT_SECONDS
    is_pooled = False
    """Whether a pooler stands between."""

    def wait(self, gen: Generator[Any, Any, RV], *args: Any, **more: Any) -> RV:  # noqa: ANN401 - psycopg's
        """Wait for an answer; OperationalError when none comes, and the connection is closed."""
        return super().wait(self._bounded(gen), *args, **more)

    def _bounded(self, gen: Generator[Any, Any, RV]) -> Generator[Any, Any, RV]:
        until = time.monotonic() + self.most_seconds + GRACE_SECONDS
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted  # psycopg comes back every tenth of a second, answer or not
                if time.monotonic() > until:
                    self.pgconn.finish()  # nobody knows what it would still say
                    raise psycopg.OperationalError("no answer")
                wanted = gen.send(ready)
        except StopIteration as end:
            answer: RV = end.value
            return answer


def bound(engine: Engine) -> None:
    """Have every connection of the engine be such a one."""
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "begin", _begin)


def _connect(_dialect: object, _record: object, args: Any, options: dict[str, Any]) -> BoundConnection:  # noqa: ANN401 - SQLAlchemy's
    if "prepare_threshold" in options:  # from the URL it is text
        asked = str(options["prepare_threshold"])
        options = {**options, "prepare_threshold": None if asked.lower() == "none" else int(asked)}
    connection = BoundConnection.connect(*args, **{**ON_CONNECTING, **options})
    # A pooler names a process of its own; the server's own number tells. Then these hold for one transaction.
    is_other = f"pg_backend_pid() <> {connection.info.backend_pid}"
    sets = ", ".join(f"set_config('{name}', '{value}', {is_other})" for name, value in LIMITS.items())
    row = connection.execute(f"SELECT {is_other}, {sets}").fetchone()
    connection.commit()
    if row and row[0]:
        connection.is_pooled, connection.prepare_threshold = True, None
    return connection


def _begin(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    if isinstance(driver, BoundConnection) and driver.is_pooled:
        driver.execute("; ".join(f"SET LOCAL {name} = '{value}'" for name, value in LIMITS.items()))


@contextlib.contextmanager
def unhurried(connection: Connection) -> Iterator[None]:
    """Give the statements of this transaction the time that they take."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, BoundConnection):
        yield
        return
    connection.execute(text(f"SET LOCAL statement_timeout = '{UNHURRIED_SECONDS:.0f}s'"))
    driver.most_seconds = UNHURRIED_SECONDS
    try:
        yield
    finally:
        driver.most_seconds = STATEMENT_SECONDS


def vacuum(engine: Engine, *tables: str) -> None:
    """Free what deleted rows took, for reuse, with the time that it takes."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()  # nobody else's statements may take so long
        driver = connection.connection.driver_connection
        if isinstance(driver, BoundConnection):
            driver.most_seconds = UNHURRIED_SECONDS
        connection.exec_driver_sql(f"SET statement_timeout = '{UNHURRIED_SECONDS:.0f}s'")
        connection.exec_driver_sql(f"VACUUM {', '.join(tables)}")

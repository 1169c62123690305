"""Where a round's ledger lies: how it is reached, copied and put back, whole or in part."""

from __future__ import annotations

import contextlib
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import make_url

from outreach.ledger.opening import open_ledger
from tests.accidents.cut_line import CutLine
from tests.accidents.worker import KEY
from tests.support.postgres import Postgres


class Place(Protocol):
    """One ledger of one round."""

    url: str
    """By which its processes reach it."""
    direct: str
    """The same, past any line that may be cut."""

    def copy(self, *, whole: bool) -> None:
        """Take a copy of it as it stands; not `whole` leaves its write-ahead log out."""

    def restore(self) -> None:
        """Put the copy in its place. Nobody has it open."""

    def open_to_all(self) -> None:
        """Let processes of other users work on it."""

    def close(self) -> None:
        """The round is over."""


class SqlitePlace:
    """A file, beside its log."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.path = folder / "ledger.db"
        self._copy = folder / "copy.db"
        shutil.copy(template, self.path)
        self.url = self.direct = f"sqlite:///{self.path}"

    def copy(self, *, whole: bool) -> None:
        """By SQLite's own backup, or the file alone as `cp` takes it."""
        if not whole:
            shutil.copy(self.path, self._copy)
            return
        with (
            contextlib.closing(sqlite3.connect(self.path)) as live,
            contextlib.closing(sqlite3.connect(self._copy)) as copy,
        ):
            live.backup(copy)

    def restore(self) -> None:
        """The copy alone: what lay beside the ledger is gone."""
        for part in self._parts()[1:]:
            part.unlink(missing_ok=True)
        shutil.copy(self._copy, self.path)
        self.open_to_all()

    def open_to_all(self) -> None:
        """By the files' modes."""
        for part in self._parts():
            with contextlib.suppress(FileNotFoundError):
                part.chmod(0o666)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Another program holds the file."""
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("PRAGMA busy_timeout = 10000")
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")

    def close(self) -> None:
        """The folder goes with the round."""

    def _parts(self) -> list[Path]:
        return [self.path, *(Path(f"{self.path}{end}") for end in ("-wal", "-shm"))]


class PostgresPlace:
    """A database of its own behind a line that can be cut."""

    def __init__(self, server: Postgres) -> None:
        self._server = server.uri
        self.direct = server.new_ledger()
        parsed = make_url(self.direct)
        self._name = parsed.database or ""
        self.line = CutLine(lambda: _connect_to(self.direct))
        near = parsed.set(host="127.0.0.1", port=self.line.port).difference_update_query(["host", "port"])
        self.url = near.render_as_string(hide_password=False)

    def copy(self, *, whole: bool) -> None:
        """A database like this one; its connections break for that."""
        with self._office() as office:
            office.execute(f"DROP DATABASE IF EXISTS {self._name}_copy")
            for _ in range(50):
                self._empty(office)
                with contextlib.suppress(psycopg.errors.ObjectInUse):
                    office.execute(f"CREATE DATABASE {self._name}_copy TEMPLATE {self._name}")
                    return
                time.sleep(0.05)

    def restore(self) -> None:
        """The copy takes the name."""
        with self._office() as office:
            office.execute(f"DROP DATABASE {self._name} WITH (FORCE)")
            office.execute(f"ALTER DATABASE {self._name}_copy RENAME TO {self._name}")

    def open_to_all(self) -> None:
        """It is."""

    def close(self) -> None:
        """Nothing of it stays."""
        self.line.close()
        with self._office() as office:
            for name in (self._name, f"{self._name}_copy"):
                office.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _office(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self._server, autocommit=True)

    def _empty(self, office: psycopg.Connection[tuple[object, ...]]) -> None:
        ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        office.execute(ending, (self._name,))


def _connect_to(url: str) -> socket.socket:
    parsed = psycopg.conninfo.conninfo_to_dict(url)
    host, port = str(parsed.get("host")), int(parsed.get("port") or 5432)
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    far = socket.socket(socket.AF_UNIX)
    far.connect(f"{host}/.s.PGSQL.{port}")
    return far


def make_template(folder: Path) -> Path:
    """An empty ledger, migrated once."""
    path = folder / "template.db"
    with open_ledger(f"sqlite:///{path}", keys=[KEY]):
        pass
    return path

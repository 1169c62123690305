"""A database that may not be written, or holds other tables of these names, is said with what to do."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from outreach.errors import LedgerError
from outreach.ledger.database.engine import Database
from outreach.ledger.opening import open_ledger
from tests.support.first_ledger import describe, make_first
from tests.support.ledgers import KEY
from tests.support.postgres import Postgres

postgres = pytest.mark.postgres
RIGHTS = r"its user owns its tables and may make more\."


def opened(url: str) -> None:
    with open_ledger(url, keys=[KEY]):
        pass


def advised(url: str, words: str) -> None:
    with pytest.raises(LedgerError, match=words):
        opened(url)


def first_ledger(url: str) -> str:
    with contextlib.closing(Database(url)) as database, database.write() as connection:
        make_first(connection)
    return url


def as_guest(server: Postgres, url: str, *, may: str = "SELECT") -> str:
    """The same database, for a user who owns nothing there."""
    guest = str(make_url(url).database) + "_guest"
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {guest} LOGIN")
        owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        owner.execute(f"GRANT {may} ON ALL TABLES IN SCHEMA public TO {guest}")
    return make_url(url).set(username=guest).render_as_string(hide_password=False)


def with_options(url: str, options: str) -> str:
    return make_url(url).update_query_dict({"options": options}).render_as_string(hide_password=False)


@postgres
def test_a_user_who_may_make_no_tables_is_told_of_the_right(server: Postgres) -> None:
    advised(as_guest(server, server.new_database()), RIGHTS)


@postgres
def test_a_user_who_does_not_own_an_older_ledger_is_told_so_and_it_stays_as_it_is(server: Postgres) -> None:
    url = first_ledger(server.new_database())
    with contextlib.closing(Database(url)) as database:
        before = describe(database)

    advised(as_guest(server, url, may="ALL"), RIGHTS)

    with contextlib.closing(Database(url)) as database:
        assert describe(database) == before


@postgres
@pytest.mark.parametrize("options", ["-cdefault_transaction_read_only=on", "-csearch_path=absent"])
def test_a_copy_for_reading_and_a_schema_that_is_not_there_are_told_apart_from_a_database_that_is_away(
    server: Postgres, options: str
) -> None:
    advised(with_options(server.new_database(), options), "See that it takes writes, its schema is there")


@postgres
def test_tables_of_another_program_with_a_ledgers_names_are_said_and_left_alone(server: Postgres) -> None:
    url = server.new_database()
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("CREATE TABLE contacts (id int)")

    advised(url, "database or schema of its own")

    with psycopg.connect(url) as other:
        found = other.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert found == [("contacts",)]


def test_so_they_are_in_a_file(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE contacts (id int)")

    advised(f"sqlite:///{tmp_path / 'other.db'}", "database or schema of its own")


@postgres
def test_a_row_that_the_database_quotes_gives_no_advice(server: Postgres) -> None:
    url = server.new_database()
    opened(url)
    write = "INSERT INTO facts (name, value) VALUES ('a full disk, locked', NULL)"

    refused = pytest.raises(LedgerError)
    with contextlib.closing(Database(url)) as database, refused as raised, database.write() as connection:
        connection.exec_driver_sql(write)

    assert "Free disk space" not in str(raised.value)


@postgres
def test_an_older_ledger_in_a_schema_of_its_own_is_brought_here_by_whoever_comes_first(
    server: Postgres,
) -> None:
    whole = server.new_database()
    with psycopg.connect(whole, autocommit=True) as owner:
        owner.execute("CREATE SCHEMA mine")
    url = with_options(whole, "-csearch_path=mine")
    script = (
        "import sys; from outreach.ledger.opening import open_ledger\n"
        "with open_ledger(sys.argv[1], keys=[sys.argv[2]]): pass"
    )
    command = [sys.executable, "-c", script, first_ledger(url), KEY]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]

    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 3

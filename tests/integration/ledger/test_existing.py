"""Who only reads makes nothing: no file, no folder, no table, no key, wherever the name leads."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from outreach.errors import UsageError, WrongLedger
from outreach.ledger.opening import open_ledger, opened_if_any
from tests.support.ledgers import KEY
from tests.support.postgres import Postgres


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "empty.db").touch()
    (tmp_path / "contacts.csv").write_text("external_contact_id,name,sms\n" * 100)
    (tmp_path / "folder").mkdir()
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE people (id)")
    other.close()
    return tmp_path


@pytest.mark.parametrize(
    "name", ["none.db", "no/such/folder/none.db", "empty.db", "contacts.csv", "folder", "contacts.csv/x.db"]
)
def test_what_is_no_ledger_is_refused_by_its_name_and_stays_as_it_was(folder: Path, name: str) -> None:
    before = tree(folder)

    with (
        pytest.raises(WrongLedger, match=name.rpartition("/")[2]) as raised,
        open_ledger(f"sqlite:///{folder / name}", existing=True),
    ):
        pass

    assert isinstance(raised.value, UsageError)
    assert raised.value.advice
    assert tree(folder) == before


def test_another_programs_database_gets_no_table_and_no_key(folder: Path) -> None:
    with pytest.raises(WrongLedger), open_ledger(f"sqlite:///{folder / 'other.db'}", existing=True):
        pass

    with sqlite3.connect(folder / "other.db") as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("people",)]
    other.close()
    assert not (folder / "other.db.key").exists()


def test_a_ledger_that_is_there_opens(folder: Path) -> None:
    url = f"sqlite:///{folder / 'ledger.db'}"
    with open_ledger(url):
        pass
    with open_ledger(url, existing=True) as ledger:
        assert ledger.db.is_sqlite


def test_a_database_without_a_ledger_is_refused_on_postgresql_too(server: Postgres) -> None:
    with (
        pytest.raises(WrongLedger, match="no ledger"),
        open_ledger(server.new_database(), keys=[KEY], existing=True),
    ):
        pass


def test_who_needs_none_gets_none_where_none_is_yet_and_is_told(server: Postgres, tmp_path: Path) -> None:
    for url in (server.new_database(), f"sqlite:///{tmp_path / 'none.db'}"):
        told: list[str] = []
        opening = open_ledger(url, keys=[KEY], existing=True)
        with opened_if_any(opening, told.append) as ledger:
            assert ledger is None
        assert "A run makes it" in told[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "word"), [("host", "nobody knows"), ("user", "user"), ("name", "does not exist")]
)
def test_a_database_that_is_named_wrongly_is_a_mistake_that_names_what_is_wrong(
    server: Postgres, wrong: str, word: str
) -> None:

    url = make_url(server.new_database())
    change: dict[str, dict[str, Any]] = {
        "host": {"host": "nosuch.invalid", "query": {}},
        "user": {"username": "nobody"},
        "name": {"database": "nosuch"},
    }
    text = url.set(**change[wrong]).render_as_string(hide_password=False)

    with pytest.raises(WrongLedger, match=word), open_ledger(text, keys=[KEY], existing=True):
        pass


def test_an_actor_of_any_length_is_kept_as_far_as_the_audit_can(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path / 'l.db'}", actor="x" * 900) as ledger:
        assert len(ledger.actor) == 200

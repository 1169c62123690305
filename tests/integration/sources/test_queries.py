"""A query on a database as a source: read in a stream, and nothing but read."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from outreach.errors import SourceError
from outreach.sources import Row, open_source


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "crm.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE people (id TEXT, full_name TEXT, mobile TEXT)")
        connection.executemany(
            "INSERT INTO people VALUES (?, ?, ?)",
            [
                ("EXT-1", "Anna 100%", "+15551234567"),
                ("EXT-2", "Carl", "0171"),
                ("EXT-3", None, "+15551234568"),
            ],
        )
    connection.close()
    return path


SELECT = "SELECT id AS external_contact_id, full_name AS name, mobile AS sms FROM people ORDER BY id"


def rows_of(reference: str) -> list[Row]:
    return list(open_source(reference).rows())


def codes(rows: list[Row]) -> list[str | None]:
    return [row.reject.code if row.reject else None for row in rows]


def test_a_query_is_a_source(database: Path) -> None:
    rows = rows_of(f"sqlite:///{database}#{SELECT}")

    assert codes(rows) == [None, "phone_without_country_code", "missing_name"]
    assert rows[0].contact
    assert rows[0].contact.name == "Anna 100%"
    assert [row.line for row in rows] == [1, 2, 3]


def test_a_query_may_hold_percent_signs_and_colons(database: Path) -> None:
    query = SELECT.replace("ORDER", "WHERE full_name LIKE '%100%' AND ':x' <> ';' ORDER")

    assert codes(rows_of(f"sqlite:///{database}#{query};")) == [None]


def test_a_query_without_rows_is_no_mistake(database: Path) -> None:
    assert rows_of(f"sqlite:///{database}#{SELECT.replace('ORDER', 'WHERE 0 ORDER')}") == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("DELETE FROM people", "must be one SELECT"),
        ("SELECT 1; DELETE FROM people", "must be one SELECT"),
        ("WITH gone AS (SELECT 1) DELETE FROM people", "failed"),
        ("SELECT id FROM people", "has no column external_contact_id"),
        ("SELECT absent FROM people", "no such column: absent"),
        ("", "has no query"),
    ],
)
def test_a_query_that_is_none_changes_nothing_and_says_so(database: Path, query: str, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        rows_of(f"sqlite:///{database}#{query}")

    assert len(rows_of(f"sqlite:///{database}#{SELECT}")) == 3


def test_a_missing_database_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="unable to open database file"):
        rows_of(f"sqlite:///{tmp_path}/none.db#SELECT 1")

    assert not (tmp_path / "none.db").exists()


def test_a_url_may_come_from_the_environment(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_URL", f"sqlite:///{database}")
    source = open_source("${CRM_URL}#" + SELECT)

    assert len(list(source.rows())) == 3
    assert str(database) not in source.label


def test_a_label_holds_no_credentials_and_no_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_PASSWORD", "p@ss/word#1")
    source = open_source("postgresql://reader:${CRM_PASSWORD}@localhost:1/crm#SELECT '+15551234567'")

    assert source.label == "postgresql://localhost:1/crm (query)"
    with pytest.raises(SourceError) as error:
        list(source.rows())
    assert "p@ss" not in str(error.value)

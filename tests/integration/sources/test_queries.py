"""A query on a database as a source: read in a stream, and nothing but read."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime, timezone
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.dialects import registry

from outreach.errors import SourceError
from outreach.sources import open_source
from outreach.sources.mappings import text_of
from tests.support.source_rows import codes, rows_of


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


def test_a_query_is_a_source(database: Path) -> None:
    rows = rows_of(f"sqlite:///{database}#{SELECT}")

    assert codes(rows) == [None, "phone_without_country_code", "missing_name"]
    assert rows[0].contact
    assert rows[0].contact.name == "Anna 100%"
    assert [row.line for row in rows] == [1, 2, 3]


def test_a_query_may_hold_percent_signs_and_colons(database: Path) -> None:
    query = SELECT.replace("ORDER", "WHERE full_name LIKE '%100%' AND ':x' <> ';' ORDER")

    assert codes(rows_of(f"sqlite:///{database}#{query};")) == [None]


@pytest.mark.parametrize(
    ("name", "select"),
    [("cast(x'4dfc6c6c6572' as text)", SELECT), ("'Müller'", SELECT.replace("full_name", "json(full_name)"))],
)
def test_a_cell_that_a_database_cannot_read_is_not_repeated(database: Path, name: str, select: str) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute(f"UPDATE people SET full_name = {name}")
    connection.close()

    with pytest.raises(SourceError) as error:
        rows_of(f"sqlite:///{database}#{select}")

    assert "ller" not in str(error.value)


@pytest.mark.filterwarnings("ignore:The default date converter")  # of Python 3.12; it is what raises
def test_what_a_driver_raises_of_its_own_is_one_clear_sentence(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE days (day DATE)")
        connection.execute("INSERT INTO days VALUES ('Müller')")
    connection.close()

    with pytest.raises(SourceError, match=r"failed \(ValueError\). Try it by hand"):
        rows_of(
            f"sqlite:///file:{database}?uri=true&mode=ro&detect_types=1"
            "#SELECT day AS name, 1 AS id, 1 AS sms FROM days"
        )


def test_the_name_that_a_database_does_not_know_is_said(database: Path) -> None:
    with pytest.raises(SourceError, match="no such column: mobil"):
        rows_of(f"sqlite:///{database}#SELECT mobil AS sms FROM people")


def test_a_query_without_rows_is_no_mistake(database: Path) -> None:
    assert rows_of(f"sqlite:///{database}#{SELECT.replace('ORDER', 'WHERE 0 ORDER')}") == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("DELETE FROM people", "must be one SELECT"),
        ("SELECT 1; DELETE FROM people", "must be one SELECT"),
        ("WITH gone AS (SELECT 1) DELETE FROM people", "failed"),
        ("SELECT id FROM people", "has no column name"),
        ("SELECT absent FROM people", "no such column: absent"),
        ("", "has no query"),
    ],
)
def test_a_query_that_is_none_changes_nothing_and_says_so(database: Path, query: str, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        rows_of(f"sqlite:///{database}#{query}")

    assert len(rows_of(f"sqlite:///{database}#{SELECT}")) == 3


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_a_missing_database_is_said_to_be_missing_and_not_created(tmp_path: Path, dialect: str) -> None:
    with pytest.raises(SourceError, match=r"does not exist\. Check the path"):
        rows_of(f"{dialect}:///{tmp_path}/none.db#SELECT 1")

    assert list(tmp_path.iterdir()) == []


def test_a_missing_database_of_a_uri_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="unable to open database file"):
        rows_of(f"sqlite:///file:{tmp_path}/none.db?uri=true#SELECT 1")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    [row] = rows_of(f"{url}#SELECT 'C-1' as external_contact_id, 'N' as name, 'a@example.com' as email")
    assert row.external_contact_id == "C-1"
    assert not list(tmp_path.iterdir())


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


@pytest.mark.parametrize(
    ("url", "package"),
    [
        ("mysql://localhost/crm", "mysqlclient"),
        ("mssql://localhost/crm", "pyodbc"),
        ("oracle://localhost/crm", "oracledb"),
        ("snowflake://account/crm", "snowflake-sqlalchemy"),
        ("bigquery://project", "sqlalchemy-bigquery"),
        ("trino://localhost/crm", "trino"),
        ("unheard://localhost/crm", "the SQLAlchemy dialect unheard"),
    ],
)
def test_a_database_whose_package_is_missing_names_it(url: str, package: str) -> None:
    with pytest.raises(SourceError, match=f"driver that is missing.*{package}"):
        rows_of(f"{url}#SELECT 1")


def test_every_dialect_that_is_installed_is_a_database(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = EntryPoint(
        "crmdb", "sqlalchemy.dialects.sqlite.pysqlite:SQLiteDialect_pysqlite", "sqlalchemy.dialects"
    )
    monkeypatch.setattr("outreach.sources.reference.entry_points", lambda group: [entry])
    registry.register("crmdb", "sqlalchemy.dialects.sqlite.pysqlite", "SQLiteDialect_pysqlite")

    assert codes(rows_of(f"crmdb:///{database}#{SELECT}"))[0] is None
    with pytest.raises(SourceError, match="has no query"):
        rows_of(f"crmdb:///{database}")


def test_a_file_in_wal_mode_is_read_where_nobody_may_write(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    monkeypatch.setattr("outreach.sources.query.os.access", lambda *_: False)

    assert len(rows_of(f"sqlite:///{database}#{SELECT}")) == 3
    assert not database.with_name("crm.db-shm").exists()

    database.with_name("crm.db-wal").write_bytes(b"rows that wait")
    with pytest.raises(SourceError, match=r"WAL mode.*-wal file"):
        rows_of(f"sqlite:///{database}#{SELECT}")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (Decimal("491715550101.00"), "491715550101"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1.50"), "1.50"),
        (Decimal("NaN"), ""),
        (UUID("12345678-1234-5678-1234-567812345678"), "12345678-1234-5678-1234-567812345678"),
        (datetime(2026, 11, 28, 12, tzinfo=timezone.utc), "2026-11-28T12:00:00+00:00"),
        (date(2026, 11, 28), "2026-11-28"),
        (None, ""),
        (2134.0, "2134"),
        (2.0**53, "#DIGITS LOST!"),
        (2**70, str(2**70)),
        (["a", {"b": Decimal("2.0")}, None], '["a",{"b":"2"},null]'),
    ],
)
def test_a_value_of_a_database_is_the_cell_that_a_file_would_hold(value: object, cell: str) -> None:
    assert text_of(value) == cell

"""Many rows by one statement: they land exactly as SQLAlchemy would have written them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from sqlalchemy import bindparam, insert, or_, select, update

from outreach.campaign.run import Run
from outreach.ledger.database.bulk_write import inserting_new, write_rows
from outreach.ledger.database.schema import metadata, suppressions

AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=timezone.utc)
INSERT = insert(suppressions)
ROWS = [{"address_key": f"k{n}", "source": "crm", "reason": f'100% "no" {n}', "at": AT} for n in range(3)]


def test_a_row_comes_back_as_it_was_given(run: Run) -> None:
    with run.ledger.db.write() as connection:
        write_rows(connection, INSERT, ROWS)

    with run.ledger.db.read() as connection:
        found = connection.execute(select(suppressions).order_by("address_key")).mappings().all()
    assert [dict(row) for row in found] == ROWS


def test_an_update_keeps_the_values_that_are_its_own(run: Run) -> None:
    c = suppressions.c
    statement = update(suppressions).where(c.address_key == bindparam("_id"), or_(c.source == "crm"))
    statement = statement.values(reason=bindparam("why"), source="person")
    with run.ledger.db.write() as connection:
        write_rows(connection, INSERT, ROWS)
        write_rows(connection, statement, [{"_id": "k1", "why": "a"}, {"_id": "k2", "why": "b"}])
        write_rows(connection, statement, [{"_id": "k1", "why": "not again"}])

    with run.ledger.db.read() as connection:
        found = {
            row.address_key: (row.source, row.reason) for row in connection.execute(select(suppressions))
        }
    assert found == {"k0": ("crm", '100% "no" 0'), "k1": ("person", "a"), "k2": ("person", "b")}


@pytest.mark.parametrize("count", [1, 3, 4, 21, 85, 256, 341])
def test_each_of_many_rows_is_written_once_with_its_own_values(run: Run, count: int) -> None:
    rows = [{**ROWS[0], "address_key": f"k{n}", "reason": str(n)} for n in range(count)]
    c = suppressions.c
    statement = update(suppressions).where(c.address_key == bindparam("_id"))
    statement = statement.values(reason=c.reason + bindparam("more"), source="person")
    with run.ledger.db.write() as connection:
        assert write_rows(connection, INSERT, rows) == count
        changes = [{"_id": f"k{n}", "more": f"/{n}"} for n in range(1, count)]
        assert write_rows(connection, statement, changes) == count - 1

    with run.ledger.db.read() as connection:
        found = {
            row.address_key: (row.source, row.reason) for row in connection.execute(select(suppressions))
        }
    changed = {f"k{n}": ("person", f"{n}/{n}") for n in range(1, count)}
    assert found == {"k0": ("crm", "0"), **changed}


def test_nothing_is_written_for_no_rows(run: Run) -> None:
    with run.ledger.db.write() as connection:
        assert write_rows(connection, INSERT, []) == 0

    with run.ledger.db.read() as connection:
        assert connection.execute(select(suppressions)).first() is None


def test_rows_that_stand_already_are_not_counted(run: Run) -> None:
    with run.ledger.db.write() as connection:
        assert write_rows(connection, INSERT, ROWS[:1]) == 1
        new = inserting_new(suppressions, connection.dialect.name)
        assert write_rows(connection, new, ROWS) == 2
        assert write_rows(connection, new, ROWS) == 0


def test_no_column_has_a_default_that_only_sqlalchemy_would_fill_in() -> None:
    assert not [
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if column.default is not None or column.onupdate is not None
    ]

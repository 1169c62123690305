"""How many connections to SQLite's file are kept, and who writes by which."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

import pytest
from sqlalchemy import QueuePool, insert, select

from outreach.errors import LedgerError
from outreach.ledger.database.schema import facts, loads
from outreach.ledger.facts import recall, remember
from outreach.ledger.ledger import Ledger
from tests.support.ledgers import new_ledger

AT_ONCE = 12


def test_after_many_looked_at_once_only_a_few_connections_are_kept(tmp_path: Path) -> None:
    all_look = threading.Barrier(AT_ONCE)

    def look(ledger: Ledger) -> None:
        with ledger.db.read():
            all_look.wait()

    with new_ledger(tmp_path) as ledger:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(look, [ledger] * AT_ONCE))

        kept = ledger.db.engine.pool
        assert isinstance(kept, QueuePool)
        assert kept.checkedin() == 4


def test_whoever_writes_has_the_same_connection(tmp_path: Path) -> None:
    def write(ledger: Ledger) -> int:
        with ledger.db.write() as connection:
            return id(connection.connection.driver_connection)

    with new_ledger(tmp_path) as ledger, ThreadPoolExecutor(AT_ONCE) as pool:
        own = write(ledger)
        with ledger.db.read() as reading:  # takes whatever connection a writer gave back
            assert id(reading.connection.driver_connection) != own
            assert set(pool.map(write, [ledger] * AT_ONCE)) == {own}


@pytest.mark.parametrize("lasting", [True, False])
def test_a_ledger_closes_when_what_is_being_written_is_written(tmp_path: Path, *, lasting: bool) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def write(ledger: Ledger) -> None:
        with ledger.db.write(lasting=lasting) as connection:
            connection.execute(ledger.db.insert(facts).values(name="said", value="in time"))
            begun.set()
            may_end.wait(10)

    with new_ledger(tmp_path) as ledger, ThreadPoolExecutor(2) as pool:
        writing = pool.submit(write, ledger)
        assert begun.wait(10)
        closing = pool.submit(ledger.db.close)
        time.sleep(0.1)  # by then it would have closed
        assert not closing.done()
        may_end.set()
        writing.result(10)
        closing.result(10)

        assert recall(ledger, "said") == "in time"


def test_after_a_commit_that_failed_the_next_write_begins_anew(tmp_path: Path) -> None:
    orphan = insert(loads).values(campaign_id=7, source="a list", started_at=datetime.now(timezone.utc))
    with new_ledger(tmp_path) as ledger:
        refused = pytest.raises(LedgerError)
        with refused, ledger.db.write() as connection:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")  # so that SQLite refuses the commit
            connection.execute(orphan)

        remember(ledger, "said", "afterwards")

        assert recall(ledger, "said") == "afterwards"
        assert ledger.db.rows(select(loads.c.id)) == []


def test_a_writer_that_was_let_go_is_replaced_when_somebody_writes_again(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        with ledger.db.write() as connection:
            before = connection.connection.driver_connection

        ledger.db.shrink()

        with ledger.db.write() as connection:
            assert connection.connection.driver_connection is not before
        remember(ledger, "said", "afterwards")
        assert recall(ledger, "said") == "afterwards"

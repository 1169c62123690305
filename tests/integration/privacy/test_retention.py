"""Retention: by age, counted first, and never at the price of contacting somebody twice."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from outreach.campaign.loading import load_source
from outreach.errors import Ambiguous, SettingsError
from outreach.ledger.audit.verification import verify
from outreach.ledger.database.schema import contacts
from outreach.ledger.privacy.retention import Purged, purge
from outreach.ledger.proof import prove
from outreach.privacy.erasure import written_files
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from tests.support.clocks import SetClock
from tests.support.ledgers import NOON, advance, load, new_ledger, new_run, people, row_of, states
from tests.support.organisations import Organisation

DAY = 86_400.0
BAD: dict[str, object] = {"external_contact_id": "-!", "name": "Rowland", "email": "rowland@example.org"}


def test_what_is_old_is_counted_then_forgotten_and_what_is_new_stays(tmp_path: Path) -> None:
    clock, settings = (
        SetClock(NOON),
        CampaignSettings(message="Hello", hours_bind=(), output=str(tmp_path / "out")),
    )
    with new_ledger(tmp_path, clock=clock) as ledger, new_run(ledger, Organisation(), settings) as run:
        load_source(run, open_source([*people(5), BAD]), run.rejects_file)
        advance(run)
        clock.advance(100 * DAY)
        load(run, people(3, first=6))
        advance(run)
        age = (NOON - timedelta(days=1)).timestamp()
        os.utime(run.rejects_file, (age, age))

        counted = purge(ledger, 90, written_files(ledger))
        assert counted == Purged(5, 1, 1, 0, dry_run=True)
        assert row_of(ledger, "C-1").payload is not None

        done = purge(ledger, 90, written_files(ledger), dry_run=False)
        assert done == Purged(5, 1, 1, 0, dry_run=False)
        assert purge(ledger, 90) == Purged(0, 0, 0, 0, dry_run=True)
        assert not run.rejects_file.exists()
        assert row_of(ledger, "C-1").payload is None
        assert row_of(ledger, "C-6").payload is not None
        assert prove(ledger, run.campaign).balanced
        assert verify(ledger, run.campaign).intact
        content = b"".join(file.read_bytes() for file in tmp_path.glob("ledger.db*"))
        assert [trace for trace in (b"Person 2", b"3175550002", b"Rowland") if trace in content] == []


def test_nobody_is_contacted_again_because_they_were_forgotten(tmp_path: Path) -> None:
    clock, org = SetClock(NOON), Organisation()
    with new_ledger(tmp_path, clock=clock) as ledger, new_run(ledger, org) as run:
        load(run, people(4))
        advance(run)
        clock.advance(400 * DAY)
        purge(ledger, 365, dry_run=False)
        load(run, people(4))
        load(run, people(4, first=11, sms="+13175550001", email=None))
        proof = advance(run)

    assert len(org.contacted) == 4
    assert proof.contacted_twice == 0


def test_whoever_was_not_contacted_and_was_forgotten_goes_by_what_the_next_list_says(tmp_path: Path) -> None:
    clock, org = SetClock(NOON), Organisation()
    with new_ledger(tmp_path, clock=clock) as ledger, new_run(ledger, org) as run:
        load(run, people(2, opt_out="yes"))
        advance(run)
        clock.advance(400 * DAY)
        purge(ledger, 365, dry_run=False)
        load(run, [*people(1, opt_out="yes"), *people(1, first=2)])
        assert advance(run).balanced

        assert states(ledger) == {"C-1": "blocked:consent_refused", "C-2": "started"}


def test_what_waits_for_a_person_is_left_alone_and_counted(tmp_path: Path) -> None:
    clock, org = SetClock(NOON), Organisation()
    org.will(Ambiguous("start sms", 0, "read_timeout"))
    with new_ledger(tmp_path, clock=clock) as ledger, new_run(ledger, org) as run:
        load(run, people(2))
        advance(run)
        with ledger.db.write() as connection:
            connection.execute(update(contacts).values(lease_owner=None))
        clock.advance(400 * DAY)

        done = purge(ledger, 365, dry_run=False)

    assert (done.contacts, done.waiting) == (1, 1)
    assert sorted(states_of(tmp_path)) == ["started", "unknown"]


def states_of(folder: Path) -> list[str]:
    with new_ledger(folder) as ledger:
        return [state.partition(":")[0] for state in states(ledger).values()]


@pytest.mark.parametrize("days", [0, -1])
def test_nothing_can_be_kept_for_no_time(tmp_path: Path, days: int) -> None:
    with new_ledger(tmp_path) as ledger, pytest.raises(SettingsError, match="at least 1 day"):
        purge(ledger, days)

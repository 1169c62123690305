"""From SQLite to PostgreSQL: every row, the same proof, and the next row's number after the last one's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.campaign.opening import open_run
from outreach.errors import LedgerOutdated, UsageError
from outreach.ledger.backup import back_up
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.ledger import Ledger
from outreach.ledger.move import carry_key, move
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import Proof, prove
from tests.support.clocks import SetClock
from tests.support.ledgers import CALM, KEY, NOON, advance, load, new_run, people
from tests.support.organisations import Organisation
from tests.support.postgres import Postgres


@pytest.fixture
def organisation() -> Organisation:
    return Organisation()


@pytest.fixture
def old(tmp_path: Path, organisation: Organisation) -> Iterator[Ledger]:
    url, clock = f"sqlite:///{tmp_path / 'ledger.db'}", SetClock(NOON)
    with open_ledger(url, keys=[KEY], clock=clock) as ledger, new_run(ledger, organisation) as run:
        load(run, [*people(30), {"external_contact_id": "bad"}])
        advance(run)
    with open_ledger(url, keys=[KEY], clock=clock) as ledger:
        yield ledger


def proof_of(ledger: Ledger) -> Proof:
    return prove(ledger, find_campaign(ledger, "spring"))


def test_the_proof_is_the_same_and_the_campaign_goes_on(
    old: Ledger, server: Postgres, organisation: Organisation
) -> None:
    url, before = server.new_database(), proof_of(old)

    moved = move(old, url)

    with open_ledger(url, keys=[KEY], clock=SetClock(NOON)) as new:
        assert proof_of(new) == before
        with new_run(new, organisation) as run:
            load(run, people(40))
            after = advance(run)
    assert moved["contacts"] == 30
    assert after.balanced
    assert (after.contacted, len(organisation.contacted)) == (40, 40)


def test_the_old_file_contacts_nobody_once_the_new_ledger_did(
    old: Ledger, server: Postgres, organisation: Organisation
) -> None:
    url = server.new_database()
    move(old, url)
    with open_ledger(url, keys=[KEY], clock=SetClock(NOON)) as new, new_run(new, organisation) as run:
        load(run, people(40))
        advance(run)

    with open_run(old, organisation, "spring", CALM) as run:
        load(run, people(40))
        with pytest.raises(LedgerOutdated):
            advance(run)


def test_a_database_that_holds_a_ledger_is_not_touched(old: Ledger, server: Postgres) -> None:
    url = server.new_database()
    move(old, url)

    with pytest.raises(UsageError, match="empty database"):
        move(old, url)


def test_nothing_is_moved_while_a_run_goes_on(old: Ledger, server: Postgres) -> None:
    old.executor.enter()

    with pytest.raises(UsageError, match="going on"):
        move(old, server.new_database())


def test_postgresql_is_not_copied_to_a_file(server: Postgres, tmp_path: Path) -> None:
    with open_ledger(server.new_database(), keys=[KEY]) as ledger, pytest.raises(UsageError, match="pg_dump"):
        back_up(ledger, tmp_path / "copy.db")


def test_the_key_file_goes_to_where_the_new_ledger_looks_for_it(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    source, target = f"sqlite:///{tmp_path / 'keyed.db'}", server.new_database()
    with open_ledger(source) as ledger:
        move(ledger, target)

    assert carry_key(source, target)
    with open_ledger(target):
        pass

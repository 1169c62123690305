"""A clock that was ahead for one run and is right again stops nothing for longer than its ordinary delay."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, update

from outreach.campaign.preparation import mirror_do_not_contact
from outreach.campaign.reconciliation import recover
from outreach.campaign.validation import validate_batch
from outreach.clock import SystemClock
from outreach.errors import Ambiguous, Conflict
from outreach.genesys.interface import DoNotContactList
from outreach.ledger import wrong_clocks
from outreach.ledger.database.schema import audit, contacts, executors, intents, outbox
from outreach.ledger.facts import recall, remember
from outreach.ledger.ledger import Ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.ledger.rate_slots import LedgerSlotAllocator
from outreach.ledger.release import release_dead_executors
from outreach.ledger.wrong_clocks import RIGHT_UNTIL, take_back_instants
from outreach.settings import CampaignSettings, WhenNotFound
from outreach.webhook.outbox import Settlement
from tests.support.clocks import SetClock
from tests.support.ledgers import (
    CALM,
    NOON,
    advance,
    batch,
    load,
    new_ledger,
    new_run,
    people,
    row_of,
    states,
)
from tests.support.organisations import Organisation
from tests.support.timetables import close, refuse, take

AHEAD = pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(days=1)], ids=["minutes", "a day"])


@pytest.fixture
def right(tmp_path: Path) -> Iterator[Ledger]:
    """The ledger by a clock that is right."""
    with new_ledger(tmp_path, SetClock(NOON)) as opened:
        yield opened


def run_ahead(
    folder: Path, ahead: timedelta, organisation: Organisation, settings: CampaignSettings = CALM
) -> None:
    """One run by a clock that is ahead."""
    with (
        new_ledger(folder, SetClock(NOON + ahead)) as ledger,
        new_run(ledger, organisation, settings) as run,
    ):
        load(run, people(3))
        advance(run)


@AHEAD
def test_slots_that_a_wrong_clock_took_are_taken_back(
    right: Ledger, tmp_path: Path, ahead: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    with new_ledger(tmp_path, SetClock(NOON + ahead)) as wrong:
        take(LedgerSlotAllocator(wrong), "token", 0.2, 5)

    assert take(LedgerSlotAllocator(right), "token", 0.2, 5)[0] == 0.0
    assert take(LedgerSlotAllocator(right), "token", 0.2, 5)[0] == pytest.approx(1.0)


@AHEAD
def test_a_hold_of_a_wrong_clock_lasts_no_longer_than_it_was_meant_to_and_is_said(
    right: Ledger, tmp_path: Path, ahead: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    with new_ledger(tmp_path, SetClock(NOON + ahead)) as wrong:
        close(LedgerSlotAllocator(wrong), "token", 7200.0)

    assert take(LedgerSlotAllocator(right), "token", 1.0, 1)[0] == pytest.approx(7200.0)
    assert "clock that was ahead" in caplog.text


@AHEAD
def test_a_429_that_a_wrong_clock_wrote_down_rests_as_long_as_it_said(
    right: Ledger, tmp_path: Path, ahead: timedelta
) -> None:
    with new_ledger(tmp_path, SetClock(NOON + ahead)) as wrong:
        refuse(LedgerSlotAllocator(wrong), "token", 7200.0)

    assert take(LedgerSlotAllocator(right), "token", 1.0, 1)[0] == pytest.approx(7200.0)


@AHEAD
def test_interactions_and_doubts_are_looked_at_when_they_ordinarily_would(
    right: Ledger, tmp_path: Path, ahead: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    organisation = Organisation()
    organisation.will(Ambiguous("start sms", 500))
    run_ahead(tmp_path, ahead, organisation)

    with caplog.at_level(logging.WARNING):
        assert take_back_instants(right) >= 3

    assert "written by a clock that was ahead" in caplog.text
    assert all(row_of(right, f"C-{n}").look_at <= NOON + timedelta(seconds=60) for n in (1, 2, 3))
    assert take_back_instants(right) == 0


def test_a_doubt_of_a_wrong_clock_is_never_released_by_itself(right: Ledger, tmp_path: Path) -> None:
    """Its conversation would be looked for a day late."""
    organisation = Organisation()
    organisation.visible = False
    organisation.will(Ambiguous("start sms", 500), after_effect=True)
    releasing = CALM.model_copy(update={"when_not_found": WhenNotFound.RELEASE})
    run_ahead(tmp_path, timedelta(days=1), organisation, releasing)

    with new_run(right, organisation, releasing) as run:
        for _ in range(4):
            recover(run)
            run.ledger.clock.sleep(120)

    assert "held:outcome_unknown" in states(right).values()
    assert "cleared" not in states(right).values()


@AHEAD
def test_who_was_deferred_by_a_wrong_clock_is_decided_on_again(
    right: Ledger, tmp_path: Path, ahead: timedelta
) -> None:
    organisation = Organisation()
    organisation.will(Conflict("start sms", 409), times=3)
    run_ahead(tmp_path, ahead, organisation)
    assert {state.split(":")[0] for state in states(right).values()} == {"deferred"}

    with new_run(right, organisation) as run:
        recover(run)
        assert validate_batch(run, batch(run)) == {"cleared": 3}


@AHEAD
def test_caps_count_from_now_and_no_longer(right: Ledger, tmp_path: Path, ahead: timedelta) -> None:
    run_ahead(tmp_path, ahead, Organisation())

    take_back_instants(right)

    assert set(right.db.values(select(intents.c.at))) == {NOON}


@AHEAD
def test_events_are_told_when_they_ordinarily_would_be(
    right: Ledger, tmp_path: Path, ahead: timedelta
) -> None:
    run_ahead(tmp_path, ahead, Organisation())

    take_back_instants(right)

    taken = LedgerOutbox(right, "default").take(10, NOON, 60)
    assert len(taken) == 3
    later = NOON + timedelta(hours=10)  # the schedule's own, after five attempts
    LedgerOutbox(right, "default").settle([Settlement(taken[0].id, "retry", later, 500, "E_HTTP", "")], NOON)
    with right.db.write() as connection:
        connection.execute(update(outbox).where(outbox.c.attempts == 1).values(attempts=6))
    assert take_back_instants(right) == 0


@AHEAD
def test_an_event_in_the_hands_of_a_wrong_clock_comes_free(
    right: Ledger, tmp_path: Path, ahead: timedelta
) -> None:
    run_ahead(tmp_path, ahead, Organisation())
    LedgerOutbox(right, "default").take(10, NOON + ahead, 60)

    take_back_instants(right)

    assert len(LedgerOutbox(right, "default").take(10, NOON, 60)) == 3


@AHEAD
def test_who_died_with_a_clock_that_was_ahead_is_buried_a_minute_later(
    right: Ledger, tmp_path: Path, ahead: timedelta
) -> None:
    with new_run(right, Organisation()) as run:
        load(run, people(1))
    dead = {"id": "dead", "host": "elsewhere", "pid": 1, "born": "", "seen_at": NOON + ahead}
    with right.db.write() as connection:
        connection.execute(insert(executors), [dead])
        connection.execute(update(contacts).values(lease_owner="dead"))

    assert release_dead_executors(right) == []
    right.clock.sleep(61)
    assert len(release_dead_executors(right)) == 1


@AHEAD
def test_a_mirror_of_the_future_is_not_fresh(right: Ledger, tmp_path: Path, ahead: timedelta) -> None:
    class Listing(Organisation):
        asked = 0

        def list_do_not_contact(self) -> list[DoNotContactList]:
            self.asked += 1
            return super().list_do_not_contact()

    organisation = Listing()
    fresh = timedelta(minutes=15)
    with (
        new_ledger(tmp_path, SetClock(NOON + ahead)) as wrong,
        new_run(wrong, organisation) as run,
    ):
        mirror_do_not_contact(run, not_older_than=fresh)
    with new_run(right, organisation) as run:
        mirror_do_not_contact(run, not_older_than=fresh)
        mirror_do_not_contact(run, not_older_than=fresh)

    assert organisation.asked == 2


def mark(ledger: Ledger) -> None:
    """Have the ledger's clock say that nothing was ahead so far, as after many records."""
    last = ledger.db.value(select(func.max(audit.c.id)))
    remember(ledger, RIGHT_UNTIL, f"{last} {ledger.clock.now().isoformat()}")


def tables_read(ledger: Ledger) -> set[str]:
    """The tables, of contacts and intents, that taking instants back looks into."""
    read: set[str] = set()

    def write(_c: Any, _cursor: Any, text: str, *_: Any) -> None:
        read.update(name for name in ("contacts", "intents") if f"FROM {name}" in text)

    event.listen(ledger.db.engine, "before_cursor_execute", write)
    assert take_back_instants(ledger) == 0
    event.remove(ledger.db.engine, "before_cursor_execute", write)
    return read


def test_whatever_changes_a_contact_or_an_intent_writes_a_record_of_the_same_instant(tmp_path: Path) -> None:
    """On a clock that goes on: two looks at it are two instants."""
    organisation = Organisation()
    organisation.will(Ambiguous("start sms", 500))
    with new_ledger(tmp_path, SystemClock()) as ledger, new_run(ledger, organisation) as run:
        load(run, people(50))
        advance(run)
        told = set(map(tuple, ledger.db.rows(select(audit.c.contact_id, audit.c.at))))
        made = set(map(tuple, ledger.db.rows(select(intents.c.contact_id, intents.c.at))))
        moved = set(map(tuple, ledger.db.rows(select(contacts.c.id, contacts.c.updated_at))))

    assert len(made) == len(moved) == 50
    assert made | moved <= told


def test_where_nothing_is_ahead_no_contact_and_no_intent_is_looked_at(right: Ledger, tmp_path: Path) -> None:
    run_ahead(tmp_path, timedelta(), Organisation())

    assert tables_read(right) == set()


@AHEAD
def test_what_a_wrong_clock_writes_behind_the_mark_is_taken_back(
    right: Ledger, tmp_path: Path, ahead: timedelta
) -> None:
    run_ahead(tmp_path, timedelta(), Organisation())
    mark(right)
    with new_ledger(tmp_path, SetClock(NOON + ahead)) as ledger, new_run(ledger, Organisation()) as run:
        load(run, people(2, first=11))
        advance(run)

    assert take_back_instants(right) >= 4
    assert set(right.db.values(select(intents.c.at))) == {NOON}
    assert all(row_of(right, f"C-{n}").look_at <= NOON + timedelta(seconds=60) for n in (11, 12))


@AHEAD
def test_a_mark_that_a_wrong_clock_set_is_not_believed(
    right: Ledger, tmp_path: Path, ahead: timedelta
) -> None:
    run_ahead(tmp_path, ahead, Organisation())
    with new_ledger(tmp_path, SetClock(NOON + ahead)) as wrong:
        mark(wrong)

    assert take_back_instants(right) >= 3
    assert set(right.db.values(select(intents.c.at))) == {NOON}


@AHEAD
def test_what_was_taken_back_once_is_not_looked_at_again(
    right: Ledger, tmp_path: Path, ahead: timedelta
) -> None:
    run_ahead(tmp_path, ahead, Organisation())
    take_back_instants(right)

    assert tables_read(right) == set()


def test_a_mark_of_long_ago_is_moved_over_everybody(
    right: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ahead(tmp_path, timedelta(), Organisation())
    monkeypatch.setattr(wrong_clocks, "FEW", 3)

    assert tables_read(right) == {"contacts", "intents"}
    assert tables_read(right) == set()


def test_a_mark_near_the_end_is_moved_over_what_is_right_and_nobody_is_looked_at(
    right: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wrong_clocks, "FEW", 3)
    with new_run(right, Organisation()) as run:
        load(run, people(40))
        advance(run)
    mark(right)
    with new_run(right, Organisation()) as run:
        load(run, people(1, first=90))
        advance(run)
    assert tables_read(right) == set()

    moved = right.db.value(select(func.max(audit.c.id)))
    assert str(recall(right, RIGHT_UNTIL)).startswith(f"{moved} ")


def test_a_mark_is_moved_over_nothing_that_is_ahead(
    right: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wrong_clocks, "FEW", 3)
    with new_run(right, Organisation()) as run:
        load(run, people(40))
        advance(run)
    mark(right)
    with (
        new_ledger(tmp_path, SetClock(NOON + timedelta(days=1))) as wrong,
        new_run(wrong, Organisation()) as run,
    ):
        load(run, people(1, first=90))
        advance(run)

    assert take_back_instants(right) >= 2
    assert right.db.value(select(func.max(intents.c.at))) == NOON

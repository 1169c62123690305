from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from outreach.campaign.run import Run
from outreach.ledger.claims import _cuts, claim, plan, release
from outreach.ledger.database.schema import contacts
from outreach.ledger.states import State
from tests.support.clocks import SetClock
from tests.support.ledgers import batch, load, new_ledger, people, put


def take(run: Run, limit: int, *wanted: State) -> list[int]:
    return [r.id for r in claim(run.ledger, run.campaign.id, batch(run), wanted, limit=limit)]


def test_nobody_is_claimed_twice(run: Run, tmp_path: Path, clock: SetClock) -> None:
    load(run, people(3))
    with new_ledger(tmp_path, clock) as other:
        first = take(run, 2, State.ACCEPTED)
        second = [r.id for r in claim(other, run.campaign.id, batch(run), (State.ACCEPTED,), limit=5)]

    assert (len(first), len(second)) == (2, 1)
    assert not set(first) & set(second)


def test_a_released_contact_can_be_claimed_again_but_an_intent_stays_leased(run: Run) -> None:
    load(run, people(2))
    group = claim(run.ledger, run.campaign.id, batch(run), (State.ACCEPTED,), limit=2)
    with run.ledger.db.write() as connection:
        connection.execute(update(contacts).where(contacts.c.id == group[0].id).values(state="intent"))

    release(run.ledger, group)

    assert take(run, 5, State.ACCEPTED, State.INTENT) == [group[1].id]


@pytest.mark.parametrize(
    ("state", "column"),
    [(State.DEFERRED, "until"), (State.UNKNOWN, "look_at"), (State.STARTED, "look_at")],
)
def test_what_waits_is_claimed_when_its_time_has_come(
    run: Run, clock: SetClock, state: State, column: str
) -> None:
    load(run, people(1))
    put(run, state=state.value, **{column: clock.now()})

    clock.advance(-1)
    assert take(run, 1, state) == []
    clock.advance(1)
    assert len(take(run, 1, state)) == 1


def test_a_row_that_saw_a_death_is_claimed_alone_after_all_others(run: Run) -> None:
    load(run, people(3))
    put(run, state="cleared")
    with run.ledger.db.write() as connection:
        connection.execute(update(contacts).where(contacts.c.external_contact_id == "C-1").values(deaths=1))

    assert [len(take(run, 5, State.CLEARED)) for _ in range(3)] == [2, 1, 0]


def test_batches_cover_everything_that_is_due_once(run: Run) -> None:
    load(run, people(130))
    with run.ledger.db.write() as connection:
        connection.execute(update(contacts).where(contacts.c.id % 3 == 0).values(state="ended"))

    batches = plan(run.ledger, run.campaign, size=40)

    assert sum(b.size for b in batches) == 130 - 43
    assert all(batches[n].last < batches[n + 1].first for n in range(len(batches) - 1))
    assert [b.size for b in batches[:2]] == [20, 40]


@settings(max_examples=40)
@given(st.integers(0, 200_000), st.integers(1, 2000))
def test_a_run_has_about_a_hundred_batches_and_no_empty_one(total: int, size: int) -> None:
    cuts = _cuts(total, size, 100)

    assert len(cuts) <= 101
    assert cuts == sorted(set(cuts))
    assert (cuts[-1] if cuts else 0) == total

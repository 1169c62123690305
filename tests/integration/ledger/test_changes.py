from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.campaign.outcomes import NotAttempted, change_after
from outreach.campaign.run import Run
from outreach.errors import Ambiguous, GenesysError, Invalid, LedgerError, NotSent
from outreach.genesys.interface import Started
from outreach.ledger.changes import Change, apply, apply_outcomes
from outreach.ledger.database.schema import intents, outbox
from outreach.ledger.intents import Intent
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import prove
from outreach.ledger.states import NEXT, State, may_follow
from tests.support.clocks import SetClock
from tests.support.ledgers import NOON, attempt, clear, intend, load, people, states

STARTED = Started("c-late", 1.0)


@pytest.fixture
def opened(run: Run) -> Intent:
    load(run, people(1))
    clear(run)
    return intend(run)[0]


def give_up(ledger: Ledger, opened: Intent, *steps: State) -> None:
    """Walk the contact on, as burials, looks and people do."""
    for state in steps:
        intent = {State.UNKNOWN: "unknown", State.CLEARED: "release"}.get(state, "keep")
        step = Change(contact_id=opened.claimed.id, after=state, action="given_up", intent=intent)  # type: ignore[arg-type]  # one of the four
        assert apply(ledger, [step], only_own=False)


def test_every_state_is_in_the_picture() -> None:
    assert set(NEXT) == set(State)


def test_the_documentation_draws_every_step_and_no_other() -> None:
    drawn = [
        f"{before.value:<10} ─> {' | '.join(state.value for state in State if state in after) or 'nothing'}"
        for before, after in NEXT.items()
    ]

    assert "\n".join(drawn) in (Path(__file__).parents[3] / "docs" / "never-twice.md").read_text()


@pytest.mark.parametrize("before", list(State))
def test_nothing_leads_back_from_an_ended_contact_and_only_an_intent_or_a_doubt_leads_to_started(
    before: State,
) -> None:
    assert not may_follow(State.ENDED, before)
    assert may_follow(before, State.STARTED) == (before in (State.INTENT, State.UNKNOWN, State.HELD))


def test_an_outcome_told_twice_changes_nothing_the_second_time(run: Run, opened: Intent) -> None:
    assert attempt(run, opened, STARTED) == {opened.claimed.id}

    assert attempt(run, opened, STARTED) == set()
    assert told(run) == 1


def told(run: Run) -> int:
    with run.ledger.db.read() as connection:
        return len(connection.execute(select(outbox.c.id)).all())


@pytest.mark.parametrize(
    "steps",
    [
        (State.UNKNOWN,),
        (State.UNKNOWN, State.HELD),
        (State.UNKNOWN, State.CLEARED),
        (State.UNKNOWN, State.CLEARED, State.DEFERRED),
        (State.UNKNOWN, State.CLEARED, State.BLOCKED),
        (State.UNKNOWN, State.CLEARED, State.HELD),
        (State.UNKNOWN, State.CLEARED, State.BLOCKED, State.ACCEPTED),
    ],
)
def test_a_late_answer_that_says_started_is_a_fact_wherever_the_contact_stands(
    run: Run, opened: Intent, steps: tuple[State, ...]
) -> None:
    give_up(run.ledger, opened, *steps)

    attempt(run, opened, STARTED)

    assert states(run.ledger) == {"C-1": "started"}
    assert prove(run.ledger, run.campaign).balanced


def test_a_late_answer_after_a_second_attempt_makes_the_proof_red(run: Run, opened: Intent) -> None:
    give_up(run.ledger, opened, State.UNKNOWN, State.CLEARED)
    second = intend(run)[0]
    attempt(run, second, Started("c-second", 1.0))

    attempt(run, opened, STARTED)

    proof = prove(run.ledger, run.campaign)
    assert (proof.contacted_twice, proof.balanced) == (1, False)


def test_a_late_answer_after_a_refused_second_attempt_is_the_one_contact(run: Run, opened: Intent) -> None:
    give_up(run.ledger, opened, State.UNKNOWN, State.CLEARED)
    second = intend(run)[0]
    attempt(run, second, Invalid("start sms", 400, "no"))

    attempt(run, opened, STARTED)

    proof = prove(run.ledger, run.campaign)
    assert (proof.contacted, proof.contacted_twice, proof.balanced) == (1, 0, True)


def test_a_late_answer_whose_address_was_contacted_for_another_row_since_makes_the_proof_red(
    run: Run, opened: Intent
) -> None:
    give_up(run.ledger, opened, State.UNKNOWN, State.CLEARED, State.BLOCKED)
    load(run, people(1, first=2, sms="+13175550001"))
    clear(run)
    attempt(run, intend(run)[0], Started("c-second", 1.0))

    attempt(run, opened, STARTED)

    assert prove(run.ledger, run.campaign).contacted_twice == 1


@pytest.mark.parametrize("outcome", [NotAttempted(), NotSent("start sms", 0, "connect")])
@pytest.mark.parametrize("state", [State.UNKNOWN, State.HELD])
def test_a_late_proof_that_nothing_happened_frees_the_contact(
    run: Run, opened: Intent, outcome: GenesysError | NotAttempted, state: State
) -> None:
    give_up(run.ledger, opened, *((State.UNKNOWN,) if state is State.UNKNOWN else (State.UNKNOWN, state)))

    attempt(run, opened, outcome)

    assert states(run.ledger) == {"C-1": "cleared"}


@pytest.mark.parametrize("outcome", [Ambiguous("start sms", 500), NotAttempted(), Invalid("start sms", 400)])
def test_a_late_outcome_that_is_no_contact_leaves_a_second_attempt_alone(
    run: Run, opened: Intent, outcome: GenesysError | NotAttempted
) -> None:
    give_up(run.ledger, opened, State.UNKNOWN, State.CLEARED)
    intend(run)

    assert attempt(run, opened, outcome) == set()
    assert states(run.ledger) == {"C-1": "intent"}
    with run.ledger.db.read() as connection:
        assert len(connection.execute(select(intents)).all()) == 1


def test_a_change_is_left_out_when_the_lease_is_lost(run: Run, opened: Intent) -> None:
    give_up(run.ledger, opened, State.UNKNOWN)

    change = Change(contact_id=opened.claimed.id, after=State.HELD, action="held")

    assert apply(run.ledger, [change]) == set()


class Janitor(SetClock):
    """Brings the ledger back while somebody waits for it."""

    def __init__(self, ledger: Ledger, naps: int) -> None:
        super().__init__(NOON)
        self._ledger, self._naps = ledger, naps
        rename(ledger, "contacts", "away")

    def sleep(self, seconds: float) -> None:
        self._naps -= 1
        if self._naps == 0:
            rename(self._ledger, "away", "contacts")
        super().sleep(seconds)


def rename(ledger: Ledger, before: str, after: str) -> None:
    with ledger.db.write() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {before} RENAME TO {after}")


def test_what_happened_is_written_down_when_the_ledger_comes_back(run: Run, opened: Intent) -> None:
    change = change_after(run, opened, STARTED)
    run.ledger.clock = Janitor(run.ledger, naps=30)

    assert apply_outcomes(run.ledger, [change]) == {opened.claimed.id}
    assert states(run.ledger) == {"C-1": "started"}


def test_a_ledger_that_stays_away_is_an_error_after_a_minute(run: Run, opened: Intent) -> None:
    change = change_after(run, opened, STARTED)
    run.ledger.clock = Janitor(run.ledger, naps=70)

    with pytest.raises(LedgerError):
        apply_outcomes(run.ledger, [change])
    rename(run.ledger, "away", "contacts")

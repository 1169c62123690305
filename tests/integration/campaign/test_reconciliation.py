from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from outreach.campaign.reconciliation import reconcile
from outreach.campaign.run import Run
from outreach.errors import Ambiguous, NotSent
from outreach.genesys.interface import Attempt, ConversationMatch
from outreach.ledger.database.schema import contacts, outbox
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import prove
from outreach.ledger.release import POISON_DEATHS, release_dead_executors
from outreach.settings import Event, SameAddress, WhenNotFound
from tests.support.clocks import SetClock
from tests.support.ledgers import (
    CALM,
    advance,
    clear,
    intend,
    kill,
    load,
    new_ledger,
    new_run,
    people,
    states,
)
from tests.support.organisations import Organisation

TALKATIVE = CALM.model_copy(update={"events": tuple(Event), "stop_unknown_rate": 1.0})
RELEASING = TALKATIVE.model_copy(update={"when_not_found": WhenNotFound.RELEASE})
LOST = Ambiguous("start sms", 0, "read_timeout")


def doubt(run: Run, *, happened: bool, count: int = 1, **columns: object) -> None:
    """So many contacts whose answer was lost."""
    assert isinstance(run.genesys, Organisation)
    run.genesys.will(LOST, after_effect=happened, times=count)
    load(run, [{**row, **columns} for row in people(count)])
    advance(run)


def look(run: Run, clock: SetClock, times: int = 1) -> None:
    for _ in range(times):
        clock.advance(61)
        reconcile(run)


def events(ledger: Ledger) -> list[str]:
    with ledger.db.read() as connection:
        told = connection.execute(select(outbox.c.event).order_by(outbox.c.id)).scalars()
        return [event.removeprefix("contact_").removeprefix("interaction_") for event in told][1:]


def test_one_match_is_the_contact_and_the_crm_is_told(
    ledger: Ledger, organisation: Organisation, clock: SetClock
) -> None:
    with new_run(ledger, organisation, TALKATIVE) as run:
        doubt(run, happened=True)
        look(run, clock)
        assert states(ledger) == {"C-1": "started"}
        assert prove(ledger, run.campaign).balanced
    assert events(ledger) == ["unknown", "created", "resolved"]


def test_nobody_looks_before_the_time(run: Run, clock: SetClock) -> None:
    doubt(run, happened=True)
    clock.advance(29)
    assert reconcile(run) == {}


def test_what_is_not_found_is_looked_for_again_then_held_for_a_person(
    ledger: Ledger, organisation: Organisation, clock: SetClock
) -> None:
    with new_run(ledger, organisation, TALKATIVE) as run:
        doubt(run, happened=False)
        look(run, clock)
        assert states(ledger)["C-1"].startswith("unknown")
        look(run, clock)
        assert states(ledger) == {"C-1": "held:outcome_unknown"}
        assert prove(ledger, run.campaign).balanced
    assert events(ledger) == ["unknown", "resolved"]


class Crowded(Organisation):
    """Shows so many conversations that a look does not come to their end."""

    def find(self, attempts: Sequence[Attempt]) -> dict[str, list[ConversationMatch]]:
        return {}


def test_a_look_that_did_not_come_to_its_end_counts_for_none(ledger: Ledger, clock: SetClock) -> None:
    with new_run(ledger, Crowded(), RELEASING) as run:
        doubt(run, happened=True)
        look(run, clock, times=5)
        assert states(ledger)["C-1"].startswith("unknown")
        assert prove(ledger, run.campaign).balanced


def test_looks_that_are_answered_late_still_lie_their_whole_wait_apart(
    ledger: Ledger, organisation: Organisation, clock: SetClock
) -> None:
    with new_run(ledger, organisation, RELEASING) as run:
        doubt(run, happened=False)
        clock.advance(3600)  # nobody looked for an hour: time alone releases nobody
        assert (reconcile(run), reconcile(run)) == ({"unknown": 1}, {})
        clock.advance(59)
        assert reconcile(run) == {}


def test_a_slow_index_only_delays_the_finding(run: Run, organisation: Organisation, clock: SetClock) -> None:
    organisation.visible = False
    doubt(run, happened=True)
    look(run, clock)
    organisation.visible = True
    look(run, clock)
    assert states(run.ledger) == {"C-1": "started"}


def test_an_explicit_policy_releases_what_is_not_found(
    ledger: Ledger, organisation: Organisation, clock: SetClock
) -> None:
    with new_run(ledger, organisation, RELEASING) as run:
        doubt(run, happened=False)
        look(run, clock, times=2)
        assert states(ledger) == {"C-1": "cleared"}
        assert advance(run).states == {"started": 1}
    assert len(organisation.contacted) == 1


def test_a_contact_that_killed_processes_while_it_was_alone_is_not_released(
    ledger: Ledger, organisation: Organisation, clock: SetClock
) -> None:
    with new_run(ledger, organisation, RELEASING) as run:
        doubt(run, happened=False)
        with ledger.db.write() as connection:
            connection.execute(update(contacts).values(deaths=POISON_DEATHS))
        look(run, clock, times=2)
    assert states(ledger) == {"C-1": "held:poison"}


def test_an_api_without_a_look_up_holds_at_once(
    run: Run, organisation: Organisation, clock: SetClock
) -> None:
    organisation.can_find = False
    doubt(run, happened=True)
    look(run, clock)
    assert states(run.ledger) == {"C-1": "held:outcome_unknown"}


class Unsure(Organisation):
    """Sees conversations by address alone, as Genesys does for SMS: no mark of ours is on them."""

    def find(self, attempts: Sequence[Attempt]) -> dict[str, list[ConversationMatch]]:
        return {attempt.reference: self._seen(attempt) for attempt in attempts}

    def _seen(self, attempt: Attempt) -> list[ConversationMatch]:
        return [
            ConversationMatch(conversation_id, known.at, certain=False)
            for conversation_id, known in self.conversations.items()
            if known.address == attempt.address
        ]


def test_several_matches_are_for_a_person(ledger: Ledger, clock: SetClock) -> None:
    organisation = Unsure()
    with new_run(ledger, organisation, TALKATIVE) as run:
        doubt(run, happened=True)
        organisation.conversations["c-other"] = organisation.contacted[0].attempt
        look(run, clock)
    assert states(ledger) == {"C-1": "held:several_matches"}


def test_one_conversation_is_not_given_to_two_attempts(ledger: Ledger, clock: SetClock) -> None:
    organisation = Unsure()
    settings = TALKATIVE.model_copy(update={"same_address": SameAddress.EACH})
    with new_run(ledger, organisation, settings) as run:
        doubt(run, happened=False, count=1, sms="+13175550001", email="")
        organisation.will(LOST, after_effect=True)
        load(run, people(1, first=2, sms="+13175550001", email=""))
        advance(run)
        look(run, clock)
        proof = prove(ledger, run.campaign)
    assert states(ledger) == {"C-1": "held:several_matches", "C-2": "held:several_matches"}
    assert proof.contacted_twice == 0


def test_a_conversation_that_another_campaign_started_is_not_taken(ledger: Ledger, clock: SetClock) -> None:
    organisation = Unsure()
    with new_run(ledger, organisation, TALKATIVE, name="autumn") as other:
        load(other, people(1))
        advance(other)
    with new_run(ledger, organisation, TALKATIVE) as run:
        doubt(run, happened=False)
        look(run, clock, times=2)
        assert prove(ledger, run.campaign).states == {"held": 1}


def test_a_death_in_the_air_is_told_to_the_crm_as_a_doubt(
    ledger: Ledger, organisation: Organisation, clock: SetClock, tmp_path: Path
) -> None:
    with new_run(ledger, organisation, TALKATIVE) as run:
        load(run, people(1))
        clear(run)
        intend(run)
        kill(ledger)
        with new_ledger(tmp_path, clock) as heir, new_run(heir, organisation, TALKATIVE) as other:
            release_dead_executors(heir)
            look(other, clock, times=3)
    assert states(ledger) == {"C-1": "held:outcome_unknown"}
    assert events(ledger) == ["unknown", "resolved"]


def test_an_organisation_that_cannot_be_asked_changes_nothing(
    run: Run, organisation: Organisation, clock: SetClock
) -> None:
    doubt(run, happened=True)
    clock.advance(61)

    class Away(Organisation):
        def find(self, attempts: Sequence[Attempt]) -> dict[str, list[ConversationMatch]]:
            raise NotSent("find conversations", 0, "connect")

    with pytest.raises(NotSent):
        reconcile(replace(run, genesys=Away()))
    reconcile(run)
    assert states(run.ledger) == {"C-1": "started"}

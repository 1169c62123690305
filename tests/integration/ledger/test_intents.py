from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from outreach.campaign.interaction import interact_batch
from outreach.campaign.run import Run
from outreach.contacts import Channel
from outreach.errors import NotSent
from outreach.genesys.interface import Engagement, Started
from outreach.ledger.claims import claim
from outreach.ledger.database.schema import intents
from outreach.ledger.intents import IntentRequest, commit_intents
from outreach.ledger.proof import prove
from outreach.ledger.release import release_dead_executors
from outreach.ledger.states import State
from outreach.ledger.suppressions import suppress
from outreach.settings import FrequencyCap, SameAddress
from tests.support.clocks import SetClock
from tests.support.ledgers import (
    attempt,
    batch,
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

ONE_A_DAY = (FrequencyCap(contacts=1, hours=24),)


def wanted(run: Run, *caps: FrequencyCap, limit: int = 10) -> list[IntentRequest]:
    group = claim(run.ledger, run.campaign.id, batch(run), (State.CLEARED,), limit=limit)
    return [IntentRequest(row, Channel.SMS, row.contact.channels.sms or "", caps) for row in group]


def test_the_database_itself_refuses_a_second_intent_for_a_contact_or_an_address(run: Run) -> None:
    load(run, people(2))
    clear(run)
    row = dict(intend(run)[0].row)

    for again in (row, {**row, "contact_id": 2, "reference": "another"}):
        with pytest.raises(IntegrityError), run.ledger.db.engine.begin() as connection:
            connection.execute(insert(intents), again)


@pytest.mark.parametrize(("rule", "opened"), [(SameAddress.ONCE, 1), (SameAddress.EACH, 2)])
def test_two_rows_with_one_address(run: Run, rule: SameAddress, opened: int) -> None:
    load(run, people(2, sms="+13175550001"))
    clear(run)

    taken, kept = commit_intents(run.ledger, wanted(run), same_address=rule)

    assert len(taken) == opened
    assert [k.code for k in kept] == ["same_address"] * (2 - opened)


def test_one_address_however_it_is_written_is_one(run: Run) -> None:
    vault = run.ledger.vault
    assert vault.address_key(" Ann@Example.com") == vault.address_key("ann@example.COM ")


def test_whose_lease_is_lost_gets_no_intent(run: Run, tmp_path: Path, clock: SetClock) -> None:
    load(run, people(1))
    clear(run)
    wants = wanted(run)
    kill(run.ledger)
    with new_ledger(tmp_path, clock) as heir, new_run(heir, Organisation()) as other:
        release_dead_executors(heir)
        assert len(intend(other)) == 1
        assert commit_intents(run.ledger, wants, same_address=SameAddress.ONCE) == ([], [])


def test_who_was_suppressed_after_the_claim_is_not_contacted(run: Run) -> None:
    load(run, people(2))
    clear(run)
    wants = wanted(run)
    suppress(run.ledger, ["+13175550001"], source="person", reason="asked")

    taken, kept = commit_intents(run.ledger, wants, same_address=SameAddress.ONCE)

    assert [item.claimed.contact.external_contact_id for item in taken] == ["C-2"]
    assert [item.code for item in kept] == ["suppressed"]


def test_caps_count_other_campaigns_and_say_when(run: Run, clock: SetClock) -> None:
    load(run, people(1))
    clear(run)
    attempt(run, intend(run)[0], Started("c-1", 1.0))
    with new_run(run.ledger, Organisation(), name="autumn") as other:
        load(other, people(1))
        clear(other)

        _, kept = commit_intents(run.ledger, wanted(other, *ONE_A_DAY), same_address=SameAddress.ONCE)

    assert [item.code for item in kept] == ["frequency_cap"]
    assert kept[0].until
    assert (kept[0].until - clock.now()).total_seconds() == 24 * 3600


def test_caps_see_another_of_the_same_group(run: Run) -> None:
    load(run, people(2, sms="+13175550001"))
    clear(run)

    taken, kept = commit_intents(run.ledger, wanted(run, *ONE_A_DAY), same_address=SameAddress.EACH)

    assert (len(taken), [item.code for item in kept]) == (1, ["frequency_cap"])


def test_an_attempt_that_did_not_happen_counts_for_no_cap(run: Run) -> None:
    load(run, people(1))
    clear(run)
    attempt(run, intend(run)[0], NotSent("start sms", 0, "connect"))

    assert len(commit_intents(run.ledger, wanted(run, *ONE_A_DAY), same_address=SameAddress.ONCE)[0]) == 1


def test_no_two_tries_share_a_reference_even_after_a_correction(run: Run) -> None:
    load(run, people(1))
    clear(run)
    seen = set()
    for _ in range(3):
        opened = intend(run)[0]
        seen.add(opened.reference)
        attempt(run, opened, NotSent("start sms", 0, "connect"))
    assert states(run.ledger) == {"C-1": "failed:refused:connect"}

    load(run, people(1, name="Corrected"))
    clear(run)

    assert intend(run)[0].reference not in seen
    assert len(seen) == 3


def test_an_intent_is_committed_before_anybody_is_called(run: Run, tmp_path: Path, clock: SetClock) -> None:
    load(run, people(1))
    clear(run)

    class Witness(Organisation):
        """Looks into the ledger, from a connection of its own, at the moment of the call."""

        def start(self, engagement: Engagement) -> Started:
            with new_ledger(tmp_path, clock) as other, other.db.read() as connection:
                self.seen = connection.execute(select(intents.c.reference)).scalars().all()
            return super().start(engagement)

    witness = Witness()
    interact_batch(replace(run, genesys=witness), batch(run))

    assert witness.seen == [witness.contacted[0].attempt.reference]


def test_without_the_intents_row_the_proof_is_red(run: Run) -> None:
    load(run, people(1))
    clear(run)
    attempt(run, intend(run)[0], Started("c-1", 1.0))
    with run.ledger.db.write() as connection:
        connection.execute(delete(intents))

    assert not prove(run.ledger, run.campaign).balanced

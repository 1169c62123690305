"""What is wrong with us is no verdict on a person: mended, the next run contacts them (accidents A4, A14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, update

from outreach.campaign.reconsideration import reconsider
from outreach.campaign.run import Run
from outreach.contacts import Channel
from outreach.errors import Invalid
from outreach.ledger.database.schema import contacts, facts
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import Proof
from outreach.ledger.suppressions import allow_again, suppress
from outreach.operations.resolution import resolve, retry_failed, retry_kept_back
from outreach.reachability import AVAILABLE, Inspection
from outreach.settings import CampaignSettings, ConsentPolicy, SameAddress
from tests.support.ledgers import CALM, NOON, advance, clear, load, new_run, people, row_of, states
from tests.support.organisations import Organisation

SMS_ONLY = CALM.model_copy(update={"channel_order": (Channel.SMS,)})
READY = dict.fromkeys(Channel, AVAILABLE)


def settings(**changes: object) -> CampaignSettings:
    return SMS_ONLY.model_copy(update=changes)


def run_again(
    ledger: Ledger,
    organisation: Organisation,
    behaviour: CampaignSettings = SMS_ONLY,
    senders: Mapping[Channel, str] = READY,
) -> Proof:
    """One more run of the campaign, from its opening to its proof."""
    with new_run(ledger, organisation, behaviour) as run:
        return advance(replace(run, senders=senders))


def start(ledger: Ledger, organisation: Organisation, rows: list[dict[str, object]], **how: Any) -> Proof:
    with new_run(ledger, organisation, how.get("behaviour", SMS_ONLY)) as run:
        load(run, rows)
    return run_again(ledger, organisation, **how)


@pytest.mark.parametrize(
    "wrong",
    [
        {"senders": {**READY, Channel.SMS: "sender_not_active"}},
        {"senders": {**READY, Channel.SMS: "sender_not_verified"}},
        {"senders": {**READY, Channel.SMS: "sender_not_found"}},
        {"senders": {**READY, Channel.SMS: "no_sender"}},
        {"behaviour": settings(expires_at=NOON - timedelta(hours=1))},
        {"behaviour": settings(consent=ConsentPolicy.REQUIRED)},
        {"behaviour": settings(channel_order=(Channel.VOICE,))},
        {"behaviour": settings(message="long " * 200)},
    ],
    ids=lambda wrong: str(next(iter(wrong.items())))[:60],
)
def test_who_was_kept_back_for_our_own_reason_is_contacted_once_it_is_mended(
    ledger: Ledger, organisation: Organisation, wrong: dict[str, Any]
) -> None:
    first = start(ledger, organisation, people(3), **wrong)
    assert (first.contacted, first.states) == (0, {"blocked": 3})

    again = run_again(ledger, organisation, **wrong)
    assert (again.contacted, again.states) == (0, {"blocked": 3})

    mended = run_again(ledger, organisation)
    assert (mended.states, mended.contacted_twice, mended.balanced) == ({"started": 3}, 0, True)
    assert len(organisation.contacted) == 3


def test_whose_validation_genesys_did_not_know_is_asked_about_again_by_each_run(
    ledger: Ledger, organisation: Organisation
) -> None:
    organisation.inspections["C-1"] = Inspection("unknown", READY)
    first = start(ledger, organisation, people(1))
    assert states(ledger) == {"C-1": "held:validation_unknown"}
    assert first.contacted == 0

    assert run_again(ledger, organisation).states == {"held": 1}
    organisation.inspections["C-1"] = Inspection("passed", READY)

    assert run_again(ledger, organisation).states == {"started": 1}
    assert len(organisation.contacted) == 1


def test_a_run_that_changes_nothing_writes_nothing(ledger: Ledger, organisation: Organisation) -> None:
    wrong = {**READY, Channel.SMS: "sender_not_active"}
    start(ledger, organisation, people(3), senders=wrong)
    before = row_of(ledger, "C-1").audit_count

    run_again(ledger, organisation, senders=wrong)

    assert row_of(ledger, "C-1").audit_count == before
    assert organisation.registered["C-1"] == 1


def test_another_reason_of_ours_takes_the_place_of_the_one_that_was_mended(
    ledger: Ledger, organisation: Organisation
) -> None:
    start(ledger, organisation, people(1), senders={**READY, Channel.SMS: "sender_not_active"})
    assert states(ledger) == {"C-1": "blocked:sender_not_active"}

    run_again(ledger, organisation, settings(message="long " * 200))

    assert states(ledger) == {"C-1": "blocked:text_too_long"}


def test_our_reason_on_one_channel_counts_beside_the_persons_on_another(
    ledger: Ledger, organisation: Organisation
) -> None:
    both = settings(channel_order=(Channel.SMS, Channel.EMAIL))
    rows = [{**people(1)[0], "consent.sms": "no"}]
    wrong = {**READY, Channel.EMAIL: "sender_not_verified"}
    start(ledger, organisation, rows, behaviour=both, senders=wrong)
    assert states(ledger) == {"C-1": "blocked:sender_not_verified"}

    run_again(ledger, organisation, both)

    assert [each.attempt.channel for each in organisation.contacted] == [Channel.EMAIL]


def test_whose_suppression_was_lifted_is_contacted_by_the_next_run(
    ledger: Ledger, organisation: Organisation
) -> None:
    suppress(ledger, ["+13175550001", "+13175550002"], source="person", reason="a slip")
    start(ledger, organisation, people(2))
    assert set(states(ledger).values()) == {"blocked:suppressed"}

    allow_again(ledger, "+13175550001")
    run_again(ledger, organisation)

    assert states(ledger) == {"C-1": "started", "C-2": "blocked:suppressed"}


def test_who_refused_stays_refused_and_is_not_decided_on_again(
    ledger: Ledger, organisation: Organisation
) -> None:
    start(ledger, organisation, [{**one, "consent.sms": "no"} for one in people(2)])

    run_again(ledger, organisation, settings(message="Another one"))

    assert set(states(ledger).values()) == {"blocked:consent_refused"}
    assert row_of(ledger, "C-1").audit_count == 3  # accepted, registered, blocked


def test_who_was_contacted_is_never_decided_on_again(ledger: Ledger, organisation: Organisation) -> None:
    start(ledger, organisation, people(2))

    for behaviour in (settings(message="Another one"), settings(channel_order=(Channel.EMAIL,))):
        assert run_again(ledger, organisation, behaviour).states == {"started": 2}
    campaign = campaign_of(ledger, organisation)
    assert retry_failed(ledger, campaign) + retry_kept_back(ledger, campaign) == 0
    assert len(organisation.contacted) == 2


def test_the_second_row_of_an_address_takes_its_next_channel(
    ledger: Ledger, organisation: Organisation
) -> None:
    both = settings(channel_order=(Channel.SMS, Channel.EMAIL))
    proof = start(ledger, organisation, people(2, sms="+13175550001"), behaviour=both)

    reached = [(each.attempt.channel, each.attempt.address) for each in organisation.contacted]
    assert sorted(reached) == [(Channel.EMAIL, "p2@example.com"), (Channel.SMS, "+13175550001")]
    assert (proof.states, proof.contacted_twice, proof.balanced) == ({"started": 2}, 0, True)


def test_the_second_row_takes_the_address_when_the_first_one_failed(
    ledger: Ledger, organisation: Organisation
) -> None:
    organisation.will(Invalid("start sms", 400, "bad"), after_effect=False)
    first = start(ledger, organisation, people(2, sms="+13175550001"))
    assert first.states == {"failed": 1, "blocked": 1}

    proof = run_again(ledger, organisation)

    assert states(ledger)["C-2"] == "started"
    assert (proof.contacted_twice, proof.balanced) == (0, True)
    assert len(organisation.contacted) == 1


def test_the_second_row_stays_while_the_first_one_has_the_address(
    ledger: Ledger, organisation: Organisation
) -> None:
    start(ledger, organisation, people(2, sms="+13175550001"))

    for _ in range(2):
        assert run_again(ledger, organisation).states == {"blocked": 1, "started": 1}
    assert len(organisation.contacted) == 1


def test_each_row_is_contacted_when_the_settings_say_so_later(
    ledger: Ledger, organisation: Organisation
) -> None:
    start(ledger, organisation, people(2, sms="+13175550001"))

    assert run_again(ledger, organisation, settings(same_address=SameAddress.EACH)).states == {"started": 2}


def test_whoever_has_but_an_address_of_another_row_is_contacted_once_each_row_is(
    ledger: Ledger, organisation: Organisation
) -> None:
    start(ledger, organisation, people(2, sms="+13175550001", email=""))
    assert run_again(ledger, organisation).states == {"blocked": 1, "started": 1}

    assert run_again(ledger, organisation, settings(same_address=SameAddress.EACH)).states == {"started": 2}


def campaign_of(ledger: Ledger, organisation: Organisation) -> Any:
    with new_run(ledger, organisation, SMS_ONLY) as run:
        return run.campaign


def test_retry_and_resolve_know_what_is_ours(run: Run, organisation: Organisation) -> None:
    load(run, [*people(2), {**people(1, first=3)[0], "consent.sms": "no", "email": ""}])
    advance(replace(run, senders=dict.fromkeys(Channel, "sender_not_active")))

    resolve(run.ledger, run.campaign, "C-1", "released", reason="the number is active again")
    assert states(run.ledger)["C-1"] == "accepted"

    assert retry_kept_back(run.ledger, run.campaign) == 1
    assert states(run.ledger)["C-2"] == "accepted"
    assert states(run.ledger)["C-3"] == "blocked:consent_refused"


def test_rows_that_an_older_version_blocked_for_our_reason_are_taken_up(
    ledger: Ledger, organisation: Organisation
) -> None:
    """It kept the channels' own order, and nothing of what is ours beside the senders."""
    both = settings(channel_order=(Channel.SMS, Channel.EMAIL))
    wrong = {**READY, Channel.EMAIL: "sender_not_verified"}
    start(ledger, organisation, [{**people(1)[0], "consent.sms": "no"}], behaviour=both, senders=wrong)
    record = orjson.loads(row_of(ledger, "C-1").decision)
    record["reasons"] = ["consent_refused", "sender_not_verified"]
    del record["footing"], record["facts"]["taken"]
    with ledger.db.write() as connection:
        connection.execute(delete(facts).where(facts.c.name.like("reconsidered:%")))
        older = {"reason": "consent_refused", "decision": orjson.dumps(record).decode()}
        connection.execute(update(contacts).values(older))

    assert run_again(ledger, organisation, both).states == {"started": 1}


def test_who_was_blocked_while_another_run_decided_under_other_settings_is_taken_up(
    ledger: Ledger, organisation: Organisation
) -> None:
    with new_run(ledger, organisation, SMS_ONLY) as run:
        load(run, people(1))
        slower = replace(run, senders={**READY, Channel.SMS: "sender_not_active"})
        reconsider(replace(run, senders=READY))
        clear(slower)

    assert run_again(ledger, organisation).states == {"started": 1}

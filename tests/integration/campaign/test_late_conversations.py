"""A conversation that turns up after its attempt was released: it counts, and nobody is contacted anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from emulator.state import defaults
from outreach.campaign import interaction, late_conversations
from outreach.campaign.opening import open_run
from outreach.campaign.reconciliation import recover
from outreach.campaign.run import Run
from outreach.errors import LedgerOutdated
from outreach.follow_up.rounds import follow_up
from outreach.genesys.http.retries import ATTEMPTS
from outreach.genesys.platform import lookup
from outreach.ledger.changes import apply_outcomes, to_started
from outreach.ledger.database.schema import outbox
from outreach.ledger.proof import prove
from outreach.operations.opt_out import opt_out
from outreach.operations.resolution import resolve
from outreach.settings import Event, SameAddress, WhenNotFound
from tests.integration.campaign.test_ledger_age import ADDRESSES, SETTINGS, Place, work
from tests.support.emulation import emulator_thread
from tests.support.emulator_clients import logged_in

LATE = SETTINGS.model_copy(
    update={
        "look_after_seconds": (0.01, 0.01),
        "when_not_found": WhenNotFound.RELEASE,
        "stop_unknown_rate": 1,
        "events": tuple(Event),
    }
)
HOLDING = LATE.model_copy(update={"when_not_found": WhenNotFound.HOLD})
OTHERS = f"somebody@{defaults.EMAIL_DOMAIN}"
CREATES = ("messages.agentless", "emails.agentless", "callbacks.create")
LOST = [{"kind": "act_then_reset", "operation": operation} for operation in CREATES]
UNSEEN = {"index_delay_seconds": 900, "attribute_index_delay_seconds": 900}
SEEN = {"index_delay_seconds": 0, "attribute_index_delay_seconds": 0, "faults": []}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with emulator_thread(**UNSEEN, faults=LOST) as genesys:
        (tmp_path / "place").mkdir()
        yield Place(tmp_path / "place", genesys)


def person(*channels: str, number: int = 1) -> list[dict[str, Any]]:
    return [
        {
            "external_contact_id": f"{channel}-{number}",
            "name": "N",
            channel: ADDRESSES[channel].format(number),
            "interaction_duration_seconds": 1,
        }
        for channel in channels
    ]


def release(place: Place, people: list[dict[str, Any]], settings: Any = LATE) -> None:
    """Contact them, lose the answers, look in vain to the end; nobody is contacted anew."""
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", settings) as run:
        work(run, people)
        look_in_vain(run)
        assert prove(ledger, run.campaign).unknown == 0


def look_in_vain(run: Run) -> None:
    for _ in run.settings.look_after_seconds:
        run.ledger.clock.sleep(0.02)
        recover(run)


def audit(place: Place) -> list[str]:
    with sqlite3.connect(place.file) as connection:
        return [row[0] for row in connection.execute("SELECT action FROM audit ORDER BY id")]


def events(place: Place) -> list[str]:
    with sqlite3.connect(place.file) as connection:
        return [row[0] for row in connection.execute("SELECT event FROM outbox ORDER BY id")]


@pytest.mark.parametrize("channel", ADDRESSES)
def test_whose_conversation_turns_up_before_a_second_contact_is_contacted_by_it(
    place: Place, channel: str
) -> None:
    release(place, person(channel))
    place.genesys.configure(**SEEN)

    proof = place.run(person(channel), settings=LATE)

    assert proof.balanced
    assert (proof.contacted, place.contacted(), place.twice()) == (1, 1, 0)
    told = [action for action in audit(place) if action in ("intended", "released", "found")]
    assert told == ["intended", "released", "found"]


def test_a_conversation_of_a_released_attempt_does_not_stop_the_campaign(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(place, person(*ADDRESSES))
    place.genesys.configure(**SEEN)
    place.forget_witness(monkeypatch)

    proof = place.run([*person(*ADDRESSES), *person("sms", number=2)], settings=LATE)

    assert proof.balanced
    assert (proof.contacted, place.contacted(), place.twice()) == (5, 5, 0)


def test_whoever_was_contacted_anew_before_it_turned_up_counts_as_contacted_twice(place: Place) -> None:
    release(place, person("email", "voice"))  # an SMS is refused while the first one's conversation goes on
    place.genesys.configure(faults=[])
    assert place.run(person("email", "voice"), settings=LATE).contacted == 2
    place.genesys.configure(**SEEN)

    with place.opened() as (ledger, client), open_run(ledger, client, "spring", LATE) as run:
        ledger.clock.sleep(1)
        follow_up(run)
        ledger.clock.sleep(1)
        follow_up(run)
        proof = prove(ledger, run.campaign)

    assert place.twice() == 2
    assert (proof.contacted_twice, proof.contacted, proof.balanced) == (2, 2, False)
    assert audit(place).count("contacted_twice") == 2


def test_the_crm_hears_of_a_late_conversation_in_the_order_of_what_was_known(place: Place) -> None:
    with (
        place.opened() as (ledger, client),
        open_run(ledger, client, "spring", LATE, webhook_name="crm") as run,
    ):
        work(run, person("sms"))
        look_in_vain(run)
        place.genesys.configure(**SEEN)
        work(run, person("sms"))

    assert [name.rpartition("_")[2] for name in events(place) if "interaction" in name] == [
        "unknown",
        "resolved",
        "created",
        "resolved",
    ]


AWAY = {"kind": "error_before_effect", "operation": "analytics.query", "status": 500}


def test_while_genesys_shows_no_conversations_only_whoever_was_released_waits(place: Place) -> None:
    release(place, person("voice"), HOLDING)
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", HOLDING) as run:
        resolve(ledger, run.campaign, "voice-1", "released", reason="Genesys' log has no such callback")
    place.genesys.configure(**SEEN | {"faults": [AWAY]})
    everybody = [*person("voice"), *person("voice", number=2), *person("email", "sms", number=3)]
    everybody = [{**row, "external_contact_id": f"n-{place}"} for place, row in enumerate(everybody)]
    everybody[0]["external_contact_id"] = "voice-1"

    proof = place.run(everybody, settings=HOLDING)

    assert (proof.states, proof.balanced) == ({"deferred": 1, "started": 3}, True)
    assert proof.reasons == {"earlier_attempt_unsure": 1}
    assert (place.contacted(), place.twice()) == (4, 0)

    place.genesys.configure(**SEEN)
    place.clock.ahead = timedelta(minutes=16)
    proof = place.run(everybody, settings=HOLDING)
    assert (proof.contacted, proof.balanced, place.contacted(), place.twice()) == (4, True, 4, 0)


def test_the_crm_hears_that_whoever_was_released_waits_and_until_when(place: Place) -> None:
    release(place, person("voice"))
    place.genesys.configure(**SEEN | {"faults": [AWAY]})

    with (
        place.opened() as (ledger, client),
        open_run(ledger, client, "spring", LATE, webhook_name="crm") as run,
    ):
        work(run, person("voice"))
        [told] = ledger.db.values(select(outbox.c.body).where(outbox.c.event == "contact_deferred"))

    assert orjson.loads(told)["reason"] == "earlier_attempt_unsure"
    assert datetime.fromisoformat(orjson.loads(told)["until"]) > place.clock.now()


def test_genesys_that_shows_no_conversations_is_asked_once_for_all_who_were_released(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [row for number in range(6) for row in person("voice", number=number)]
    release(place, people)
    place.genesys.configure(**SEEN | {"faults": [AWAY]})
    monkeypatch.setattr(interaction, "pace", lambda _: (1, 1))

    proof = place.run(people, settings=LATE)

    assert proof.states == {"deferred": 6}
    [asked] = [rule["fired"] for rule in place.genesys.state()["faults"]]
    assert asked == ATTEMPTS  # the tries of one request


def test_of_whom_genesys_did_not_show_all_nobody_says_that_there_was_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with logged_in(place.genesys.url) as another:
        mail = {"senderType": "Outbound", "textBody": "Hello", "fromAddress": {"email": OTHERS}}
        to = [{"email": ADDRESSES["email"].format(2)}]
        place.genesys.configure(faults=[])
        another.post("/api/v2/conversations/emails/agentless", json={**mail, "toAddresses": to})
    lost = {"kind": "act_then_reset", "operation": "emails.agentless", "times": 1}
    never_sent = {"kind": "reset_before", "operation": "emails.agentless"}
    place.genesys.configure(faults=[lost, never_sent])
    people = [*person("email"), *person("email", number=2)]
    release(place, people)
    place.genesys.configure(**SEEN)

    with monkeypatch.context() as crowded:
        crowded.setattr(lookup, "MOST_PAGES", 1)  # so that one conversation to an address leaves others
        proof = place.run(people, settings=LATE)

    assert (proof.states, proof.balanced) == ({"started": 1, "deferred": 1}, True)
    assert (proof.reasons, place.contacted()) == ({"earlier_attempt_unsure": 1}, 2)  # one is the other's
    place.clock.ahead = timedelta(minutes=16)
    proof = place.run(people, settings=LATE)
    assert (proof.contacted, place.contacted()) == (2, 3)


def test_an_own_reference_is_believed_more_than_a_persons_release(place: Place) -> None:
    release(place, person("voice"), HOLDING)
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", HOLDING) as run:
        resolve(ledger, run.campaign, "voice-1", "released", reason="Genesys' log has no such callback")
    place.genesys.configure(**SEEN)

    proof = place.run(person("voice"), settings=HOLDING)

    assert proof.balanced
    assert (proof.contacted, place.contacted()) == (1, 1)


@pytest.mark.parametrize("is_vouched_for", [True, False])
def test_what_a_person_released_and_an_address_alone_suggests_is_for_a_person_once(
    place: Place, monkeypatch: pytest.MonkeyPatch, *, is_vouched_for: bool
) -> None:
    release(place, person("email"), HOLDING)
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", HOLDING) as run:
        resolve(ledger, run.campaign, "email-1", "released", reason="Genesys' log has no such message")
    place.genesys.configure(**SEEN)

    proof = place.run(person("email"), settings=HOLDING)
    assert (proof.states, proof.balanced, place.contacted()) == ({"held": 1}, True, 1)

    with place.opened() as (ledger, client), open_run(ledger, client, "spring", HOLDING) as run:
        resolve(ledger, run.campaign, "email-1", "released", reason="that one is a colleague's")
    if not is_vouched_for:
        place.forget_witness(monkeypatch)
    proof = place.run(person("email"), settings=HOLDING)
    assert (proof.contacted, proof.balanced, place.contacted()) == (1, True, 2)


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_persons_word_on_a_conversation_holds_for_every_attempt_that_was_released(
    place: Place, channel: str
) -> None:
    release(place, person(channel))
    place.genesys.configure(faults=[{"kind": "reset_before", "operation": each} for each in CREATES])
    release(place, person(channel))
    place.genesys.configure(**SEEN)
    assert place.run(person(channel), settings=LATE).states == {"held": 1}

    with place.opened() as (ledger, client), open_run(ledger, client, "spring", LATE) as run:
        resolve(ledger, run.campaign, f"{channel}-1", "released", reason="that one is a colleague's")
    place.run(person(channel), settings=LATE)

    assert audit(place).count("held") == 1
    assert "found" not in audit(place)


def test_two_rows_that_may_both_be_contacted_at_one_address_are_not_twice_for_being_late(
    place: Place,
) -> None:
    each = LATE.model_copy(update={"same_address": SameAddress.EACH})
    rows = [*person("voice"), {**person("voice")[0], "external_contact_id": "twin"}]
    release(place, rows, each)
    place.genesys.configure(**SEEN)

    proof = place.run(rows, settings=each)

    assert (proof.contacted, proof.contacted_twice, proof.balanced) == (2, 0, True)


def test_a_late_answer_is_counted_once_though_its_conversation_is_seen_too(place: Place) -> None:
    release(place, person("voice"))
    [first] = place.genesys.truth()["contacts"]
    answer = {"conversation_id": first["conversation_id"], "reference": first["content"]["data"]["attempt"]}
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", LATE) as run:
        work(run, person("voice"))  # the second try's answer is lost, and then the first one's comes
        late = to_started(contact_id=1, action="started", detail=answer, reference=answer["reference"])
        apply_outcomes(ledger, [late])
        place.genesys.configure(**SEEN)
        for _ in range(2):
            ledger.clock.sleep(1)
            follow_up(run)
        proof = prove(ledger, run.campaign)

    assert (proof.states, place.twice()) == ({"ended": 1}, 1)
    assert (proof.contacted_twice, audit(place).count("contacted_twice")) == (1, 1)


def test_whom_a_rule_keeps_from_a_second_contact_counts_as_contacted_by_the_first(place: Place) -> None:
    release(place, person("email"))
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", LATE) as run:
        opt_out(ledger, [ADDRESSES["email"].format(1)])
        assert work(run, person("email")).states == {"blocked": 1}
        place.genesys.configure(**SEEN)
        recover(run)
        proof = prove(ledger, run.campaign)

    assert (proof.states, proof.balanced, place.contacted()) == ({"started": 1}, True, 1)


def test_whom_anothers_no_holds_after_the_release_counts_as_contacted_by_the_first(place: Place) -> None:
    release(place, person("email"))
    says_no = {**person("email")[0], "external_contact_id": "says-no", "consent": {"email": {"given": False}}}
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", LATE) as run:
        assert work(run, [*person("email"), says_no]).states == {"blocked": 1, "held": 1}
        place.genesys.configure(**SEEN)
        recover(run)
        proof = prove(ledger, run.campaign)

    assert (proof.states, proof.balanced, place.contacted()) == ({"blocked": 1, "started": 1}, True, 1)


def test_of_many_who_were_released_some_are_asked_about_at_a_time_and_all_of_them_in_the_end(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_conversations, "RESTING", 10)
    people = [row for number in range(30) for row in person("email", number=number)]
    release(place, people)
    place.genesys.configure(**SEEN)
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", LATE) as run:
        found = []
        for _ in range(3):
            recover(run)
            found.append(prove(ledger, run.campaign).contacted)

    assert found == [10, 20, 30]


def test_a_twin_that_was_contacted_at_the_address_meanwhile_makes_it_twice(place: Place) -> None:
    twin = {**person("email")[0], "external_contact_id": "twin"}
    release(place, person("email"))
    place.genesys.configure(faults=[])
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", LATE) as run:
        with ledger.db.write() as connection:  # it waits, so that its twin has the address
            connection.exec_driver_sql("UPDATE contacts SET state = 'deferred', until = 9e15")
        work(run, [*person("email"), twin])
        with ledger.db.write() as connection:
            connection.exec_driver_sql("UPDATE contacts SET state = 'cleared' WHERE state = 'deferred'")
        place.genesys.configure(**SEEN)
        proof = work(run, [*person("email"), twin])

    assert place.twice() == 1
    assert (proof.contacted_twice, proof.balanced) == (1, False)


def test_a_restored_ledger_with_a_released_attempt_still_stops(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(place, person("sms", "voice"))
    place.genesys.configure(**SEEN, latency_ms=0)
    place.back_up()
    place.run([*person("sms", "voice"), *person("sms", number=2)], settings=LATE)
    place.restore()
    place.forget_witness(monkeypatch)

    with pytest.raises(LedgerOutdated):
        place.run([*person("sms", "voice"), *person("sms", number=2)], settings=LATE)

    assert (place.contacted(), place.twice()) == (3, 0)


def test_a_restored_ledger_that_forgot_a_second_contact_stops(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.genesys.configure(faults=[{"kind": "reset_before", "operation": each} for each in CREATES])
    release(place, person("sms", "voice"))
    place.genesys.configure(**SEEN)
    place.back_up()
    assert place.run(person("sms", "voice"), settings=LATE).contacted == 2
    place.restore()
    place.forget_witness(monkeypatch)

    with pytest.raises(LedgerOutdated):
        place.run(person("sms", "voice"), settings=LATE)

    assert place.contacted() == 2


def test_an_attempt_of_another_campaign_is_nobodys_here(place: Place) -> None:
    release(place, person("email"))
    place.genesys.configure(**SEEN)

    proof = place.run(person("email"), name="summer", settings=LATE)

    assert (proof.contacted, place.contacted()) == (1, 2)
    assert place.run(person("email"), settings=LATE).balanced
    assert place.contacted() == 2


def test_on_the_guide_api_a_persons_word_stands(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    with emulator_thread(faults=[{"kind": "act_then_reset", "operation": "guide.start"}]) as genesys:
        place = Place(tmp_path / "place", genesys, api="guide")
        place.run(person("sms"), settings=HOLDING)
        genesys.configure(faults=[])
        with place.opened() as (ledger, client), open_run(ledger, client, "spring", HOLDING) as run:
            recover(run)
            resolve(ledger, run.campaign, "sms-1", "released", reason="nobody rang")

        assert place.run(person("sms"), settings=HOLDING).contacted == 1

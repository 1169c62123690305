"""What needs a person is told to Prefect, and the automations that `outreach deploy` makes react to it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from deployments.automations import list_automations
from deployments.production import deploy
from flows.events import Signal, find_signals
from flows.follow_up import follow_up
from flows.redeliver import redeliver
from outreach.errors import CampaignStopped, NobodyContacted, SumsDoNotHold, WebhookError
from outreach.ledger.proof import Proof
from tests.flows.office import Office

WAIT_SECONDS = 60.0
SENDS = "messages.agentless"


def take_a_record_out_of_the_audit(office: Office) -> None:
    office.run(office.source(2))
    change_ledger(office, "DELETE FROM audit WHERE contact_id = 1 AND n = 1")
    with pytest.raises(SumsDoNotHold, match="audit chain"):
        office.run(office.source(2))


def let_everything_fail(office: Office) -> None:
    office.genesys.configure(faults=[{"kind": "error_before_effect", "status": 400, "operation": SENDS}])
    with pytest.raises(CampaignStopped):
        office.run(office.source(30), stop_after=5)


def lose_an_answer_where_nobody_can_look(office: Office) -> None:
    office.save_blocks("guide")
    office.genesys.configure(faults=[{"kind": "act_then_drop", "operation": "guide.start", "times": 1}])
    office.run(office.source(3), look_after_seconds=[0.01])


def give_up_looking_in_a_later_round(office: Office) -> None:
    office.genesys.configure(
        index_delay_seconds=0, faults=[{"kind": "drop_before", "operation": SENDS, "times": 1}]
    )
    proof = office.run(office.source(3), look_after_seconds=[3])
    assert (proof["unknown"], proof["states"].get("held", 0)) == (1, 0), proof
    time.sleep(3)
    follow_up(**office.names)


def give_an_event_up_in_a_later_round(office: Office) -> None:
    office.genesys.configure(webhook_answers=[{"status": 500, "probability": 1}])
    office.run(office.source(1), events=["contact_interaction_created"])
    change_ledger(office, "UPDATE outbox SET attempts = 9")
    with pytest.raises(WebhookError):
        redeliver(webhook=office.name, ledger=office.name, ignore_schedule=True)


def cross_a_limit(office: Office) -> None:
    office.genesys.configure(faults=[{"kind": "rate_limited", "operation": SENDS, "times": 1}])
    office.run(office.source(3))


def keep_everybody_back(office: Office) -> None:
    with pytest.raises(NobodyContacted, match="consent"):
        office.run(office.source(2), consent="required")


CASES: dict[Callable[[Office], None], Signal] = {
    take_a_record_out_of_the_audit: Signal.RED,
    let_everything_fail: Signal.STOPPED,
    lose_an_answer_where_nobody_can_look: Signal.HELD,
    give_up_looking_in_a_later_round: Signal.HELD,
    give_an_event_up_in_a_later_round: Signal.DEAD_LETTERS,
    cross_a_limit: Signal.LIMIT_CROSSED,
    keep_everybody_back: Signal.KEPT_BACK,
}


def change_ledger(office: Office, statement: str) -> None:
    connection = sqlite3.connect(office.folder / "ledger.db")
    with connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()


def events_of(office: Office) -> list[dict[str, Any]]:
    about = [f"outreach.campaign.{office.name}", f"outreach.webhook.{office.name}"]
    query = {"filter": {"event": {"prefix": ["outreach."]}, "resource": {"id": about}}}
    found: list[dict[str, Any]] = office.ask("/events/filter", query)["events"]
    return found


def await_signal(office: Office, wanted: Signal) -> dict[str, Any]:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        for event in events_of(office):
            if event["event"] == wanted.value:
                return event
        time.sleep(0.2)
    pytest.fail(f"no {wanted.value} within {WAIT_SECONDS} seconds: {events_of(office)}")


def await_reaction(office: Office, automation: str, event_id: str) -> None:
    """Return once the server says that this automation acted on this event."""
    cause = {"prefect.resource.id": f"prefect.event.{event_id}", "prefect.resource.role": "triggering-event"}
    acted = {
        "event": {"name": ["prefect.automation.action.executed"]},
        "resource": {"id": [f"prefect.automation.{automation}"]},
    }
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        found = office.ask("/events/filter", {"filter": acted})["events"]
        if any(cause in event["related"] for event in found):
            return
        time.sleep(0.2)
    pytest.fail(f"the automation did nothing about the event within {WAIT_SECONDS} seconds")


@pytest.fixture(scope="module")
def automations(prefect_api: str) -> dict[Signal, str]:
    """The ids of what `outreach deploy` makes."""
    deploy()
    names = {signal: wanted.name for signal, wanted in zip(Signal, list_automations(None), strict=True)}
    with get_client(sync_client=True) as client:
        found = {signal: client.read_automations_by_name(name) for signal, name in names.items()}
    return {signal: str(one.id) for signal, (one,) in found.items()}


@pytest.mark.parametrize("happen", CASES, ids=lambda each: each.__name__)
def test_it_is_told_with_advice_and_its_automation_acts(
    office: Office, automations: dict[Signal, str], happen: Callable[[Office], None]
) -> None:
    happen(office)

    event = await_signal(office, CASES[happen])
    assert event["payload"]["sentence"]
    assert event["payload"]["advice"]
    assert event["payload"]["run"].endswith(f"/runs/flow-run/{event['payload']['flow_run_id']}")
    assert event["payload"]["flow_run_id"]
    await_reaction(office, automations[CASES[happen]], event["id"])


def test_a_good_run_asks_for_nobody(office: Office) -> None:
    office.run(office.source(3))

    assert events_of(office) == []


def test_everything_that_needs_a_person_is_told_apart() -> None:
    told = {"delivered": 0, "pending": 0, "dead": 3}
    missing = ("1 contacted twice",)
    proof = Proof("any", 2, 2, 0, 0, {"held": 2}, {}, 0, 0, 0, told, "ok", False, missing, None)

    assert [kind for kind, _ in find_signals(proof)] == [Signal.RED, Signal.HELD, Signal.DEAD_LETTERS]

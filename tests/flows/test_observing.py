"""What a person sees of a run: progress, report, proof, and events that ask for somebody."""

from __future__ import annotations

import time
from typing import Any

import pytest

from flows.signals import Signal, find_signals
from outreach.errors import CampaignStopped
from outreach.ledger.proof import Proof, Webhooks
from tests.flows.office import Office

WAIT_SECONDS = 60.0


def make_proof(*, states: dict[str, int], dead: int, missing: tuple[str, ...]) -> Proof:
    told = Webhooks(delivered=0, pending=0, dead=dead)
    return Proof("any", 2, 2, 0, 0, states, {}, 0, 0, 0, told, "ok", not missing, missing, None)


def events_of(office: Office) -> list[dict[str, Any]]:
    query = {
        "filter": {
            "event": {"prefix": ["outreach."]},
            "resource": {"id": [f"outreach.campaign.{office.name}"]},
        }
    }
    found: list[dict[str, Any]] = office.ask("/events/filter", query)["events"]
    return found


def await_events(office: Office, *wanted: Signal) -> list[dict[str, Any]]:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        found = events_of(office)
        if {each["event"] for each in found} >= {each.value for each in wanted}:
            return found
        time.sleep(0.2)
    pytest.fail(f"no such events within {WAIT_SECONDS} seconds: {wanted}")


def test_a_run_leaves_progress_report_and_proof(office: Office) -> None:
    office.run(office.source(30))

    assert office.artifact("progress")["data"] == 100.0
    assert "30 started" in office.artifact("progress")["description"]
    assert "data:image/svg+xml;base64," in office.artifact("report")["data"]
    assert '"balanced": true' in office.artifact("proof")["data"]


def test_a_good_run_asks_for_nobody(office: Office) -> None:
    office.run(office.source(3))

    assert events_of(office) == []


def test_an_auto_stop_is_signalled_and_says_what_to_do(office: Office) -> None:
    office.genesys.configure(
        faults=[{"kind": "error_before_effect", "status": 400, "operation": "messages.agentless"}]
    )

    with pytest.raises(CampaignStopped):
        office.run(office.source(30), stop_after=5)

    (event,) = await_events(office, Signal.STOPPED)
    assert "attempts failed" in event["payload"]["sentence"]
    assert "run the campaign again" in event["payload"]["advice"]
    assert office.runs()[0]["state"]["type"] == "FAILED"


def test_what_waits_for_a_person_is_signalled() -> None:
    proof = make_proof(states={"held": 2}, dead=3, missing=("1 contacted twice",))

    assert [kind for kind, _ in find_signals(proof, None)] == [Signal.RED, Signal.HELD, Signal.DEAD_LETTERS]

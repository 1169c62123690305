"""The guide's API, step by step as its fact sheet writes it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.emulation import EmulatorThread
from tests.support.emulator_clients import CONTACTS

TUTORIAL = {
    "externalContactId": "EXT-9928374",
    "name": "Acme Corp Support",
    "channels": {"voice": "+15551234567", "sms": "+15551234567", "email": "support@acme.com"},
    "initialMessage": "Testing automated contact interaction workflow",
    "interactionDurationSeconds": 600,
    "metadata": {"campaign": "outbound_q3", "region": "us-east"},
}
ONE = f"{CONTACTS}/EXT-9928374"


def start(channel: str = "voice", **changes: Any) -> dict[str, Any]:
    metadata = {"source": "external_contact_api", "timestamp": "2026-01-01T00:00:00Z"}
    body = {"contactId": "EXT-9928374", "type": channel, "initialMessage": "Hello", "metadata": metadata}
    return {**body, **changes}


def test_the_tutorials_contact_goes_all_the_way(guide: httpx.Client, fresh: EmulatorThread) -> None:
    registered = guide.post(CONTACTS, json=TUTORIAL)
    verdict = guide.get(ONE).json()
    started = guide.post("/api/v2/conversations", json=start())
    assert (registered.status_code, registered.json()["state"]) == (201, "new")
    assert verdict["validationStatus"] == "passed"
    assert verdict["channelAvailability"] == dict.fromkeys(TUTORIAL["channels"], "available")  # type: ignore[call-overload]  # a dict
    assert (started.status_code, started.json()["type"]) == (201, "voice")
    (row,) = fresh.truth()["contacts"]
    assert (row["api"], row["channel"], row["to"]) == ("guide", "voice", "+15551234567")
    assert (row["external_contact_id"], row["conversation_id"]) == ("EXT-9928374", started.json()["id"])


def test_a_contact_that_exists_is_409(guide: httpx.Client) -> None:
    assert [guide.post(CONTACTS, json=TUTORIAL).status_code for _ in range(2)] == [201, 409]


def test_an_unknown_contact_is_404(guide: httpx.Client) -> None:
    assert guide.get(f"{CONTACTS}/nobody").status_code == 404
    assert guide.post("/api/v2/conversations", json=start()).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"channels": {}},
        {"channels": {"pigeon": "x"}},
        {"channels": {"sms": "555"}},
        {"channels": {"email": "nobody"}},
        {"interactionDurationSeconds": 0},
        {"interactionDurationSeconds": 7201},
        {"externalContactId": ""},
        {"externalContactId": "x" * 256},
        {"name": None},
        {"metadata": {"a": 1}},
        {"firstName": "Ada"},
    ],
)
def test_a_wrong_contact_is_refused(guide: httpx.Client, change: dict[str, Any]) -> None:
    assert guide.post(CONTACTS, json=TUTORIAL | change).status_code == 400


@pytest.mark.parametrize("channel", ["chat", "pigeon"])
def test_a_channel_that_the_contact_lacks_or_nobody_knows_is_refused(
    guide: httpx.Client, channel: str
) -> None:
    guide.post(CONTACTS, json=TUTORIAL)
    assert guide.post("/api/v2/conversations", json=start(channel)).status_code == 400


def test_verdicts_follow_the_script(guide: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(
        verdicts=[
            {"contact": "bad-*", "status": "failed", "reason": "Number is not assigned"},
            {"metadata": {"region": "eu"}, "status": "unknown"},
            {"contact": "slow", "pending_seconds": 60},
            {"contact": "half", "unavailable": {"voice": "unavailable"}},
        ]
    )
    for contact, region in (("bad-1", "us"), ("eu-1", "eu"), ("slow", "us"), ("half", "us"), ("fine", "us")):
        guide.post(CONTACTS, json=TUTORIAL | {"externalContactId": contact, "metadata": {"region": region}})
    seen = {key: guide.get(f"{CONTACTS}/{key}").json() for key in ("bad-1", "eu-1", "slow", "half", "fine")}
    assert {key: verdict["validationStatus"] for key, verdict in seen.items()} == {
        "bad-1": "failed",
        "eu-1": "unknown",
        "slow": "pending",
        "half": "passed",
        "fine": "passed",
    }
    assert seen["bad-1"]["validationFailureReason"] == "Number is not assigned"
    assert seen["half"]["channelAvailability"]["voice"] == "unavailable"
    fresh.advance(61)
    assert guide.get(f"{CONTACTS}/slow").json()["validationStatus"] == "passed"


def test_a_conversation_lasts_as_long_as_was_asked(guide: httpx.Client, fresh: EmulatorThread) -> None:
    guide.post(CONTACTS, json=TUTORIAL | {"interactionDurationSeconds": 10})
    key = guide.post("/api/v2/conversations", json=start()).json()["id"]
    states = []
    for seconds in (0, 1, 10):
        fresh.advance(seconds)
        body = guide.get(f"/api/v2/conversations/{key}").json()
        states.append((body["state"], "endTime" in body))
    assert states == [("alerting", False), ("connected", False), ("disconnected", True)]


@pytest.mark.parametrize(("method", "path", "status"), [("DELETE", "", 204), ("POST", "/disconnect", 202)])
def test_a_conversation_can_be_ended(guide: httpx.Client, method: str, path: str, status: int) -> None:
    guide.post(CONTACTS, json=TUTORIAL)
    address = f"/api/v2/conversations/{guide.post('/api/v2/conversations', json=start()).json()['id']}"
    assert guide.request(method, address + path).status_code == status
    assert "endTime" in guide.get(address).json()


def test_a_repeated_start_contacts_the_person_twice(guide: httpx.Client, fresh: EmulatorThread) -> None:
    guide.post(CONTACTS, json=TUTORIAL)
    for _ in range(2):
        guide.post("/api/v2/conversations", json=start())
    truth = fresh.truth()
    assert {"external_contact_id": "EXT-9928374", "times": 2} in truth["contacted_twice"]


def test_the_two_apis_do_not_mix(platform: httpx.Client, guide: httpx.Client) -> None:
    guide.post(CONTACTS, json=TUTORIAL)
    key = guide.post("/api/v2/conversations", json=start()).json()["id"]
    assert platform.get(ONE).status_code == 404
    assert platform.get(f"/api/v2/conversations/{key}").status_code == 404
    assert platform.post("/api/v2/conversations", json=start()).status_code == 404


def test_a_missing_scope_is_named(guide: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(permissions_denied={"demo": ["conversation:write"]})
    answer = guide.post("/api/v2/conversations", json=start())
    assert (answer.status_code, "conversation:write" in answer.json()["message"]) == (403, True)

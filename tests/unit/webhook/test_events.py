"""The bodies: the guide's keys at their places, codes instead of free text, schemas that are current."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from outreach.contacts import Channel
from outreach.settings import Event
from outreach.webhook import events
from outreach.webhook.schemas import schemas

AT = datetime(2025, 11, 22, 15, 30, tzinfo=timezone(timedelta(hours=2)))
SPINE = {"contact_id": "EXT-9928374", "campaign": "outbound_q3", "timestamp": AT}

CREATED = events.InteractionCreated.model_validate(
    {
        **SPINE,
        "conversation_id": "c-1",
        "latency_ms": 41.3,
        "audit_log": {"channel": Channel.SMS},
        "reference": "r16",
    }
)
BODIES: list[events.Body] = [
    events.ContactRegistered.model_validate({**SPINE, "genesys_id": "g", "status": "created"}),
    events.ContactBlocked.model_validate({**SPINE, "reason": "suppressed"}),
    events.ContactDeferred.model_validate({**SPINE, "reason": "quiet_hours", "until": AT}),
    CREATED,
    events.InteractionFailed.model_validate({**SPINE, "reason": "bad.request", "status": 400}),
    events.InteractionUnknown.model_validate({**SPINE, "reason": "read_timeout", "channel": "voice"}),
    events.InteractionResolved.model_validate({**SPINE, "success": True, "outcome": "started"}),
    events.InteractionEnded.model_validate(
        {**SPINE, "conversation_id": "c-1", "channel": "email", "ended_at": AT}
    ),
    events.CampaignFinished(
        campaign="outbound_q3", timestamp=AT, success=True, source_rows=3, contacted=2, states={"ended": 2}
    ),
    events.Ping(timestamp=AT),
    events.ContactReplied.model_validate(
        {**SPINE, "conversation_id": "c-1", "channel": "sms", "meaning": "stop"}
    ),
]


def test_created_is_the_guides_body_with_ours_beside() -> None:
    body = json.loads(events.to_bytes(CREATED))
    guide = {key: body[key] for key in body if key not in {"campaign", "type", "reference", "opted_out"}}
    assert guide == {
        "event": "contact_interaction_created",
        "contact_id": "EXT-9928374",
        "conversation_id": "c-1",
        "success": True,
        "latency_ms": 41.3,
        "timestamp": "2025-11-22T13:30:00.000+00:00",
        "audit_log": {"action": "interaction_initiated", "channel": "sms", "compliance_checked": True},
    }


def test_every_event_of_the_setting_has_a_body() -> None:
    assert (
        {body.event for body in BODIES} == {event.value for event in Event} | {"ping"} == set(events.BODIES)
    )


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.event)
def test_every_body_carries_event_type_and_time(body: events.Body) -> None:
    sent = json.loads(events.to_bytes(body))
    assert sent["event"] == sent["type"] == body.event
    assert datetime.fromisoformat(sent["timestamp"]) == AT


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.event)
def test_every_body_has_exactly_the_keys_of_its_schema(body: events.Body) -> None:
    schema = json.loads(schemas()[f"{body.event}.json"])
    sent = json.loads(events.to_bytes(body))
    assert set(sent) == set(schema["properties"]) == set(schema["required"])


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.event)
def test_no_body_has_a_place_for_an_address_a_name_or_a_message(body: events.Body) -> None:
    keys = set(json.loads(events.to_bytes(body)))
    assert not keys & {
        "name",
        "phone",
        "email",
        "sms",
        "voice",
        "chat",
        "address",
        "message",
        "initial_message",
    }


@pytest.mark.parametrize(
    "reason",
    ["call +15551234567", "ann@example.com", "blocked by Ann", "x" * 65, "line\nbreak", "n15551234567"],
)
def test_a_reason_that_is_free_text_is_not_passed_on(reason: str) -> None:
    body = events.ContactBlocked.model_validate({**SPINE, "reason": reason})
    assert body.reason == "unspecified"


@given(st.text())
def test_whatever_the_reason_only_a_code_goes_out(reason: str) -> None:
    body = events.ContactBlocked.model_validate({**SPINE, "reason": reason})
    assert re.fullmatch(r"[A-Za-z0-9_.:-]{0,64}", body.reason)


@pytest.mark.parametrize(
    "reason", ["", "missing.permissions", "DNC_LISTED", "same-address", "us:quiet_hours"]
)
def test_a_code_goes_out_as_it_is(reason: str) -> None:
    assert events.ContactBlocked.model_validate({**SPINE, "reason": reason}).reason == reason


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        events.Ping(timestamp=datetime(2025, 1, 1))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("name", list(schemas()))
def test_the_schemas_in_docs_are_current(name: str) -> None:
    folder = Path(__file__).parents[3] / "docs" / "webhook-schemas"
    assert (folder / name).read_text(encoding="utf-8") == schemas()[name], (
        "run: python -m outreach.webhook.schemas"
    )

"""The guide's API against the emulator: the same promises on the other wire format."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outreach.clock import SystemClock
from outreach.contacts import Channel, Channels
from outreach.errors import Ambiguous, Forbidden, Refused, Unauthorized
from outreach.genesys.guide import Guide
from outreach.genesys.interface import NotRegistered, Registered
from outreach.genesys.opening import Account, fetch_token
from outreach.reachability import AVAILABLE, Inspection
from tests.support.byte_server import answer, serve_bytes
from tests.support.clients import NOW, contact, engagement, open_at, told
from tests.support.clients import start as contact_by
from tests.support.emulation import EmulatorThread, emulator_thread


@pytest.fixture
def organisation() -> Iterator[EmulatorThread]:
    with emulator_thread() as running:
        yield running


@pytest.fixture
def genesys(organisation: EmulatorThread) -> Iterator[Guide]:
    with open_at(organisation.url, "guide") as client:
        assert isinstance(client, Guide)
        yield client


def register(genesys: Guide) -> Registered:
    [registered] = genesys.register(told(contact()))
    assert isinstance(registered, Registered)
    return registered


def test_the_guides_own_example_is_registered_cleared_and_contacted_once(
    organisation: EmulatorThread, genesys: Guide
) -> None:
    registered = register(genesys)
    inspection = genesys.inspect(contact(), registered)
    started = contact_by(genesys, engagement(Channel.SMS, genesys_id=registered.genesys_id))

    assert inspection.status == "passed"
    assert inspection.availability == dict.fromkeys(Channel, AVAILABLE)
    [happened] = organisation.truth()["contacts"]
    assert happened["conversation_id"] == started.conversation_id
    assert happened["to"] == "+15551234567"


def test_a_contact_that_exists_is_a_success(genesys: Guide) -> None:
    assert [register(genesys).status, register(genesys).status] == ["created", "exists"]


@pytest.mark.parametrize("kind", ["act_then_reset", "reset_before", "error_after_effect", "truncated_json"])
def test_a_lost_registration_is_asked_for_again(
    organisation: EmulatorThread, genesys: Guide, kind: str
) -> None:
    organisation.configure(faults=[{"kind": kind, "operation": "guide.register", "nth": 1}])

    assert register(genesys).genesys_id == contact().external_contact_id


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_a_contact_that_is_not_accepted_is_a_value(status: int) -> None:
    with (
        serve_bytes(answer(status, {"code": "bad.request"})) as server,
        open_at(server.url, "guide") as genesys,
    ):
        [refused] = genesys.register(told(contact()))

    assert isinstance(refused, NotRegistered)
    assert not refused.retryable


def test_a_lost_answer_is_never_sent_again(organisation: EmulatorThread, genesys: Guide) -> None:
    register(genesys)
    organisation.configure(faults=[{"kind": "act_then_reset", "operation": "guide.start", "nth": 1}])
    with pytest.raises(Ambiguous):
        contact_by(genesys, engagement(Channel.SMS, genesys_id=contact().external_contact_id))

    assert organisation.truth()["count"] == 1
    assert genesys.connection.usage.snapshot().by_operation["start sms"] == 1


VERDICTS = [
    ({"validationStatus": "passed", "channelAvailability": {"sms": "available"}}, "passed"),
    ({"validationStatus": "pending", "channelAvailability": {"sms": "Available"}}, "pending"),
    ({"validationStatus": "failed", "validationFailureReason": "bad number"}, "failed"),
    ({"validationStatus": "unknown"}, "unknown"),
    ({"validationStatus": "validating"}, "unknown"),
    ({"validationStatus": 7}, "unknown"),
    ({}, "unknown"),
]


@pytest.mark.parametrize(("body", "status"), VERDICTS)
def test_only_the_verdicts_that_the_guide_names_are_believed(body: object, status: str) -> None:
    registered = Registered("EXT-9928374", "EXT-9928374", "created")
    with serve_bytes(answer(200, body)) as server, open_at(server.url, "guide") as genesys:
        inspection = genesys.inspect(contact(), registered)

    assert inspection.status == status
    assert inspection.availability[Channel.VOICE] == "unavailable"


def test_a_contact_that_the_guide_does_not_know_waits_and_is_not_blocked_for_good(genesys: Guide) -> None:
    inspection = genesys.inspect(contact(), Registered("X", "no-such-contact", "exists"))

    assert inspection == Inspection("unknown", {})


def test_a_proxys_page_in_place_of_a_verdict_says_nothing_of_the_contact_and_raises() -> None:
    page = answer(404, b"<html>nginx</html>", content_type="text/html")
    with (
        serve_bytes(page) as server,
        open_at(server.url, "guide") as genesys,
        pytest.raises(Refused, match="check api_url, the proxy"),
    ):
        genesys.inspect(contact(), Registered("X", "EXT-9928374", "exists"))


def test_conversations_are_read_and_ended(organisation: EmulatorThread, genesys: Guide) -> None:
    register(genesys)
    started = contact_by(genesys, engagement(Channel.SMS, genesys_id=contact().external_contact_id))
    wanted = [started.conversation_id, "no-such-conversation"]
    [running] = genesys.read(wanted)
    genesys.end(started.conversation_id, Channel.SMS)
    genesys.end(started.conversation_id, Channel.SMS)
    [ended] = genesys.read(wanted)

    assert running.ended_at is None
    assert ended.ended_at is not None
    assert ended.disconnect_type


def test_nothing_is_ever_found(genesys: Guide) -> None:
    attempt = engagement(Channel.SMS).attempt

    assert not genesys.can_find
    assert genesys.find([attempt]) == {attempt.reference: []}


def test_the_login_is_the_guides_form(organisation: EmulatorThread) -> None:
    with serve_bytes(answer(200, {"id": "c-1"})) as server, open_at(server.url, "guide") as genesys:
        contact_by(genesys, engagement())
        assert "authorization" in server.seen[0].headers
    with pytest.raises(Unauthorized):
        fetch_token(
            Account(api="guide", client_id="demo", client_secret="no", org_id="a", api_url=organisation.url)
        )


def test_a_missing_scope_is_named(organisation: EmulatorThread, genesys: Guide) -> None:
    organisation.configure(permissions_denied={"*": ["externalcontacts:contact:write"]})
    with pytest.raises(Forbidden) as caught:
        register(genesys)

    assert "externalcontacts:contact:write" in caught.value.advice


@pytest.mark.parametrize("body", [b"", {}, {"error": {"status": 503}}])
def test_an_answer_that_says_nothing_registers_nobody(body: object) -> None:
    with (
        serve_bytes(answer(200, body)) as server,
        open_at(server.url, "guide") as genesys,
        pytest.raises(Ambiguous),
    ):
        genesys.register(told(contact()))


def test_what_is_sent_is_the_guides_payload() -> None:
    channels = Channels(email="support@acme.com")
    with serve_bytes(answer(201, {"state": "new"})) as server, open_at(server.url, "guide") as genesys:
        genesys.register(told(contact(channels=channels)))

    assert server.seen[0].json() == {
        "externalContactId": "EXT-9928374",
        "name": "Acme Corp Support",
        "channels": {"email": "support@acme.com"},
        "initialMessage": "Testing automated contact interaction workflow",
        "interactionDurationSeconds": 600,
        "metadata": {"campaign": "outbound_q3", "region": "us-east"},
    }


def test_what_starts_an_interaction_is_the_guides_payload() -> None:
    created = answer(201, {"id": "c-1", "type": "sms"})
    with serve_bytes(created) as server, open_at(server.url, "guide") as genesys:
        contact_by(genesys, engagement(genesys_id="EXT-9928374"))

    assert server.seen[0].path == "/api/v2/conversations"
    assert server.seen[0].json() == {
        "contactId": "EXT-9928374",
        "type": "sms",
        "initialMessage": "Testing automated contact interaction workflow",
        "metadata": {"source": "external_contact_api", "timestamp": NOW.isoformat()},
    }


def test_creations_have_a_budget_of_their_own(organisation: EmulatorThread) -> None:
    clock = SystemClock()
    with open_at(organisation.url, "guide", clock=clock, creations_per_minute=200) as genesys:
        begun = clock.monotonic()
        genesys.register(told(*map(contact, range(6))))
        creations = clock.monotonic() - begun
        begun = clock.monotonic()
        for number in range(6):
            genesys.inspect(contact(number), Registered("X", contact(number).external_contact_id, "created"))

    assert creations >= 5 * 60 / 200
    assert clock.monotonic() - begun < creations

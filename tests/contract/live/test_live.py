"""The client against a real organisation. Nobody is contacted unless GENESYS_TEST_RECIPIENT names somebody.

Needs GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET and GENESYS_REGION. Senders are read from GENESYS_SMS_FROM,
GENESYS_EMAIL_FROM and GENESYS_VOICE_QUEUE_ID. GENESYS_TEST_RECIPIENT is `sms:+1...`, `voice:+1...` or
`email:you@...`. GENESYS_API_URL points the suite at a gateway or the emulator instead of a region.
The one contact that it writes has an address at example.com and is deleted again.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from outreach.clock import SystemClock
from outreach.contacts import Channel, Channels, Contact
from outreach.errors import GenesysError, Unauthorized
from outreach.genesys.http.client import quoted
from outreach.genesys.interface import Attempt, Engagement, Registered
from outreach.genesys.opening import Account, fetch_token, open_genesys
from outreach.genesys.platform.api import Platform
from outreach.genesys.platform.organization import read_limits
from outreach.genesys.senders import Senders
from outreach.reachability import AVAILABLE, NOT_CHECKABLE

NEEDED = ("GENESYS_CLIENT_ID", "GENESYS_CLIENT_SECRET", "GENESYS_REGION")
MISSING = [name for name in NEEDED if not os.environ.get(name)]
RECIPIENT = os.environ.get("GENESYS_TEST_RECIPIENT", "")
SECONDS_UNTIL_INDEXED = (5, 10, 30, 60, 120, 240)

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(bool(MISSING), reason=f"no real organisation: set {', '.join(NEEDED)}"),
]


def account() -> Account:
    return Account(
        client_id=os.environ["GENESYS_CLIENT_ID"],
        client_secret=os.environ["GENESYS_CLIENT_SECRET"],
        region=os.environ["GENESYS_REGION"],
        api_url=os.environ.get("GENESYS_API_URL"),
    )


@pytest.fixture(scope="module")
def genesys() -> Iterator[Platform]:
    senders = Senders(
        sms_from=os.environ.get("GENESYS_SMS_FROM"),
        email_from=os.environ.get("GENESYS_EMAIL_FROM"),
        voice_queue_id=os.environ.get("GENESYS_VOICE_QUEUE_ID"),
    )
    with open_genesys(account(), senders=senders, requests_per_minute=240) as client:
        assert isinstance(client, Platform)
        yield client


@pytest.fixture
def registered(genesys: Platform) -> Iterator[tuple[Contact, Registered]]:
    contact = Contact(
        external_contact_id=f"live-test-{uuid.uuid4().hex[:12]}",
        name="Live Test",
        channels=Channels(email=f"live-{uuid.uuid4().hex[:12]}@example.com"),
    )
    [result] = genesys.register([(contact, "Hi")])
    assert isinstance(result, Registered), result
    yield contact, result
    path = f"/api/v2/externalcontacts/contacts/{quoted(result.genesys_id)}"
    genesys.connection.request("delete the test contact", "DELETE", path)


def test_the_token_works_and_can_be_cached(genesys: Platform) -> None:
    token = fetch_token(account())

    assert token.expires_at > SystemClock().now()
    assert genesys.whoami().organization_id


def test_a_wrong_secret_is_refused_in_our_words() -> None:
    with pytest.raises(Unauthorized):
        fetch_token(replace(account(), client_secret="wrong"))


def test_the_organisation_shows_its_limits(genesys: Platform) -> None:
    assert read_limits(genesys.connection).get("token.rate.per.minute", 300) > 0


def test_every_sender_is_judged(genesys: Platform) -> None:
    checked = genesys.check_senders()

    assert set(checked) == set(Channel)
    reasons = {"no_sender", "sender_not_found", "sender_not_active", "sender_not_verified", "no_template"}
    assert set(checked.values()) <= {AVAILABLE, NOT_CHECKABLE, *reasons}


def test_registering_twice_keeps_the_id(genesys: Platform, registered: tuple[Contact, Registered]) -> None:
    contact, first = registered
    [second] = genesys.register([(contact, "Hi")])

    assert isinstance(second, Registered)
    assert second.genesys_id == first.genesys_id
    assert second.status == "updated"
    assert second.availability == {Channel.EMAIL: AVAILABLE}


def test_what_does_not_exist_is_neither_read_nor_found(genesys: Platform) -> None:
    unknown = str(uuid.uuid4())
    attempt = Attempt(uuid.uuid4().hex[:16], "x", unknown, Channel.SMS, "+15005550006", SystemClock().now())

    assert genesys.read([unknown]) == []
    assert genesys.find([attempt]) == {attempt.reference: []}


def test_the_do_not_contact_lists_can_be_mirrored_or_say_why_not(genesys: Platform) -> None:
    try:
        assert isinstance(genesys.list_do_not_contact(), set)
    except GenesysError as error:
        assert error.advice  # noqa: PT017  a missing right is an answer, if it says what to do


@pytest.mark.skipif(not RECIPIENT, reason="nobody is contacted: GENESYS_TEST_RECIPIENT names nobody")
def test_a_named_person_is_contacted_found_read_and_let_go(
    genesys: Platform, registered: tuple[Contact, Registered]
) -> None:
    kind, _, address = RECIPIENT.partition(":")
    contact, known = registered
    begun, reference = SystemClock().now(), uuid.uuid4().hex[:16]
    attempt = Attempt(reference, contact.external_contact_id, known.genesys_id, Channel(kind), address, begun)
    message = "A test of genesys-outreach. Please ignore it."
    started = genesys.wait_for_turn(Engagement(attempt, contact, message)).send()
    try:
        assert started.conversation_id in wait_until_found(genesys, attempt)
        assert genesys.read([started.conversation_id])
    finally:
        genesys.end(started.conversation_id, attempt.channel)


def wait_until_found(genesys: Platform, attempt: Attempt) -> set[str]:
    for seconds in SECONDS_UNTIL_INDEXED:
        SystemClock().sleep(seconds)
        found = genesys.find([attempt])[attempt.reference]
        if found:
            return {sighting.conversation_id for sighting in found}
    return set()

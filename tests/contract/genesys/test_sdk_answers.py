"""What the official SDK's models allow in an answer, our client reads: new words, nulls, all forms of a time.

A server answers each request with its operation's own model, drawn by chance (tests/support/sdk_answers.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

import pytest

from outreach.contacts import Channel
from outreach.errors import Ambiguous, OutreachError
from outreach.genesys.http.auth import seal
from outreach.genesys.interface import Registered
from outreach.genesys.platform.api import Platform
from outreach.genesys.platform.conversations import from_analytics, from_conversation
from outreach.genesys.platform.organization import read_limits
from outreach.genesys.platform.permissions import find_forbidden
from outreach.reachability import NOT_CHECKABLE
from tests.support import sdk_oracle
from tests.support.byte_server import ByteServer, answer, serve_bytes
from tests.support.clients import NOW, SENDERS, contact, engagement, open_at, told
from tests.support.clients import start as contact_by
from tests.support.sdk_answers import NEW_WORD, TIMES, draw

INSTANT = datetime(2026, 11, 1, 9, 30, tzinfo=timezone.utc)
ATTEMPT = engagement(at=INSTANT - timedelta(seconds=2)).attempt
OPERATIONS: dict[str, Callable[[Platform], object]] = {
    "register": lambda genesys: genesys.register(told(contact(0), contact(1))),
    "check senders": lambda genesys: genesys.check_senders(),
    **{
        f"start {channel}": lambda genesys, channel=channel: contact_by(genesys, engagement(channel))  # type: ignore[misc]  # bound early
        for channel in Channel
    },
    **{
        f"find {channel}": lambda genesys, channel=channel: genesys.find([engagement(channel).attempt])  # type: ignore[misc]
        for channel in Channel
    },
    "list started": lambda genesys: genesys.list_started(INSTANT - timedelta(hours=1), at_most=3),
    "read texts": lambda genesys: genesys.read_texts("c-1"),
    "read": lambda genesys: genesys.read(["C-1", "c-2"]),
    "end": lambda genesys: genesys.end("c-1", Channel.SMS),
    "do not contact": lambda genesys: genesys.list_do_not_contact(),
    "who am i": lambda genesys: genesys.whoami(),
    "limits": lambda genesys: read_limits(genesys.connection),
    "permissions": lambda genesys: find_forbidden(genesys.connection),
}


@pytest.fixture(scope="module")
def server() -> Iterator[ByteServer]:
    with serve_bytes() as opened:
        yield opened


@pytest.fixture(scope="module")
def genesys(server: ByteServer) -> Iterator[Platform]:
    with open_client(server) as opened:
        yield opened


@contextlib.contextmanager
def open_client(server: ByteServer) -> Iterator[Platform]:
    """One with a token that no 401 takes away for long."""
    token = seal("t" * 20, NOW + timedelta(hours=40), "demo")
    with open_at(server.url, sealed_token=token) as opened:
        assert isinstance(opened, Platform)
        yield opened


def answer_by_models(server: ByteServer, random: Random) -> None:
    """From now on, each request gets what its operation's model allows; one in eight is an error."""

    def say(connection: Any) -> None:
        seen = server.seen[-1]
        model = sdk_oracle.find(seen.method, seen.path.partition("?")[0]).answer
        if random.randrange(8) == 0:
            answer(random.choice([400, 403, 404, 409, 422, 500]), draw(random, "ErrorBody"))(connection)
        else:
            answer(200, draw(random, model) if model else b"")(connection)

    server.scripts[:] = [say]


def always(server: ByteServer, body: Any) -> None:
    server.scripts[:] = [answer(200, body)]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_any_answer_that_the_models_allow_is_a_value_or_one_of_our_errors(
    server: ByteServer, genesys: Platform, operation: str
) -> None:
    for seed in range(40):
        answer_by_models(server, Random(seed))
        with contextlib.suppress(OutreachError):
            OPERATIONS[operation](genesys)


def conversation(random: Random, **more: Any) -> dict[str, Any]:
    """One that analytics shows: ours, whatever else stands in it."""
    time = random.choice(TIMES)
    shown = {"conversationId": "C-1", "conversationStart": time, "conversationEnd": time}
    drawn: dict[str, Any] = draw(random, "AnalyticsConversationWithoutAttributes", 4)
    return drawn | shown | more


@pytest.mark.parametrize("seed", range(40))
def test_a_conversations_instants_are_read_whatever_else_stands_in_it(seed: int) -> None:
    seen = from_analytics(conversation(Random(seed)))

    assert (seen.conversation_id, seen.started_at, seen.ended_at) == ("C-1", INSTANT, INSTANT)


@pytest.mark.parametrize("end", [None, *TIMES])
def test_a_conversation_is_ended_when_its_end_is_told_and_only_then(end: str | None) -> None:
    for seed in range(20):
        seen = from_conversation(draw(Random(seed), "Conversation", 3) | {"id": "C-1", "endTime": end})
        assert seen.ended_at == (INSTANT if end else None)


OURS: list[dict[str, Any]] = [
    {"mediaType": "message", "addressTo": ATTEMPT.address, "addressFrom": SENDERS.sms_from},
    {"mediaType": "message", "addressTo": ATTEMPT.address, "addressFrom": None, "segments": None},
    {"mediaType": None, "addressTo": ATTEMPT.address, "direction": NEW_WORD, "deliveryStatus": NEW_WORD},
]


@pytest.mark.parametrize("session", OURS)
@pytest.mark.parametrize("direction", ["outbound", None])
def test_the_conversation_of_an_attempt_in_doubt_is_found_whatever_else_stands_in_it(
    server: ByteServer, genesys: Platform, session: dict[str, Any], direction: str | None
) -> None:
    for seed in range(20):
        random = Random(seed)
        participant = draw(random, "AnalyticsParticipantWithoutAttributes", 1) | {"sessions": [session]}
        ours = conversation(random, originatingDirection=direction, participants=[participant])
        always(server, draw(random, "AnalyticsConversationQueryResponse", 1) | {"conversations": [ours]})

        [found] = genesys.find([ATTEMPT])[ATTEMPT.reference]

        assert (found.conversation_id, found.started_at) == ("C-1", INSTANT)


@pytest.mark.parametrize("empty", [{}, {"conversations": []}, {"conversations": None, "totalHits": 0}])
def test_no_hits_are_nothing_seen(server: ByteServer, genesys: Platform, empty: dict[str, Any]) -> None:
    always(server, empty)

    assert genesys.find([ATTEMPT]) == {ATTEMPT.reference: []}
    assert genesys.list_started(NOW - timedelta(hours=1)) == ([], True)
    assert genesys.read_texts("c-1") == frozenset()


@pytest.mark.parametrize(
    "strange",
    [
        [],
        "none",
        None,
        {"conversations": {}},
        {"conversations": ["C-1"]},
        {"conversations": None, "totalHits": 3},
        {"conversations": [{"conversationStart": TIMES[0]}]},
        {"conversations": [{"conversationId": "C-1", "conversationStart": None}]},
        {"conversations": [{"conversationId": "C-1", "conversationStart": "yesterday"}]},
    ],
)
def test_what_cannot_be_read_is_not_nothing_seen(server: ByteServer, genesys: Platform, strange: Any) -> None:
    always(server, strange)

    with pytest.raises(Ambiguous):
        genesys.find([ATTEMPT])
    with pytest.raises(Ambiguous):
        genesys.list_started(NOW - timedelta(hours=1))


@pytest.mark.parametrize("name", ["mergeSet", "mergedFrom", "canonicalContact"])
def test_a_merged_contacts_messages_are_looked_for_under_its_other_ids(
    server: ByteServer, genesys: Platform, name: str
) -> None:
    other = {"id": "other-1", "selfUri": None}
    entity = draw(Random(1), "ExternalContact", 1) | {"id": "new-1"}
    entity |= {name: other if name == "canonicalContact" else [None, other]}
    merged = {"results": [{"id": ATTEMPT.genesys_id, "success": True, "entity": entity}], "errorCount": None}
    server.scripts[:] = [answer(200, {}), answer(200, merged), answer(200, {})]
    before = len(server.seen)

    genesys.find([ATTEMPT])

    asked = server.seen[-1].json()["segmentFilters"][0]["clauses"][0]["predicates"]
    assert len(server.seen) == before + 3
    assert {"new-1", "other-1", ATTEMPT.genesys_id} <= {each["value"] for each in asked}


@pytest.mark.parametrize("seed", range(10))
def test_who_was_merged_is_registered_under_the_id_that_the_answer_gives(
    server: ByteServer, seed: int
) -> None:
    entity = draw(Random(seed), "ExternalContact", 2) | {"id": "canonical-1"}
    source = {"entities": [{"id": "source-1", "name": "genesys-outreach", "active": None}]}
    results = {"results": [{"id": "0", "success": True, "status": None, "entity": entity}]}
    server.scripts[:] = [answer(200, source), answer(200, results)]

    with open_client(server) as genesys:
        [registered] = genesys.register(told(contact()))

    assert isinstance(registered, Registered)
    assert registered.genesys_id == "canonical-1"


@pytest.mark.parametrize("kind", ["EmailSmtpDomain", NEW_WORD, None])
def test_a_domain_that_genesys_does_not_verify_is_not_unverified(
    server: ByteServer, genesys: Platform, kind: str | None
) -> None:
    for seed in range(20):
        name = (SENDERS.email_from or "").rpartition("@")[2]
        domain = draw(Random(seed), "OutboundDomain") | {"id": name, "name": name, "senderType": kind}
        if kind != "EmailSmtpDomain":
            domain |= {"cnameVerificationResult": None, "dkimVerificationResult": {"status": None}}
        always(server, {"entities": [domain], "total": None, "pageCount": None})

        assert genesys.check_senders()[Channel.EMAIL] == NOT_CHECKABLE

"""Reading what became of conversations, from analytics (many at once) and from the conversation itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from outreach.genesys.http import untrusted_json
from outreach.genesys.interface import Conversation

COMMUNICATIONS = ("calls", "callbacks", "emails", "messages")

_SPELLING = {
    "deliverysuccess": "delivery-success",
    "deliveryfailed": "delivery-failed",
    "deliverypushed": "delivery-pushed",
}
"""Analytics' spelling of a delivery status to the conversation's (platform fact sheet 5.1, 5.3)."""

FAILED_DELIVERIES = frozenset({"failed", "delivery-failed"})
_OPTED_OUT = "recipientoptedout"


def from_analytics(body: Mapping[str, untrusted_json.Json]) -> Conversation | None:
    """One conversation of an analytics answer; None without an id."""
    conversation_id = untrusted_json.code(body, "conversationId")
    if not conversation_id:
        return None
    sessions = [session for _, session in sessions_of(body)]
    segments = [s for session in sessions for s in untrusted_json.objects(session.get("segments"))]
    return Conversation(
        conversation_id,
        untrusted_json.instant(body, "conversationStart"),
        _first(untrusted_json.instant(s, "segmentStart") for s in segments if _is_talk(s)),
        untrusted_json.instant(body, "conversationEnd"),
        _last(untrusted_json.text(segment, "disconnectType") for segment in segments),
        _spell(_last(untrusted_json.text(session, "deliveryStatus") for session in sessions)),
        any(_is_opt_out(untrusted_json.text(segment, "errorCode")) for segment in segments),
    )


def from_conversation(body: untrusted_json.Json) -> Conversation | None:
    """A conversation as `GET /conversations/{id}` shows it; None without an id."""
    conversation_id = untrusted_json.code(body, "id")
    if not conversation_id:
        return None
    communications = list(_communications_of(body))
    messages = [m for c in communications for m in untrusted_json.objects(c.get("messages"))]
    return Conversation(
        conversation_id,
        untrusted_json.instant(body, "startTime"),
        _first(untrusted_json.instant(c, "connectedTime") for c in communications),
        untrusted_json.instant(body, "endTime"),
        _last(untrusted_json.text(communication, "disconnectType") for communication in communications),
        _spell(_last(untrusted_json.text(message, "messageStatus") for message in messages)),
        any(
            _is_opt_out(untrusted_json.text(m.get("errorInfo"), "code")) for m in (*messages, *communications)
        ),
    )


def attributes_of(body: untrusted_json.Json, name: str) -> set[str]:
    """The values that the participants of a conversation carry under one attribute."""
    participants = untrusted_json.objects(untrusted_json.mapping(body).get("participants"))
    found = (untrusted_json.text(participant.get("attributes"), name) for participant in participants)
    return {value for value in found if value}


def sessions_of(
    body: Mapping[str, untrusted_json.Json],
) -> Iterator[tuple[Mapping[str, untrusted_json.Json], Mapping[str, untrusted_json.Json]]]:
    """Each session of an analytics conversation with its participant."""
    for participant in untrusted_json.objects(body.get("participants")):
        for session in untrusted_json.objects(participant.get("sessions")):
            yield participant, session


def _communications_of(body: untrusted_json.Json) -> Iterator[Mapping[str, untrusted_json.Json]]:
    for participant in untrusted_json.objects(untrusted_json.mapping(body).get("participants")):
        for kind in COMMUNICATIONS:
            yield from untrusted_json.objects(participant.get(kind))


def _is_talk(segment: Mapping[str, untrusted_json.Json]) -> bool:
    return untrusted_json.text(segment, "segmentType").lower() == "interact"


def _is_opt_out(code: str) -> bool:
    return _OPTED_OUT in code.replace(".", "").replace("_", "").lower()  # in any spelling


def _spell(status: str) -> str:
    return _SPELLING.get(status.lower(), status.lower())


def _first(instants: Iterator[datetime | None]) -> datetime | None:
    return min((found for found in instants if found), default=None)


def _last(texts: Iterator[str]) -> str:
    found = ""
    for value in texts:
        found = value or found
    return found

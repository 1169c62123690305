"""Reading what became of conversations, from analytics (many at once) and from the conversation itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from outreach.genesys import foreign
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


def from_analytics(body: Mapping[str, foreign.Json]) -> Conversation | None:
    """One conversation of an analytics answer; None without an id."""
    conversation_id = foreign.code(body, "conversationId")
    if not conversation_id:
        return None
    sessions = [session for _, session in sessions_of(body)]
    segments = [s for session in sessions for s in foreign.objects(session.get("segments"))]
    return Conversation(
        conversation_id,
        foreign.instant(body, "conversationStart"),
        _first(foreign.instant(s, "segmentStart") for s in segments if _is_talk(s)),
        foreign.instant(body, "conversationEnd"),
        _last(foreign.text(segment, "disconnectType") for segment in segments),
        _spell(_last(foreign.text(session, "deliveryStatus") for session in sessions)),
        any(_is_opt_out(foreign.text(segment, "errorCode")) for segment in segments),
    )


def from_conversation(body: foreign.Json) -> Conversation | None:
    """A conversation as `GET /conversations/{id}` shows it; None without an id."""
    conversation_id = foreign.code(body, "id")
    if not conversation_id:
        return None
    communications = list(_communications_of(body))
    messages = [m for c in communications for m in foreign.objects(c.get("messages"))]
    return Conversation(
        conversation_id,
        foreign.instant(body, "startTime"),
        _first(foreign.instant(c, "connectedTime") for c in communications),
        foreign.instant(body, "endTime"),
        _last(foreign.text(communication, "disconnectType") for communication in communications),
        _spell(_last(foreign.text(message, "messageStatus") for message in messages)),
        any(_is_opt_out(foreign.text(m.get("errorInfo"), "code")) for m in (*messages, *communications)),
    )


def attributes_of(body: foreign.Json, name: str) -> set[str]:
    """The values that the participants of a conversation carry under one attribute."""
    participants = foreign.objects(foreign.mapping(body).get("participants"))
    found = (foreign.text(participant.get("attributes"), name) for participant in participants)
    return {value for value in found if value}


def sessions_of(
    body: Mapping[str, foreign.Json],
) -> Iterator[tuple[Mapping[str, foreign.Json], Mapping[str, foreign.Json]]]:
    """Each session of an analytics conversation with its participant."""
    for participant in foreign.objects(body.get("participants")):
        for session in foreign.objects(participant.get("sessions")):
            yield participant, session


def _communications_of(body: foreign.Json) -> Iterator[Mapping[str, foreign.Json]]:
    for participant in foreign.objects(foreign.mapping(body).get("participants")):
        for kind in COMMUNICATIONS:
            yield from foreign.objects(participant.get(kind))


def _is_talk(segment: Mapping[str, foreign.Json]) -> bool:
    return foreign.text(segment, "segmentType").lower() == "interact"


def _is_opt_out(code: str) -> bool:
    return _OPTED_OUT in code.replace(".", "").replace("_", "").lower()


def _spell(status: str) -> str:
    return _SPELLING.get(status.lower(), status.lower())


def _first(instants: Iterator[datetime | None]) -> datetime | None:
    return min((found for found in instants if found), default=None)


def _last(texts: Iterator[str]) -> str:
    found = ""
    for value in texts:
        found = value or found
    return found

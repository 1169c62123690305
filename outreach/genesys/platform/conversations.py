"""Reading what became of conversations, from analytics (many at once) and from the conversation itself."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from outreach.genesys.http.untrusted_json import Json, Object, read_code, read_instant, read_list, read_text
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
_THEM = frozenset({"customer", "external"})
"""Who the person is among the participants (platform fact sheet 5.1)."""


def from_analytics(body: Object) -> Conversation:
    """One conversation of an analytics answer."""
    pairs = list(parts_of(body))
    sessions = [session for _, session in pairs]
    segments = [s for session in sessions for s in read_list(session, "segments")]
    talks = [segment for segment in segments if read_text(segment, "segmentType").lower() == "interact"]
    return Conversation(
        read_code(body, "conversationId"),
        read_instant(body, "conversationStart"),
        _first(read_instant(segment, "segmentStart") for segment in talks),
        read_instant(body, "conversationEnd"),
        _last(read_text(segment, "disconnectType") for segment in segments),
        _spell(_last(read_text(session, "deliveryStatus") for session in sessions)),
        any(_is_opt_out(read_text(segment, "errorCode")) for segment in segments),
        _last(read_code(segment, "errorCode") for segment in segments),
        *_whom(pairs, "sessionId"),  # a session is the communication of its participant, by the same id
    )


def from_conversation(body: Json) -> Conversation:
    """A conversation as `GET /conversations/{id}` shows it."""
    pairs = list(parts_of(body, COMMUNICATIONS))
    communications = [communication for _, communication in pairs]
    messages = [m for c in communications for m in read_list(c, "messages")]
    errors = [read_code(part.get("errorInfo"), "code") for part in (*messages, *communications)]
    return Conversation(
        read_code(body, "id"),
        read_instant(body, "startTime"),
        _first(read_instant(c, "connectedTime") for c in communications),
        read_instant(body, "endTime"),
        _last(read_text(communication, "disconnectType") for communication in communications),
        _spell(_last(read_text(message, "messageStatus") for message in messages)),
        any(map(_is_opt_out, errors)),
        _last(errors),
        *_whom(pairs, "id"),
    )


def attributes_of(body: Json, name: str) -> frozenset[str]:
    """The values that the participants of a conversation carry under one attribute."""
    participants = read_list(body, "participants")
    found = (read_text(participant.get("attributes"), name) for participant in participants)
    return frozenset(filter(None, found))


def parts_of(body: Json, kinds: Sequence[str] = ("sessions",)) -> Iterator[tuple[Object, Object]]:
    """Each session of an analytics conversation, or communication of one itself, with its participant."""
    for participant in read_list(body, "participants"):
        for kind in kinds:
            for part in read_list(participant, kind):
                yield participant, part


def _whom(pairs: Sequence[tuple[Object, Object]], key: str) -> tuple[frozenset[str], str, bool]:
    """The contacts that it names, the id of the person's part, else of the first, and whether they wrote."""
    contacts = frozenset(read_code(participant, "externalContactId") for participant, _ in pairs) - {""}
    theirs = (part for participant, part in pairs if read_text(participant, "purpose") in _THEM)
    communication_id = next((read_code(part, key) for part in (*theirs, *(part for _, part in pairs))), "")
    inbound = any(read_text(part, "direction").lower() == "inbound" for _, part in pairs)
    return contacts, communication_id, inbound


def _is_opt_out(code: str) -> bool:
    return _OPTED_OUT in code.replace(".", "").replace("_", "").lower()  # in any spelling


def _spell(status: str) -> str:
    return _SPELLING.get(status.lower(), status.lower())


def _first(instants: Iterator[datetime | None]) -> datetime | None:
    return min((found for found in instants if found), default=None)


def _last(texts: Iterable[str]) -> str:
    return next(filter(None, reversed([*texts])), "")

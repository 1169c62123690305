"""Looking for the conversations of attempts in doubt (platform fact sheet 5.3, 5.4).

| Channel | Asked on the server | Must hold in code | Certain |
|---|---|---|---|
| sms, chat | `addressTo`, `externalContactId` | time, direction, media, address, sender | never: no mark |
| email | `addressTo` | the same, and our reference in the subject | when the subject is shown |
| voice | `callbackNumber` | time, media, number, queue, our reference in the attributes | when shown |

The server is asked loosely (its intervals have the grain of a day), the code decides strictly. All that
matches is returned: several matches are for a person. Attributes are read from the conversation itself: the
attribute search is reported to accept no search by attribute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from outreach.contacts import Channel
from outreach.errors import NotFound
from outreach.genesys import foreign
from outreach.genesys.client import Connection, quoted
from outreach.genesys.conversations import attributes_of, sessions_of
from outreach.genesys.interface import Attempt, Senders, Sighting
from outreach.genesys.sending import ATTEMPT_ATTRIBUTE, chat_address

SKEW = timedelta(seconds=30)
"""How far their clock may be behind ours."""

WINDOW = timedelta(minutes=20)
"""How long after its intent an attempt may still reach Genesys: it waits for the budget, it is repeated."""

ATTEMPTS_PER_QUERY = 25
PAGE_SIZE = 100
MOST_PAGES = 10

MEDIA = {Channel.SMS: "message", Channel.CHAT: "message", Channel.EMAIL: "email", Channel.VOICE: "callback"}

_DETAILS = "/api/v2/analytics/conversations/details/query"
_Object = Mapping[str, foreign.Json]


def find_sightings(
    connection: Connection, senders: Senders, attempts: Sequence[Attempt]
) -> dict[str, list[Sighting]]:
    """Reference to sightings, an empty list where nothing was seen. Raises GenesysError."""
    found = _look(connection, senders, attempts, {attempt.genesys_id: set() for attempt in attempts})
    unseen = [
        a for a in attempts if not found[a.reference] and MEDIA[a.channel] == "message" and a.genesys_id
    ]
    merged = _merged_ids(connection, unseen)
    again = [attempt for attempt in unseen if merged.get(attempt.genesys_id)]
    return found | _look(connection, senders, again, merged)


def _look(
    connection: Connection, senders: Senders, attempts: Sequence[Attempt], merged: Mapping[str, set[str]]
) -> dict[str, list[Sighting]]:
    found: dict[str, list[Sighting]] = {attempt.reference: [] for attempt in attempts}
    for group in _groups(attempts):
        ids = {a.reference: {a.genesys_id, *merged.get(a.genesys_id, ())} - {""} for a in group}
        for conversation in _query(connection, _write_query(connection, senders, group, ids)):
            for attempt in group:
                sighting = _judge(connection, senders, attempt, ids[attempt.reference], conversation)
                if sighting and sighting not in found[attempt.reference]:
                    found[attempt.reference].append(sighting)
    return found


def _groups(attempts: Sequence[Attempt]) -> Iterator[list[Attempt]]:
    """Attempts of one medium that lie close together in time, at most 25."""
    group: list[Attempt] = []
    for attempt in sorted(attempts, key=lambda a: (MEDIA[a.channel], a.at)):
        if group and (
            MEDIA[group[0].channel] != MEDIA[attempt.channel]
            or attempt.at - group[0].at > WINDOW * 3
            or len(group) == ATTEMPTS_PER_QUERY
        ):
            yield group
            group = []
        group.append(attempt)
    if group:
        yield group


def _write_query(
    connection: Connection, senders: Senders, group: Sequence[Attempt], ids: Mapping[str, set[str]]
) -> dict[str, Any]:
    latest = max(attempt.at for attempt in group)
    end = min(latest + WINDOW, max(connection.clock.now(), latest + SKEW))
    interval = f"{_iso(group[0].at - SKEW)}/{_iso(end)}"
    media = MEDIA[group[0].channel]
    addressed = [attempt for attempt in group if _has_address(attempt, senders)]
    wanted = [_predicate(_ADDRESS[media], _address(attempt, senders)) for attempt in addressed]
    if media == "message":
        wanted += [_predicate("externalContactId", i) for a in group for i in sorted(ids[a.reference])]
    return {
        "interval": interval,
        "order": "asc",
        "orderBy": "conversationStart",
        "segmentFilters": [
            {
                "type": "and",
                "predicates": [_predicate("mediaType", media)],
                "clauses": [{"type": "or", "predicates": wanted}],
            }
        ],
    }


_ADDRESS = {"message": "addressTo", "email": "addressTo", "callback": "callbackNumber"}


def _query(connection: Connection, body: dict[str, Any]) -> Iterator[_Object]:
    seen: set[str] = set()
    for page in range(1, MOST_PAGES + 1):
        paged = body | {"paging": {"pageSize": PAGE_SIZE, "pageNumber": page}}
        answer = connection.request("find conversations", "POST", _DETAILS, json=paged)
        conversations = list(foreign.objects(foreign.mapping(answer.json).get("conversations")))
        for conversation in conversations:
            conversation_id = foreign.code(conversation, "conversationId")
            if conversation_id and conversation_id not in seen:  # pages shift while data arrives
                seen.add(conversation_id)
                yield conversation
        if len(conversations) < PAGE_SIZE:
            return


def _judge(
    connection: Connection, senders: Senders, attempt: Attempt, ids: set[str], conversation: _Object
) -> Sighting | None:
    started = foreign.instant(conversation, "conversationStart")
    if started is None or not attempt.at - SKEW <= started <= attempt.at + WINDOW:
        return None
    media = MEDIA[attempt.channel]
    pairs = [pair for pair in sessions_of(conversation) if pair[1].get("mediaType") == media]
    if not _is_outbound(conversation, media) or not _is_to(pairs, attempt, senders, ids):
        return None
    if not _is_from(pairs, attempt, senders):
        return None
    conversation_id = foreign.code(conversation, "conversationId")
    marks = _marks(connection, attempt, conversation_id, pairs)
    certain = any(attempt.reference in mark for mark in marks)
    return None if marks and not certain else Sighting(conversation_id, started, certain)


def _is_outbound(conversation: _Object, media: str) -> bool:
    """A callback counts as inbound in some organisations, so its direction proves nothing."""
    direction = foreign.text(conversation, "originatingDirection").lower()
    return media == "callback" or direction in {"", "outbound"}


def _is_to(
    pairs: Sequence[tuple[_Object, _Object]], attempt: Attempt, senders: Senders, ids: set[str]
) -> bool:
    """To this person's address; by the contact's id where no session shows one, or none was sent to."""
    shown = {_plain(address) for _, session in pairs for address in _addresses(session)}
    if shown and _has_address(attempt, senders):
        return _plain(_address(attempt, senders)) in shown
    return any(foreign.text(participant, "externalContactId") in ids for participant, _ in pairs)


def _is_from(pairs: Sequence[tuple[_Object, _Object]], attempt: Attempt, senders: Senders) -> bool:
    """From our sender, where a session shows one; for a callback, in our queue."""
    if attempt.channel is Channel.VOICE:
        segments = (s for _, session in pairs for s in foreign.objects(session.get("segments")))
        shown, ours = {foreign.text(s, "queueId") for s in segments}, senders.voice_queue_id
    else:
        shown = {_plain(foreign.text(session, "addressFrom")) for _, session in pairs}
        ours = _plain(_sender(attempt.channel, senders) or "")
    return not shown - {""} or ours in shown


def _marks(
    connection: Connection, attempt: Attempt, conversation_id: str, pairs: Sequence[tuple[_Object, _Object]]
) -> set[str]:
    """Where our reference would stand: subjects of an e-mail, attributes of a callback."""
    if attempt.channel is Channel.EMAIL:
        segments = (s for _, session in pairs for s in foreign.objects(session.get("segments")))
        return {foreign.text(segment, "subject") for segment in segments} - {""}
    if attempt.channel is Channel.VOICE:
        path = f"/api/v2/conversations/{quoted(conversation_id)}"
        try:
            answer = connection.request("read conversation", "GET", path)
        except NotFound:
            return set()
        return attributes_of(answer.json, ATTEMPT_ATTRIBUTE)
    return set()


def _merged_ids(connection: Connection, attempts: Sequence[Attempt]) -> dict[str, set[str]]:
    """Each contact's other ids, where it was merged since (platform fact sheet 3.5)."""
    ids = sorted({attempt.genesys_id for attempt in attempts})
    merged: dict[str, set[str]] = {}
    for first in range(0, len(ids), ATTEMPTS_PER_QUERY):
        body = {"entities": [{"id": genesys_id} for genesys_id in ids[first : first + ATTEMPTS_PER_QUERY]]}
        path = "/api/v2/externalcontacts/bulk/contacts"
        answer = connection.request("look up contacts", "POST", path, json=body)
        for result in foreign.objects(foreign.mapping(answer.json).get("results")):
            asked, entity = foreign.text(result, "id"), foreign.mapping(result.get("entity"))
            known = [entity, foreign.mapping(entity.get("canonicalContact")), *_merge_set(entity)]
            merged[asked] = {foreign.code(contact, "id") for contact in known} - {"", asked}
    return merged


def _merge_set(entity: _Object) -> list[_Object]:
    return [*foreign.objects(entity.get("mergeSet")), *foreign.objects(entity.get("mergedFrom"))]


def _addresses(session: _Object) -> list[str]:
    numbers = session.get("callbackNumbers")
    listed = [n for n in numbers if isinstance(n, str)] if isinstance(numbers, list) else []
    return [address for address in (foreign.text(session, "addressTo"), *listed) if address]


def _address(attempt: Attempt, senders: Senders) -> str:
    return chat_address(attempt, senders) if attempt.channel is Channel.CHAT else attempt.address


def _has_address(attempt: Attempt, senders: Senders) -> bool:
    """Web messaging goes to a contact, not to an address (platform fact sheet 4.1)."""
    return attempt.channel is not Channel.CHAT or senders.chat_type != "webmessaging"


def _sender(channel: Channel, senders: Senders) -> str | None:
    return {
        Channel.SMS: senders.sms_from,
        Channel.EMAIL: senders.email_from,
        Channel.CHAT: senders.chat_from,
    }.get(channel)


def _plain(address: str) -> str:
    return address.strip().casefold().removeprefix("tel:").removeprefix("mailto:").lstrip("+")


def _predicate(dimension: str, value: str) -> dict[str, str]:
    return {"type": "dimension", "dimension": dimension, "operator": "matches", "value": value}


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Looking for the conversations of attempts in doubt (platform fact sheet 5.3, 5.4).

| Channel | Asked on the server | Must hold in code | Certain |
|---|---|---|---|
| sms, chat | `addressTo`, `externalContactId` | time, direction, media, address, sender | never: no mark |
| email | `addressTo` | the same, and no other reference in the subject | when it ends in ours |
| voice | `callbackNumber` | time, media, number, queue, our reference in the attributes | when shown |

The server is asked loosely (its intervals have the grain of a day), the code decides strictly. All that
matches is returned: several matches are for a person. Attributes are read from the conversation itself: the
attribute search is reported to accept no search by attribute.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from typing_extensions import assert_never

from outreach.chunks import cut
from outreach.contacts import Channel
from outreach.errors import Forbidden, NotFound, Refused
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.interface import PAGE, WINDOW, Attempt, ConversationMatch
from outreach.genesys.platform.conversations import attributes_of
from outreach.genesys.platform.links import find_canonical
from outreach.genesys.platform.listing import Hit, read_all_hits, write_predicate, write_query
from outreach.genesys.platform.matching import SKEW, matches, subjects_of
from outreach.genesys.platform.media import MESSAGE, medium_of
from outreach.genesys.platform.sending import ATTEMPT_ATTRIBUTE, address_of, has_reference
from outreach.genesys.senders import Senders

ATTEMPTS_PER_QUERY = 25
MOST_PAGES = 10


def find_conversations(
    connection: Connection, senders: Senders, attempts: Sequence[Attempt]
) -> dict[str, list[ConversationMatch]]:
    """Reference to sightings, an empty list where nothing was seen; left out, where not all was shown.

    Raises GenesysError.
    """
    found = _look(connection, senders, attempts, {})
    # Messages of a contact that was merged stand under its other ids: one more question, for these alone.
    messages = [a for a in attempts if medium_of(a.channel) is MESSAGE and a.genesys_id]
    unseen = {a.reference: a for a in messages if found.get(a.reference) == []}
    try:
        shown = find_canonical(connection, {attempt.genesys_id for attempt in unseen.values()})
    except Refused:  # nobody says whether they were merged
        return {name: seen for name, seen in found.items() if name not in unseen}
    merged = {asked: ids - {asked} for asked, (_, ids) in shown.items()}
    again = {name: attempt for name, attempt in unseen.items() if merged.get(attempt.genesys_id)}
    complete = {name: seen for name, seen in found.items() if name not in again}
    return complete | _look(connection, senders, list(again.values()), merged)


def _look(
    connection: Connection,
    senders: Senders,
    attempts: Sequence[Attempt],
    merged: Mapping[str, frozenset[str]],
) -> dict[str, list[ConversationMatch]]:
    found: dict[str, list[ConversationMatch]] = {attempt.reference: [] for attempt in attempts}
    groups = list(_groups(attempts))
    for group in groups:
        ids = {a.reference: {a.genesys_id, *merged.get(a.genesys_id, ())} - {""} for a in group}
        query = _write_query(connection, senders, group, ids)
        hits = list(read_all_hits(connection, "find conversations", query, most=MOST_PAGES))
        # The oldest come first: where there are more, they began no earlier than the last one that is shown.
        last = hits[-1].started_at - connection.clock_skew if len(hits) > (MOST_PAGES - 1) * PAGE else None
        rest = [attempt for attempt in group if last and last <= attempt.at + WINDOW]
        groups += cut(rest, (len(group) + 1) // 2) if len(group) > 1 else ()  # until one stands alone
        for hit, attempt in product(hits, [a for a in group if a not in rest or len(group) == 1]):
            sighting = _judge(connection, senders, attempt, ids[attempt.reference], hit)
            if sighting and sighting not in found[attempt.reference]:
                found[attempt.reference].append(sighting)
        if len(group) == len(rest) == 1 and not found[rest[0].reference]:
            del found[rest[0].reference]
    return found


def _groups(attempts: Sequence[Attempt]) -> Iterator[list[Attempt]]:
    """Attempts of one medium that lie close together in time, at most 25."""
    group: list[Attempt] = []
    for attempt in sorted(attempts, key=lambda a: (medium_of(a.channel).name, a.at)):
        if group and (
            medium_of(group[0].channel) is not medium_of(attempt.channel)
            or attempt.at - group[0].at > WINDOW * 3  # a longer interval shows more that is not ours
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
    ahead, latest = connection.clock_skew, group[-1].at
    # Not beyond now, for pages shift while data arrives (platform fact sheet 5.3).
    end = min(latest + WINDOW, max(connection.clock.now(), latest + SKEW))
    medium = medium_of(group[0].channel)
    told = (address_of(attempt, senders) for attempt in group)
    wanted = [write_predicate(medium.address, address) for address in told if address is not None]
    if medium is MESSAGE:
        wanted += [write_predicate("externalContactId", i) for a in group for i in sorted(ids[a.reference])]
    segments = {
        "type": "and",
        "predicates": [write_predicate("mediaType", medium.name)],
        "clauses": [{"type": "or", "predicates": wanted}],
    }
    return write_query(group[0].at - SKEW + ahead, end + ahead, segments)


def _judge(
    connection: Connection, senders: Senders, attempt: Attempt, ids: set[str], hit: Hit
) -> ConversationMatch | None:
    if not matches(attempt, hit, senders, ids, connection.clock_skew):
        return None
    marks = _marks(connection, attempt, hit)
    certain = any(attempt.reference in mark for mark in marks)
    if not attempt.is_marked:  # a subject without a reference may well be ours
        marks = frozenset(filter(has_reference, marks))
    # A mark that is shown and not ours rules it out; where none is shown, nothing is proven.
    return None if marks and not certain else ConversationMatch(hit.conversation_id, hit.started_at, certain)


def _marks(connection: Connection, attempt: Attempt, hit: Hit) -> frozenset[str]:
    """Where our reference would stand: subjects of an e-mail, attributes of a callback."""
    match attempt.channel:
        case Channel.SMS | Channel.CHAT:
            return frozenset()
        case Channel.EMAIL:
            return subjects_of(hit.shown)
        case Channel.VOICE:
            return read_attributes(connection, hit.conversation_id)
        case _:
            assert_never(attempt.channel)


def read_attributes(connection: Connection, conversation_id: str) -> frozenset[str]:
    """What stands in a callback where our reference would; nothing where it is not shown."""
    path = f"/api/v2/conversations/{quoted(conversation_id)}"
    try:
        body = connection.request("read conversation", "GET", path).json
    except (NotFound, Forbidden):
        return frozenset()
    return attributes_of(body, ATTEMPT_ATTRIBUTE)

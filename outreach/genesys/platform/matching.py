"""Which conversations are ours, as analytics shows them (platform fact sheet 5.3, 5.4).

Does one belong to an attempt? What isn't shown proves nothing; what is shown and differs rules it out.

What our senders started since an instant, whoever told them to, is asked by sender: a number or address, for
callbacks the queue. Whom it went to, and whether it is ours, is decided by who asks. The newest come first,
so that a look with few requests sees what an old ledger cannot know; intervals have the grain of a day, so
the start is checked again here.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from outreach.contacts import Channel, bare_address
from outreach.genesys.http.client import Connection
from outreach.genesys.http.untrusted_json import Json, Object, read_list, read_text
from outreach.genesys.interface import PAGE, WINDOW, Attempt
from outreach.genesys.platform.conversations import parts_of
from outreach.genesys.platform.listing import INTERVAL, Hit, read_hits, write_predicate, write_query
from outreach.genesys.platform.media import EMAIL, Medium, medium_of
from outreach.genesys.platform.sending import address_of
from outreach.genesys.senders import Senders
from outreach.reachability import OwnConversation

SKEW = timedelta(seconds=15)
"""How far their clock may be off, beside what the answers' `Date` tells of it."""

Sessions = Sequence[tuple[Object, Object]]


def matches(attempt: Attempt, hit: Hit, senders: Senders, ids: set[str], clock_skew: timedelta) -> bool:
    """Whether time, medium, direction, address and sender all fit.

    `ids` are Genesys' ids of the person; `clock_skew` is how far Genesys' clock is ahead of ours.
    """
    committed = attempt.at + clock_skew
    if not committed - SKEW <= hit.started_at <= committed + WINDOW:
        return False
    medium = medium_of(attempt.channel)
    sessions = sessions_in(hit.shown, medium)
    return (
        _is_outbound(hit.shown, medium)
        and _is_to(sessions, attempt, senders, ids)
        and _is_from(sessions, medium, _names_of(senders, attempt.channel))
    )


def list_started(
    connection: Connection, senders: Senders, since: datetime, *, at_most: int | None = None
) -> tuple[list[OwnConversation], bool]:
    """The conversations, the newest first, and whether that is all. Raises GenesysError."""
    # `since` may be another clock's: one of ours that is behind must not make it later.
    asked = since - SKEW + min(connection.clock_skew, timedelta())
    found: dict[str, OwnConversation] = {}
    ours = [sender for channel in Channel for sender in senders.all_of(channel)]
    if not ours:
        return [], True
    by_us = [write_predicate(medium_of(sender.channel).sender, sender.name) for sender in ours]
    is_all = False
    pages = _pages(connection, {"type": "or", "predicates": by_us}, asked)
    for page, is_all in islice(pages, at_most):  # noqa: B007 - the last one is told
        for hit in page:
            own = _read_own(hit, senders)
            if own and own.started_at >= asked:
                found.setdefault(own.conversation_id, own)  # pages shift while data arrives
    return list(found.values()), is_all


def _pages(
    connection: Connection, segments: Mapping[str, Json], asked: datetime
) -> Iterator[tuple[list[Hit], bool]]:
    """Page after page, interval before interval, each with whether it is the last one."""
    end, is_last = max(connection.clock.now() + connection.clock_skew, asked + SKEW), False
    while not is_last:
        begin = max(asked, end - INTERVAL)
        query = write_query(begin, end, segments, newest_first=True)
        for page in read_hits(connection, "list own conversations", query):
            # Or it goes back beyond the interval's begin: the server gives whole days.
            is_through = len(page) < PAGE or any(hit.started_at < begin for hit in page)
            is_last = is_through and begin <= asked
            yield page, is_last
            if is_through:
                break
        end = begin


def _read_own(hit: Hit, senders: Senders) -> OwnConversation | None:
    """The conversation, if one of our senders is shown to have started it."""
    for channel in Channel:
        medium = medium_of(channel)
        sessions = sessions_in(hit.shown, medium)
        ours = _names_of(senders, channel)
        if not ours.isdisjoint(_senders_in(sessions, medium)) and _is_outbound(hit.shown, medium):
            addresses = frozenset(a for _, session in sessions for a in _addresses(session))
            ids = frozenset(read_text(participant, "externalContactId") for participant, _ in sessions)
            texts = subjects_of(hit.shown) if medium is EMAIL else frozenset[str]()
            key, started_at = hit.conversation_id, hit.started_at
            return OwnConversation(key, started_at, channel, addresses, ids - {""}, texts)
    return None


def sessions_in(conversation: Object, medium: Medium) -> list[tuple[Object, Object]]:
    """The sessions of one medium, or of one that isn't shown, each with its participant."""
    return [pair for pair in parts_of(conversation) if read_text(pair[1], "mediaType") in {"", medium.name}]


def subjects_of(conversation: Object) -> frozenset[str]:
    """The subjects that an e-mail conversation shows."""
    segments = _segments(sessions_in(conversation, EMAIL))
    return frozenset(read_text(segment, "subject") for segment in segments) - {""}


def _is_outbound(conversation: Object, medium: Medium) -> bool:
    direction = read_text(conversation, "originatingDirection").lower()
    return not medium.has_direction or direction in {"", "outbound"}


def _is_to(sessions: Sessions, attempt: Attempt, senders: Senders, ids: set[str]) -> bool:
    """To this person's address; by the contact's id where no session shows one, or none was sent to."""
    shown = {bare_address(address) for _, session in sessions for address in _addresses(session)}
    told = address_of(attempt, senders)
    if shown and told is not None:
        return bare_address(told) in shown
    return any(read_text(participant, "externalContactId") in ids for participant, _ in sessions)


def _is_from(sessions: Sessions, medium: Medium, ours: set[str]) -> bool:
    """From one of our senders, where it is shown; for a callback, in one of our queues."""
    shown = _senders_in(sessions, medium)
    return not shown or not shown.isdisjoint(ours)


def _names_of(senders: Senders, channel: Channel) -> set[str]:
    return {bare_address(sender.name) for sender in senders.all_of(channel)}


def _senders_in(sessions: Sessions, medium: Medium) -> set[str]:
    parts = (*(session for _, session in sessions), *_segments(sessions))
    return {bare_address(read_text(part, medium.sender)) for part in parts} - {""}


def _segments(sessions: Sessions) -> list[Object]:
    return [segment for _, session in sessions for segment in read_list(session, "segments")]


def _addresses(session: Object) -> list[str]:
    numbers = session.get("callbackNumbers")
    listed = [n for n in numbers if isinstance(n, str)] if isinstance(numbers, list) else []
    return [address for address in (read_text(session, "addressTo"), *listed) if address]

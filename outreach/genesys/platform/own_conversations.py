"""What our senders started since an instant, whoever told them to (platform fact sheet 5.3, 5.4).

The details query is asked by sender: a number or address, for callbacks the queue. Whom it went to, and
whether it is ours, is decided by who asks. The newest come first, so that a look with few requests sees
what an old ledger cannot know; intervals have the grain of a day, so the start is checked again here.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

from outreach.contacts import Channel
from outreach.errors import Ambiguous
from outreach.genesys.http.client import Connection
from outreach.genesys.http.untrusted_json import Json
from outreach.genesys.platform.listing import INTERVAL, PAGE, Hit, read_hits, write_predicate, write_query
from outreach.genesys.platform.matching import SKEW, read_own
from outreach.genesys.platform.media import medium_of
from outreach.genesys.senders import Senders
from outreach.reachability import OwnConversation

_LIST = "list own conversations"


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
            own = read_own(hit, senders)
            if own and own.started_at >= asked:
                found.setdefault(own.conversation_id, own)  # pages shift while data arrives
    return list(found.values()), is_all


def _pages(
    connection: Connection, segments: Mapping[str, Json], asked: datetime
) -> Iterator[tuple[list[Hit], bool]]:
    """Page after page, interval before interval, each with whether it is the last one."""
    end, number = max(connection.clock.now() + connection.clock_skew, asked + SKEW), 1
    before: list[Hit] = []
    while True:
        begin = max(asked, end - INTERVAL)
        query = write_query(begin, end, segments, newest_first=True)
        page = read_hits(connection, _LIST, query, number)
        if number > 1 and page == before:  # who gives one page for all would be asked without end
            raise Ambiguous(_LIST, 200, "page_twice", "", "Genesys gives the same page again: run it later.")
        before = page
        # Or it goes back beyond the interval's begin: the server gives whole days.
        is_through = len(page) < PAGE or any(hit.started_at < begin for hit in page)
        is_last = is_through and begin <= asked
        yield page, is_last
        if is_last:
            return
        end, number = (begin, 1) if is_through else (end, number + 1)

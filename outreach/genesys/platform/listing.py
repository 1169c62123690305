"""Lists that come in pages: an answer that is no such page is not known, never an empty list."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain, count, islice
from typing import NamedTuple

from outreach.errors import Ambiguous
from outreach.genesys.http.client import Connection
from outreach.genesys.http.exchange import Received
from outreach.genesys.http.untrusted_json import (
    Json,
    Object,
    as_mapping,
    read_code,
    read_instant,
    read_number,
)
from outreach.genesys.interface import PAGE

INTERVAL = timedelta(days=7)
"""The most in one details query: longer ones are said to be refused (platform fact sheet 5.3)."""

_MOST_PAGES = 100
_DETAILS = "/api/v2/analytics/conversations/details/query"
_ADVICE = "Genesys' answer is not the list that was asked for: what it holds is not known."


class Hit(NamedTuple):
    """A conversation of a details query: which it is, when it began, and all that is shown of it."""

    conversation_id: str
    started_at: datetime
    shown: Object


def read_pages(
    connection: Connection, operation: str, path: str, params: Mapping[str, str | int]
) -> Iterator[Object]:
    """Every entity of a list.

    Raises:
        Ambiguous: an answer has another shape, or there are more than 10,000, or fewer than it says.
    """
    seen = 0
    for page in range(1, _MOST_PAGES + 1):
        asked = {**params, "pageSize": 100, "pageNumber": page}
        answer = connection.request(operation, "GET", path, params=asked)
        entities = as_mapping(answer.json).get("entities")
        if not isinstance(entities, list) or not all(isinstance(entity, dict) for entity in entities):
            raise unreadable(operation, answer)
        yield from entities
        seen += len(entities)
        if page >= (read_number(answer.json, "pageCount") or 1) or not entities:
            if seen < (read_number(answer.json, "total") or 0):
                break
            return
    raise unreadable(operation, answer)


def write_query(
    begin: datetime, end: datetime, segments: Mapping[str, Json], *, newest_first: bool = False
) -> dict[str, Json]:
    """A details query: the conversations of an interval that have such segments, by when they started."""
    return {
        "interval": f"{write_instant(begin)}/{write_instant(end)}",
        "order": "desc" if newest_first else "asc",
        "orderBy": "conversationStart",
        "segmentFilters": [segments],
    }


def write_predicate(dimension: str, value: str) -> dict[str, str]:
    """A dimension with one value, as a details query says it."""
    return {"type": "dimension", "dimension": dimension, "operator": "matches", "value": value}


def write_instant(moment: datetime) -> str:
    """An instant of an interval."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_all_hits(
    connection: Connection, operation: str, query: Mapping[str, Json], *, most: int
) -> Iterator[Hit]:
    """Every conversation of a details query once, from at most so many pages. Raises as `read_hits`."""
    seen: set[str] = set()
    for hit in chain.from_iterable(islice(read_hits(connection, operation, query), most)):
        if hit.conversation_id not in seen:  # pages shift while data arrives
            seen.add(hit.conversation_id)
            yield hit


def read_hits(
    connection: Connection, operation: str, query: Mapping[str, Json], first: int = 1
) -> Iterator[list[Hit]]:
    """The pages of a details query's conversations from one on; the last has fewer than PAGE.

    Where there are none Genesys answers `{}`; a page after the last one tells of all the hits, and has none.

    Raises:
        Ambiguous: another shape, a conversation that does not say which it is and when it began, or the page
            before again: who gives one page for all would be asked without end.
    """
    before: list[Hit] = []
    for number in count(first):
        asked = {**query, "paging": {"pageSize": PAGE, "pageNumber": number}}
        answer = connection.request(operation, "POST", _DETAILS, json=asked)
        page = _read_page(operation, answer, number)
        if page and page == before:
            raise unreadable(operation, answer, "page_twice")
        yield page
        if len(page) < PAGE:  # totalHits is only about right (5.3)
            return
        before = page


def _read_page(operation: str, answer: Received, number: int) -> list[Hit]:
    body = as_mapping(answer.json)
    found, total = body.get("conversations"), read_number(body, "totalHits") or 0
    if isinstance(answer.json, dict) and found is None and total <= (number - 1) * PAGE:
        return []
    listed = found if isinstance(found, list) else [None]
    hits = [hit for each in listed if (hit := _read_hit(each))]
    if len(hits) < len(listed):
        raise unreadable(operation, answer)
    return hits


def _read_hit(found: Json) -> Hit | None:
    key, started_at = read_code(found, "conversationId"), read_instant(found, "conversationStart")
    return Hit(key, started_at, found) if key and started_at else None


def unreadable(operation: str, answer: Received, code: str = "unrecognised_answer") -> Ambiguous:
    """A 2xx whose shape says nothing."""
    return Ambiguous(operation, answer.status, code, answer.correlation_id, _ADVICE)

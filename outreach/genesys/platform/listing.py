"""Lists that come in pages: an answer that is no such page is not known, never an empty list."""

from collections.abc import Iterator, Mapping

from outreach.errors import Ambiguous
from outreach.genesys.http.client import Answer, Connection
from outreach.genesys.http.untrusted_json import (
    Json,
    Object,
    as_mapping,
    read_code,
    read_instant,
    read_number,
)

_ADVICE = "Genesys' answer is not the list that was asked for: what it holds is not known."


def read_pages(
    connection: Connection, operation: str, path: str, params: Mapping[str, str | int], *, most: int
) -> Iterator[Object]:
    """Every entity of a list of at most so many pages.

    Raises:
        Ambiguous: an answer has another shape, or there are more pages, or fewer entities than it says.
    """
    seen = 0
    for page in range(1, most + 1):
        answer = connection.request(
            operation, "GET", path, params={**params, "pageSize": 100, "pageNumber": page}
        )
        entities = _entities(operation, answer)
        yield from entities
        seen += len(entities)
        if page >= (read_number(answer.json, "pageCount") or 1) or not entities:
            if seen < (read_number(answer.json, "total") or 0):
                break
            return
    raise unreadable(operation, answer)


def read_hits(operation: str, answer: Answer, before: int = 0) -> list[Object]:
    """The conversations of a details query; `{}` is what Genesys answers when there are none.

    A page after the last one tells of all the hits, and has none; `before` is how many the pages before had.

    Raises:
        Ambiguous: another shape, or a conversation that does not say which it is and when it began.
    """
    body = as_mapping(answer.json)
    found = body.get("conversations")
    if isinstance(answer.json, dict) and found is None and (read_number(body, "totalHits") or 0) <= before:
        return []
    if not isinstance(found, list) or not all(map(_is_hit, found)):
        raise unreadable(operation, answer)
    return found


def _is_hit(found: Json) -> bool:
    return bool(read_code(found, "conversationId")) and read_instant(found, "conversationStart") is not None


def unreadable(operation: str, answer: Answer, code: str = "unrecognised_answer") -> Ambiguous:
    """A 2xx whose shape says nothing."""
    return Ambiguous(operation, answer.status, code, answer.correlation_id, _ADVICE)


def _entities(operation: str, answer: Answer) -> list[Object]:
    entities = as_mapping(answer.json).get("entities")
    if not isinstance(entities, list) or not all(isinstance(entity, dict) for entity in entities):
        raise unreadable(operation, answer)
    return entities

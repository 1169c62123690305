"""Finding conversations by participant attributes, e.g. a callback's `data` (platform fact sheet 5.3)."""

from __future__ import annotations

from collections.abc import Iterator

from emulator.http.fields import Fields, instant_of
from emulator.http.messages import JsonObject, Request, Response, answer
from emulator.http.routing import Operations
from emulator.state.conversations import Conversation
from emulator.state.organisation import Organisation

operation = Operations("/api/v2/conversations/participants/attributes")

_PREFIX = "participantData."
_FIELDS = ("sortOrder", "sortBy", "sort", "returnFields", "query", "cursor")
_CRITERION = (
    "endValue",
    "values",
    "startValue",
    "value",
    "operator",
    "group",
    "dateFormat",
    "type",
    "fields",
)
_PAGE = 100


@operation("attributes.search", "POST", "/search", "conversation:participant:attributesview")
def search(org: Organisation, request: Request) -> Response:
    """Conversations that fit every criterion, `attribute_index_delay_seconds` after their start."""
    body = request.fields(_FIELDS)
    criteria = [_Criterion(part) for part in body.parts("query", fewest=1, most=50)]
    cursor = body.text("cursor") or "0"
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 12:
        raise body.wrong("cursor", "is not valid")
    latest = org.now() - org.settings.attribute_index_delay_seconds
    matches = [
        conversation
        for conversation in _candidates(org, criteria)
        if conversation.start <= latest and all(criterion.fits(conversation) for criterion in criteria)
    ]
    start = int(cursor)
    more = {"cursor": str(start + _PAGE)} if len(matches) > start + _PAGE else {}
    return answer({"results": [_document(org, each) for each in matches[start : start + _PAGE]], **more})


def _candidates(org: Organisation, criteria: list[_Criterion]) -> Iterator[Conversation]:
    for criterion in criteria:
        if criterion.kind == "EXACT" and criterion.operator == "AND" and len(criterion.names) == 1:
            seen: dict[str, Conversation] = {}
            for value in criterion.values:
                found = org.conversations.with_value(f"attribute.{criterion.names[0]}", value)
                seen |= {conversation.conversation_id: conversation for conversation in found}
            return iter(seen.values())
    return iter(org.conversations.by_id.values())


class _Criterion:
    """One criterion: EXACT on attributes, or DATE_RANGE on the conversation's start."""

    def __init__(self, part: Fields) -> None:
        part.allow(_CRITERION)
        self.kind = part.choice("type", ("EXACT", "DATE_RANGE"))
        self.operator = part.choice("operator", ("AND", "OR", "NOT"), "AND")
        if part.parts("group"):
            raise part.wrong("group", "is not emulated")
        names = part.texts("fields", fewest=1, most=10)
        self.values = part.texts("values") or [part.text("value")]
        self.names = [name.removeprefix(_PREFIX) for name in names]
        if self.kind == "EXACT" and not all(name.startswith(_PREFIX) for name in names):
            raise part.wrong("fields", f"must start with {_PREFIX}")
        if self.kind == "DATE_RANGE":
            self._start, self._end = _moment(part, "startValue"), _moment(part, "endValue")

    def fits(self, conversation: Conversation) -> bool:
        """Whether a conversation fits."""
        if self.kind == "DATE_RANGE":
            return self._start <= conversation.start <= self._end
        held = any(conversation.attributes.get(name) in self.values for name in self.names)
        return held is not (self.operator == "NOT")


def _moment(part: Fields, name: str) -> float:
    seconds = instant_of(part.text(name, required=True))
    if seconds is None:
        raise part.wrong(name, "is no ISO-8601 date and time")
    return seconds


def _document(org: Organisation, conversation: Conversation) -> JsonObject:
    return {
        "conversationId": conversation.conversation_id,
        "participantData": conversation.attributes,
        "startTime": org.stamp(conversation.start),
    }

"""Finding conversations: the details query and reading details by id (platform fact sheet 5.3).

A conversation shows up `index_delay_seconds` after its start. The interval selects whole days.
"""

import math
from collections.abc import Iterator

from emulator.errors import bad_request, missing
from emulator.http.fields import Fields, instant_of
from emulator.http.messages import Request, Response, answer
from emulator.http.routing import Operations
from emulator.platform.details_filter import DetailsFilter
from emulator.platform.details_view import details
from emulator.state.conversations import Conversation
from emulator.state.organisation import Organisation

operation = Operations("/api/v2/analytics/conversations")
_PERMISSIONS = ("analytics:conversationDetail:view", "analytics:agentConversationDetail:view")

_DAY = 86400.0
_INDEXES = {
    "addressTo": "address",
    "callbackNumber": "address",
    "externalContactId": "person",
    "outboundContactId": "list contact",
    "outboundCampaignId": "campaign",
}
"""Dimension to the index that knows its values."""
_FIELDS = (
    "conversationFilters",
    "segmentFilters",
    "evaluationFilters",
    "surveyFilters",
    "resolutionFilters",
    "order",
    "orderBy",
    "interval",
    "aggregations",
    "paging",
)


@operation("analytics.query", "POST", "/details/query", *_PERMISSIONS)
def query(org: Organisation, request: Request) -> Response:
    """Conversations that started on a day touched by the interval and pass the filters."""
    body = request.fields(_FIELDS)
    first, last = _days(org, body)
    chosen = DetailsFilter(body)
    paging = body.part("paging")
    size, number = paging.whole("pageSize", 25, 1, 100), paging.whole("pageNumber", 1, 1, 100_000)
    order = body.choice("order", ("asc", "desc", "unordered"), "asc")
    body.choice(
        "orderBy", ("conversationStart", "conversationEnd", "segmentStart", "segmentEnd"), "conversationStart"
    )
    now = org.now()
    matches = [
        conversation
        for conversation in _candidates(org, chosen)
        if first <= conversation.start < last
        and _indexed(org, conversation, now)
        and chosen.passes(conversation, now)
    ]
    matches.sort(key=lambda conversation: conversation.start, reverse=order == "desc")
    page = matches[(number - 1) * size : number * size]
    if not page:
        return answer({"totalHits": len(matches)})
    return answer({"conversations": [details(org, each) for each in page], "totalHits": len(matches)})


def _days(org: Organisation, body: Fields) -> tuple[float, float]:
    """The interval widened to whole days (UTC), in the organisation's time."""
    start_text, slash, end_text = body.text("interval", required=True).partition("/")
    start, end = instant_of(start_text), instant_of(end_text)
    if not slash or start is None or end is None or end <= start:
        raise bad_request(
            "The interval must be two ISO-8601 instants, the second later", "interval", "invalid.date"
        )
    skew = org.clock.skew
    return math.floor(start / _DAY) * _DAY - skew, math.ceil(end / _DAY) * _DAY - skew


def _indexed(org: Organisation, conversation: Conversation, now: float) -> bool:
    return not conversation.guide and now >= conversation.start + org.settings.index_delay_seconds


def _candidates(org: Organisation, chosen: DetailsFilter) -> Iterator[Conversation]:
    """The conversations worth looking at: those of an index, when the filters name one value."""
    for dimension, kind in _INDEXES.items():
        if (value := chosen.fixed.get(dimension)) is not None:
            return org.conversations.with_value(kind, value)
    key = chosen.fixed.get("conversationId")
    if key is not None:
        conversation = org.conversations.by_id.get(key)
        return iter(() if conversation is None else (conversation,))
    return iter(org.conversations.by_id.values())


@operation("analytics.conversation", "GET", "/{conversationId}/details", *_PERMISSIONS)
def read_one(org: Organisation, request: Request) -> Response:
    """The details of one conversation."""
    conversation = org.conversations.by_id.get(request.parameters["conversationId"])
    if conversation is None or not _indexed(org, conversation, org.now()):
        raise missing("conversation")
    return answer(details(org, conversation))


@operation("analytics.details", "GET", "/details", *_PERMISSIONS)
def read_many(org: Organisation, request: Request) -> Response:
    """The details of up to 100 conversations, `id=a,b`; the unknown are left out."""
    ids = [part for value in request.queries("id") for part in value.split(",") if part]
    if not 1 <= len(ids) <= 100:
        raise bad_request("The query parameter id must name 1 to 100 conversations", "id")
    now = org.now()
    known = (org.conversations.by_id.get(key) for key in ids)
    indexed = [each for each in known if each is not None and _indexed(org, each, now)]
    return answer({"conversations": [details(org, each) for each in indexed]})

"""The filters of a details query: and, or, clauses, predicates (platform fact sheet 5.3)."""

import math
from collections.abc import Callable

from emulator.http.fields import Fields
from emulator.state.conversations import Conversation

Test = Callable[[Conversation, float], bool]
Values = Callable[[Conversation], list[str | None]]

CONVERSATION_DIMENSIONS: dict[str, Values] = {
    "conversationId": lambda c: [c.conversation_id],
    "externalTag": lambda c: [c.external_tag],
    "originatingDirection": lambda c: ["inbound" if c.inbound else "outbound"],
    "divisionId": lambda _: [None],
    "conversationInitiator": lambda _: [None],
    "customerParticipation": lambda _: [None],
}
SEGMENT_DIMENSIONS: dict[str, Values] = {
    "externalContactId": lambda c: [c.genesys_id],
    "canonicalExternalContactId": lambda c: [c.genesys_id],
    "addressTo": lambda c: [c.address, *([c.sender] if c.replies else [])] if c.media != "callback" else [],
    "addressFrom": lambda c: [c.sender, *([c.address] if c.replies else [])] if c.media != "callback" else [],
    "ani": lambda c: [c.address if c.media == "callback" else None],
    "dnis": lambda c: [c.sender if c.media == "callback" else None],
    "callbackNumber": lambda c: list(c.details.get("callbackNumbers", [None])),
    "direction": lambda c: [*(["inbound"] if c.replies else []), *([] if c.inbound else ["outbound"])],
    "mediaType": lambda c: [c.media],
    "messageType": lambda c: [c.message_type or None],
    "queueId": lambda c: [c.queue_id],
    "purpose": lambda c: ["customer", "acd" if c.media == "callback" else "api"],
    "subject": lambda c: [c.subject or None],
    "deliveryStatus": lambda _: [None],
    "disconnectType": lambda c: [c.disconnect_type],
    "errorCode": lambda c: [c.failure],
    "outboundContactId": lambda c: [c.details.get("outboundContactId")],
    "outboundCampaignId": lambda c: [c.details.get("outboundCampaignId")],
    "outboundContactListId": lambda c: [c.details.get("outboundContactListId")],
    "provider": lambda _: [None],
    "remote": lambda c: [c.address],
    "sessionDnis": lambda _: [None],
    "userId": lambda _: [None],
}
_TIMES: dict[str, Callable[[Conversation], float]] = {
    "conversationStart": lambda c: c.start,
    "conversationEnd": lambda c: c.ends,
}


class DetailsFilter:
    """All filters of one query. `fixed` are dimensions that must have one value: a hint for an index."""

    def __init__(self, body: Fields) -> None:
        self.fixed: dict[str, str] = {}
        self._tests = [
            self._filter(part, CONVERSATION_DIMENSIONS, top=True)
            for part in body.parts("conversationFilters")
        ]
        self._tests += [
            self._filter(part, SEGMENT_DIMENSIONS, top=True) for part in body.parts("segmentFilters")
        ]

    def passes(self, conversation: Conversation, now: float) -> bool:
        """Whether a conversation passes every filter."""
        return all(test(conversation, now) for test in self._tests)

    def _filter(self, part: Fields, dimensions: dict[str, Values], *, top: bool) -> Test:
        kind = part.choice("type", ("and", "or"))
        tests = [
            self._predicate(each, dimensions, fixed=top and kind == "and")
            for each in part.parts("predicates")
        ]
        if top:
            tests += [self._filter(each, dimensions, top=False) for each in part.parts("clauses")]
        if not tests:
            raise part.wrong("predicates", "must not be empty")
        combine = all if kind == "and" else any
        return lambda conversation, now: combine(test(conversation, now) for test in tests)

    def _predicate(self, part: Fields, dimensions: dict[str, Values], *, fixed: bool) -> Test:
        if part.choice("type", ("dimension", "property", "metric"), "dimension") != "dimension":
            raise part.wrong("type", "is not emulated, only dimension is")
        dimension = part.text("dimension", required=True)
        operator = part.choice("operator", ("matches", "exists", "notExists"), "matches")
        if dimension in _TIMES:
            return _range(part, _TIMES[dimension])
        values_of = dimensions.get(dimension)
        if values_of is None:
            raise part.wrong("dimension", f"is not one of {', '.join(dimensions)}")
        if operator != "matches":
            wanted = operator == "exists"
            return lambda conversation, _: any(values_of(conversation)) is wanted
        value = part.text("value", required=True)
        if fixed:
            self.fixed[dimension] = value
        return _ended(value, values_of) if dimension == "disconnectType" else _equal(value, values_of)


def _equal(value: str, values_of: Values) -> Test:
    wanted = value.casefold()
    return lambda conversation, _: any(
        held is not None and held.casefold() == wanted for held in values_of(conversation)
    )


def _ended(value: str, values_of: Values) -> Test:
    same = _equal(value, values_of)
    return lambda conversation, now: now >= conversation.ends and same(conversation, now)


def _range(part: Fields, time_of: Callable[[Conversation], float]) -> Test:
    """`range` in milliseconds since the epoch."""
    limits = part.part("range", required=True)
    least = max((each for each in map(limits.number, ("gt", "gte")) if each is not None), default=-math.inf)
    most = min((each for each in map(limits.number, ("lt", "lte")) if each is not None), default=math.inf)
    return lambda conversation, _: least <= time_of(conversation) * 1000 <= most

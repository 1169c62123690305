"""Callbacks: an agent calls later (platform fact sheet 4.3)."""

from emulator.errors import bad_request, missing
from emulator.http.fields import Fields
from emulator.http.messages import JsonObject, Request, Response, answer
from emulator.http.routing import Operations
from emulator.state.contacts import e164_of
from emulator.state.conversations import DISCONNECT_TYPES, NEVER, Conversation
from emulator.state.defaults import SMS_NUMBER
from emulator.state.organisation import Organisation

operation = Operations("/api/v2/conversations/callbacks")

_FIELDS = frozenset(
    (
        "scriptId",
        "queueId",
        "routingData",
        "customerFirstCallbackDeliveryMode",
        "callbackUserName",
        "callbackNumbers",
        "callbackScheduledTime",
        "countryCode",
        "validateCallbackNumbers",
        "data",
        "callerId",
        "callerIdName",
    )
)
_PATCH_FIELDS = (
    "conversationId",
    "queueId",
    "agentId",
    "callbackScheduledTime",
    "countryCode",
    "callbackNumbers",
    "validateCallbackNumbers",
    "customerFirstCallbackDeliveryMode",
)
_FARTHEST_SECONDS = 30 * 86400.0


@operation("callbacks.create", "POST", "", "conversation:callback:create")
def create(org: Organisation, request: Request) -> Response:
    """Schedule a callback; `data` becomes the customer participant's attributes."""
    body = request.fields(_FIELDS)
    numbers = _numbers(body)
    queue_id = _queue(org, body)
    attributes = body.mapping("data")
    now = org.now()
    scheduled = _scheduled(body, now)
    conversation = _conversation(org, body, numbers, queue_id, scheduled, now)
    conversation.attributes = attributes
    org.conversations.add(conversation)
    content = {"data": attributes, "queue_id": queue_id}
    org.record(conversation, "voice", org.person(None, "voice", numbers[0]), content)
    return answer(_answer(org, conversation))


def _numbers(body: Fields) -> list[str]:
    if not body.values.get("callbackNumbers"):
        raise bad_request(
            "A callback needs a number", "callbackNumbers", "callback.error.missing.callback.numbers"
        )
    numbers = body.texts("callbackNumbers", fewest=1, most=10)
    if body.flag("validateCallbackNumbers") and not all(e164_of(number) for number in numbers):
        raise body.wrong("callbackNumbers", "must be phone numbers with their country code")
    if not all(number.strip() for number in numbers):
        raise body.wrong("callbackNumbers", "must not be empty")
    return numbers


def _queue(org: Organisation, body: Fields) -> str:
    queue_id = body.text("queueId") or body.part("routingData").text("queueId")
    if not queue_id:
        raise bad_request("A callback needs a queue", "queueId", "callback.error.missing.queue.id")
    if queue_id not in org.settings.queues:
        raise bad_request("The queue does not exist", "queueId")
    return queue_id


def _scheduled(body: Fields, now: float) -> float | None:
    moment = body.moment("callbackScheduledTime")
    if moment is not None and moment > now + _FARTHEST_SECONDS:
        code = "callback.error.scheduled.time.too.far.in.future"
        raise bad_request("The callback is scheduled more than 30 days ahead", "callbackScheduledTime", code)
    return moment


def _conversation(
    org: Organisation, body: Fields, numbers: list[str], queue_id: str, scheduled: float | None, now: float
) -> Conversation:
    settings = org.settings
    alerts = max(now + settings.callback_wait_seconds, scheduled or 0.0)
    connects = alerts + settings.alerting_seconds
    details: JsonObject = {"callbackNumbers": numbers}
    if "callbackUserName" in body:
        details["callbackUserName"] = body.text("callbackUserName", most=1000)
    if scheduled is not None:
        details["scheduled"] = scheduled
    return Conversation(
        conversation_id=org.new_id(),
        media="callback",
        start=now,
        alerts=alerts,
        connects=connects,
        ends=NEVER if settings.never_end else connects + settings.callback_seconds,
        sender=body.text("callerId") or SMS_NUMBER,
        address=numbers[0],
        disconnect_type=settings.disconnect_types.get("callback", DISCONNECT_TYPES["callback"]),
        queue_id=queue_id,
        details=details,
    )


def _answer(org: Organisation, conversation: Conversation) -> JsonObject:
    key = conversation.conversation_id
    return {
        "conversation": {"id": key, "selfUri": f"/api/v2/conversations/callbacks/{key}"},
        "callbackIdentifiers": [{"type": "ACD", "id": org.new_id()}],
    }


@operation("callbacks.patch", "PATCH", "", "conversation:callback:edit")
def patch(org: Organisation, request: Request) -> Response:
    """Change the number or the time of a scheduled callback."""
    body = request.fields(_PATCH_FIELDS)
    conversation = org.conversations.by_id.get(body.text("conversationId", required=True))
    if conversation is None or conversation.media != "callback":
        raise missing("conversation")
    now = org.now()
    if conversation.state(now) == "disconnected":
        raise bad_request("The callback has ended", "conversationId")
    moment = _scheduled(body, now)
    if "callbackNumbers" in body:
        numbers = _numbers(body)
        conversation.details = {**conversation.details, "callbackNumbers": numbers}
        conversation.address = numbers[0]
        org.conversations.index("address", numbers[0], conversation.conversation_id)
    if moment is not None:
        _reschedule(conversation, moment)
    return answer(_answer(org, conversation))


def _reschedule(conversation: Conversation, moment: float) -> None:
    later = moment - conversation.alerts
    conversation.alerts += later
    conversation.connects += later
    conversation.ends += later
    conversation.details = {**conversation.details, "scheduled": moment}

"""A conversation as analytics shows it: participants with sessions (platform fact sheet 5.3)."""

from emulator.http.messages import JsonObject, known
from emulator.platform.conversation_view import part_id, sides, status
from emulator.state.conversations import Conversation
from emulator.state.defaults import HOME_DIVISION_ID
from emulator.state.organisation import Organisation

_DELIVERY = {"queued": "Queued", "sent": "Sent", "failed": "Failed", "delivery-success": "DeliverySuccess"}


def details(org: Organisation, conversation: Conversation) -> JsonObject:
    """The AnalyticsConversation model, without attributes (the real query leaves them out too)."""
    now = org.now()
    return known(
        conversationId=conversation.conversation_id,
        conversationStart=org.stamp(conversation.start),
        conversationEnd=org.stamp(conversation.end_time(now)),
        externalTag=conversation.external_tag,
        originatingDirection="inbound" if conversation.inbound else "outbound",
        divisionIds=[HOME_DIVISION_ID],
        participants=[
            _participant(org, conversation, now, purpose)
            for purpose in ("customer", "acd" if conversation.media == "callback" else "api")
        ],
    )


def _participant(org: Organisation, conversation: Conversation, now: float, purpose: str) -> JsonObject:
    return known(
        participantId=part_id(conversation, purpose),
        purpose=purpose,
        externalContactId=conversation.genesys_id,
        sessions=[
            _session(org, conversation, now, purpose),
            *(_written(org, conversation, now) if purpose == "customer" else ()),
        ],
    )


def _written(org: Organisation, conversation: Conversation, now: float) -> list[JsonObject]:
    """The session of what the person wrote in a conversation that we began."""
    if conversation.inbound or not conversation.replies_at(now):
        return []
    ours, theirs = sides(conversation)
    session = {
        "sessionId": part_id(conversation, "customer/reply"),
        "mediaType": conversation.media,
        "direction": "inbound",
        "addressFrom": theirs,
        "addressTo": ours,
        "metrics": [],
        "segments": [_segment(org, conversation, now)],
    }
    return [session]


def _session(org: Organisation, conversation: Conversation, now: float, purpose: str) -> JsonObject:
    body: JsonObject = {
        "sessionId": part_id(conversation, f"{purpose}/communication"),
        "mediaType": conversation.media,
        "direction": "inbound" if conversation.inbound else "outbound",
        "metrics": [{"name": "nConnected", "value": 1, "emitDate": org.stamp(conversation.start)}],
        "segments": [_segment(org, conversation, now)],
    }
    if conversation.media == "callback":
        body |= {
            "ani": conversation.address,
            "dnis": conversation.sender,
            "callbackNumbers": conversation.details.get("callbackNumbers", []),
        }
        return body
    body |= {"addressFrom": conversation.sender, "addressTo": conversation.address}
    body |= {name: each for name, each in conversation.details.items() if name.startswith("outbound")}
    if conversation.media == "message":
        body["messageType"] = conversation.message_type
        body["deliveryStatus"] = _DELIVERY[status(org, conversation, now)]
    return body


def _segment(org: Organisation, conversation: Conversation, now: float) -> JsonObject:
    ended = conversation.end_time(now)
    return known(
        segmentStart=org.stamp(conversation.start),
        segmentEnd=org.stamp(ended),
        segmentType="interact",
        conference=False,
        subject=conversation.subject or None,
        queueId=conversation.queue_id,
        errorCode=conversation.failure,
        disconnectType=conversation.disconnect_type if ended is not None else None,
    )

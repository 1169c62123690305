"""A conversation as analytics shows it: participants with sessions (platform fact sheet 5.3)."""

from __future__ import annotations

from emulator.http.messages import JsonObject
from emulator.platform.conversation_view import part_id, status
from emulator.state.conversations import Conversation
from emulator.state.defaults import HOME_DIVISION_ID
from emulator.state.organisation import Organisation

_DELIVERY = {"queued": "Queued", "sent": "Sent", "failed": "Failed", "delivery-success": "DeliverySuccess"}


def details(org: Organisation, conversation: Conversation) -> JsonObject:
    """The AnalyticsConversation model, without attributes (the real query leaves them out too)."""
    now = org.now()
    body: JsonObject = {
        "conversationId": conversation.conversation_id,
        "conversationStart": org.stamp(conversation.start),
        "originatingDirection": "outbound",
        "divisionIds": [HOME_DIVISION_ID],
        "participants": [
            _participant(org, conversation, now, purpose)
            for purpose in ("customer", "acd" if conversation.media == "callback" else "api")
        ],
    }
    ended = conversation.end_time(now)
    if ended is not None:
        body["conversationEnd"] = org.stamp(ended)
    if conversation.external_tag is not None:
        body["externalTag"] = conversation.external_tag
    return body


def _participant(org: Organisation, conversation: Conversation, now: float, purpose: str) -> JsonObject:
    body: JsonObject = {
        "participantId": part_id(conversation, purpose),
        "purpose": purpose,
        "sessions": [_session(org, conversation, now, purpose)],
    }
    if conversation.genesys_id:
        body["externalContactId"] = conversation.genesys_id
    return body


def _session(org: Organisation, conversation: Conversation, now: float, purpose: str) -> JsonObject:
    body: JsonObject = {
        "sessionId": part_id(conversation, f"{purpose}/communication"),
        "mediaType": conversation.media,
        "direction": "outbound",
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
    if conversation.media == "message":
        body["messageType"] = conversation.message_type
        body["deliveryStatus"] = _DELIVERY[status(org, conversation, now)]
    return body


def _segment(org: Organisation, conversation: Conversation, now: float) -> JsonObject:
    body: JsonObject = {
        "segmentStart": org.stamp(conversation.start),
        "segmentType": "interact",
        "conference": False,
    }
    if conversation.subject:
        body["subject"] = conversation.subject
    if conversation.queue_id:
        body["queueId"] = conversation.queue_id
    if conversation.failure:
        body["errorCode"] = conversation.failure
    ended = conversation.end_time(now)
    if ended is not None:
        body |= {"segmentEnd": org.stamp(ended), "disconnectType": conversation.disconnect_type}
    return body

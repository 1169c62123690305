"""A conversation as answers show it: participants, communications, message receipts (fact sheet 5.1)."""

import uuid

from emulator.http.messages import JsonObject, known
from emulator.state.conversations import Conversation, Reply
from emulator.state.defaults import HOME_DIVISION_ID
from emulator.state.organisation import Organisation

MEDIA_LISTS = {"message": "messages", "email": "emails", "callback": "callbacks"}
_PURPOSES = {"message": "api", "email": "api", "callback": "acd"}


def part_id(conversation: Conversation, part: str) -> str:
    """The id of a participant or a communication: always the same for the same conversation."""
    return str(uuid.uuid5(uuid.UUID(conversation.conversation_id), part))


def view(org: Organisation, conversation: Conversation) -> JsonObject:
    """The Conversation model."""
    now = org.now()
    key = conversation.conversation_id
    return known(
        id=key,
        startTime=org.stamp(conversation.start),
        endTime=org.stamp(conversation.end_time(now)),
        address=conversation.address,
        participants=[_customer(org, conversation, now), _other(org, conversation, now)],
        divisions=[{"division": {"id": HOME_DIVISION_ID}, "entities": []}],
        recordingState="none",
        externalTag=conversation.external_tag,
        selfUri=f"/api/v2/conversations/{key}",
    )


def _customer(org: Organisation, conversation: Conversation, now: float) -> JsonObject:
    body = _participant(org, conversation, now, "customer")
    body |= {"address": conversation.address, "attributes": conversation.attributes}
    return body | known(externalContactId=conversation.genesys_id)


def _other(org: Organisation, conversation: Conversation, now: float) -> JsonObject:
    body = _participant(org, conversation, now, _PURPOSES[conversation.media])
    body["attributes"] = {}
    if conversation.queue_id:
        body["queueId"] = conversation.queue_id
        body["queueName"] = org.settings.queues.get(conversation.queue_id, "")
    return body


def _participant(org: Organisation, conversation: Conversation, now: float, purpose: str) -> JsonObject:
    body: JsonObject = {
        "id": part_id(conversation, purpose),
        "purpose": purpose,
        "participantType": "External" if purpose == "customer" else "Internal",
        "startTime": org.stamp(conversation.start),
        MEDIA_LISTS[conversation.media]: [_communication(org, conversation, now, purpose)],
    }
    return body | _times(org, conversation, now, "endTime")


def _times(org: Organisation, conversation: Conversation, now: float, end_name: str) -> JsonObject:
    connected = conversation.connects <= min(now, conversation.ends)
    times = {"connectedTime": org.stamp(conversation.connects) if connected else None}
    return known(**times, **{end_name: org.stamp(conversation.end_time(now))})


def _communication(org: Organisation, conversation: Conversation, now: float, purpose: str) -> JsonObject:
    state = conversation.state(now)
    over = "terminated" if conversation.media == "callback" else "disconnected"
    body: JsonObject = {
        "id": part_id(conversation, f"{purpose}/communication"),
        "state": over if state == "disconnected" else state,
        "initialState": "connected" if conversation.media != "callback" else "scheduled",
        "direction": "inbound" if conversation.inbound else "outbound",
        "held": False,
        "segments": [_segment(org, conversation, now)],
        "provider": "PureCloud Messaging" if conversation.media == "message" else "PureCloud Email",
    }
    body |= _times(org, conversation, now, "disconnectedTime")
    if state == "disconnected":
        body["disconnectType"] = conversation.disconnect_type
    if conversation.media == "message":
        return body | _message_part(org, conversation, now)
    if conversation.media == "email":
        return body | _email_part(conversation, now)
    return body | _callback_part(org, conversation)


def _segment(org: Organisation, conversation: Conversation, now: float) -> JsonObject:
    body: JsonObject = {"startTime": org.stamp(conversation.start), "type": "Interact"}
    ended = conversation.end_time(now)
    if ended is None:
        return body
    return body | {
        "endTime": org.stamp(ended),
        "howEnded": "Disconnect",
        "disconnectType": conversation.disconnect_type,
    }


def _address(raw: str) -> JsonObject:
    return {"addressNormalized": raw, "addressRaw": raw, "addressDisplayable": raw}


def _message_part(org: Organisation, conversation: Conversation, now: float) -> JsonObject:
    replies = [
        {
            "messageId": reply.message_id,
            "messageURI": f"/api/v2/conversations/messages/{reply.message_id}/details",
            "messageStatus": "received",
            "messageSegmentCount": 1,
            "messageTime": org.stamp(reply.at),
        }
        for reply in conversation.replies_at(now)
    ]
    return {
        "type": conversation.message_type,
        "toAddress": _address(conversation.address),
        "fromAddress": _address(conversation.sender),
        "messages": replies if conversation.inbound else [_sent(org, conversation, now), *replies],
    }


def _sent(org: Organisation, conversation: Conversation, now: float) -> JsonObject:
    detail: JsonObject = {
        "messageId": conversation.message_id,
        "messageURI": f"/api/v2/conversations/messages/{conversation.message_id}/details",
        "messageStatus": status(org, conversation, now),
        "messageSegmentCount": 1,
        "messageTime": org.stamp(conversation.start),
    }
    if detail["messageStatus"] == "failed":
        detail["errorInfo"] = _failure(conversation)
    return detail


def _email_part(conversation: Conversation, now: float) -> JsonObject:
    failed = conversation.failure is not None and now >= conversation.ends
    error = _failure(conversation) if failed else None
    return known(subject=conversation.subject, messagesSent=1, autoGenerated=False, errorInfo=error)


def _callback_part(org: Organisation, conversation: Conversation) -> JsonObject:
    details = conversation.details
    return known(
        provider="PureCloud Callback",
        callbackNumbers=details.get("callbackNumbers", []),
        callbackUserName=details.get("callbackUserName"),
        callbackScheduledTime=org.stamp(details.get("scheduled")),
    )


def _failure(conversation: Conversation) -> JsonObject:
    reason = conversation.failure or ""
    return {"code": reason, "message": f"The message was not delivered: {reason}", "status": 400}


def status(org: Organisation, conversation: Conversation, now: float) -> str:
    """The message's delivery status: queued, sent, then delivery-success, or failed."""
    age = now - conversation.start
    if age < org.settings.sent_seconds:
        return "queued"
    if conversation.failure is not None:
        return "failed"
    return "sent" if age < org.settings.delivered_seconds else "delivery-success"


def message_data(org: Organisation, conversation: Conversation, message_id: str) -> JsonObject:
    """The MessageData model, with the receipts that have come in."""
    now = org.now()
    key = conversation.conversation_id
    for reply in conversation.replies:
        if reply.message_id == message_id:
            return _reply_data(org, conversation, reply)
    current = status(org, conversation, now)
    return known(
        id=message_id,
        timestamp=org.stamp(conversation.start),
        fromAddress=conversation.sender,
        toAddress=conversation.address,
        direction="outbound",
        messengerType=conversation.message_type,
        status=current,
        normalizedMessage={
            "id": message_id,
            "type": "Text",
            "text": conversation.text,
            "direction": "Outbound",
        },
        conversationId=key,
        selfUri=f"/api/v2/conversations/messages/{key}/messages/{message_id}",
        normalizedReceipts=None if current == "queued" else [_receipt(conversation, message_id, current)],
    )


def _reply_data(org: Organisation, conversation: Conversation, reply: Reply) -> JsonObject:
    ours, theirs = sides(conversation)
    key = conversation.conversation_id
    return {
        "id": reply.message_id,
        "timestamp": org.stamp(reply.at),
        "fromAddress": theirs,
        "toAddress": ours,
        "direction": "inbound",
        "messengerType": conversation.message_type,
        "status": "received",
        "normalizedMessage": {
            "id": reply.message_id,
            "type": "Text",
            "text": reply.text,
            "direction": "Inbound",
        },
        "conversationId": key,
        "selfUri": f"/api/v2/conversations/messages/{key}/messages/{reply.message_id}",
    }


def mails(org: Organisation, conversation: Conversation, *, preview: bool) -> list[JsonObject]:
    """The EmailMessage model of each e-mail of a conversation, or its preview; it tells no direction."""
    ours, theirs = sides(conversation)
    sent = Reply(
        part_id(conversation, "mail"), conversation.start, 0, conversation.text, conversation.subject
    )
    written = [] if conversation.inbound else [(sent, ours, theirs)]
    written += [(reply, theirs, ours) for reply in conversation.replies_at(org.now())]
    body = "textBodyPreview" if preview else "textBody"
    return [
        {
            "id": mail.message_id,
            "from": {"email": sender},
            "to": [{"email": recipient}],
            "subject": mail.subject,
            body: mail.text[:80] if preview else mail.text,
            "time": org.stamp(mail.at),
            "historyIncluded": False,
        }
        for mail, sender, recipient in written
    ]


def sides(conversation: Conversation) -> tuple[str, str]:
    """Our address, and the person's."""
    both = conversation.address, conversation.sender
    return both if conversation.inbound else both[::-1]


def _receipt(conversation: Conversation, message_id: str, current: str) -> JsonObject:
    words = {"sent": "Sent", "failed": "Failed", "delivery-success": "Delivered"}
    reason = conversation.failure or ""
    reasons = [{"code": reason, "message": f"The message was not delivered: {reason}"}]
    return known(
        id=message_id,
        type="Receipt",
        status=words[current],
        isFinalReceipt=current != "sent",
        direction="Outbound",
        reasons=reasons if current == "failed" else None,
    )

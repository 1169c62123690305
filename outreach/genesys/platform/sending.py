"""The creating call of each channel: path and body (platform fact sheet 4), and where its id is.

| Channel | Call | Our reference travels in | Id |
|---|---|---|---|
| sms, chat | `messages/agentless` | nothing | `conversationId` |
| email | `emails/agentless` | the subject, in brackets | `conversationId` |
| voice | `callbacks` | `data.attempt` | `conversation.id` |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from outreach.contacts import Channel
from outreach.errors import Invalid
from outreach.genesys.http import untrusted_json
from outreach.genesys.interface import Attempt, Engagement, Senders

ATTEMPT_ATTRIBUTE = "attempt"
"""The participant attribute of a callback that carries our reference."""

LONGEST = {Channel.SMS: 765, Channel.CHAT: 2000}
"""Characters that a message may have; the others have no published limit."""

LONGEST_SUBJECT = 400

_CONVERSATIONS = "/api/v2/conversations"


@dataclass(frozen=True, slots=True)
class Call:
    """One creating call."""

    path: str
    body: dict[str, Any]


def write_call(engagement: Engagement, senders: Senders) -> Call:
    """The call for an engagement. Raises Invalid when the senders or the message can't carry it."""
    attempt = engagement.attempt
    most = LONGEST.get(attempt.channel)
    if most and len(engagement.message) > most:
        advice = f"Shorten the message to {most} characters."
        raise Invalid(f"start {attempt.channel}", 0, "message_too_long", "", advice)
    if attempt.channel is Channel.SMS:
        return _write_sms(engagement, senders)
    if attempt.channel is Channel.EMAIL:
        return _write_email(engagement, senders)
    if attempt.channel is Channel.VOICE:
        return _write_callback(engagement, senders)
    return _write_chat(engagement, senders)


def read_conversation_id(channel: Channel, body: untrusted_json.Json) -> str:
    """The conversation's id in the answer, or ""."""
    if channel is Channel.VOICE:
        return untrusted_json.code(untrusted_json.mapping(body).get("conversation"), "id")
    return untrusted_json.code(body, "conversationId")


def write_subject(senders: Senders, reference: str) -> str:
    """The subject of an e-mail, ending in our reference."""
    # The call has no field for it, but subjects can be searched (platform fact sheet 5.4).
    ending = f" [{reference}]"
    return f"{printable(senders.email_subject)[: LONGEST_SUBJECT - len(ending)]}{ending}"


def chat_address(attempt: Attempt, senders: Senders) -> str:
    """The handle as the messenger writes it: WhatsApp has no plus (platform fact sheet 4.1)."""
    return attempt.address.lstrip("+") if senders.chat_type == "whatsapp" else attempt.address


def printable(value: str) -> str:
    """The text without control characters and line breaks, for places that may become a header there."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())


def _sender(value: str | None, channel: Channel) -> str:
    if not value:
        raise Invalid(f"start {channel}", 0, "no_sender", "", f"Set a sender for {channel} in the senders.")
    return value


def _write_sms(engagement: Engagement, senders: Senders) -> Call:
    attempt = engagement.attempt
    body = {
        "fromAddress": _sender(senders.sms_from, Channel.SMS),
        "toAddress": attempt.address,
        "toAddressMessengerType": "sms",
        "textBody": engagement.message,
        # Links the conversation to the contact at once; e-mails and callbacks have no such field (4.2, 4.3).
        "externalContactId": attempt.genesys_id,
    }
    return Call(f"{_CONVERSATIONS}/messages/agentless", body)


def _write_chat(engagement: Engagement, senders: Senders) -> Call:
    attempt, kind = engagement.attempt, senders.chat_type
    body: dict[str, Any] = {
        "fromAddress": _sender(senders.chat_from, Channel.CHAT),
        "toAddressMessengerType": kind,
    }
    if kind != "webmessaging":
        body["toAddress"] = chat_address(attempt, senders)
    if kind == "whatsapp":  # takes no externalContactId, and demands a template (4.1)
        body["messagingTemplate"] = _write_template(engagement, senders)
    else:
        body |= {"textBody": engagement.message, "externalContactId": attempt.genesys_id}
    return Call(f"{_CONVERSATIONS}/messages/agentless", body)


def _write_template(engagement: Engagement, senders: Senders) -> dict[str, Any]:
    if not senders.chat_template_id:
        advice = "WhatsApp demands a template: set chat_template_id in the senders."
        raise Invalid("start chat", 0, "no_template", "", advice)
    template: dict[str, Any] = {"responseId": senders.chat_template_id}
    if senders.chat_template_parameter:
        parameter = {"id": senders.chat_template_parameter, "value": engagement.message}
        template["bodyParameters"] = [parameter]
    return template


def _write_email(engagement: Engagement, senders: Senders) -> Call:
    attempt = engagement.attempt
    body = {
        "senderType": "Outbound",
        "fromAddress": {"email": _sender(senders.email_from, Channel.EMAIL)},
        "toAddresses": [{"email": attempt.address, "name": printable(engagement.contact.name)}],
        "subject": write_subject(senders, attempt.reference),
        "textBody": engagement.message,
    }
    return Call(f"{_CONVERSATIONS}/emails/agentless", body)


def _write_callback(engagement: Engagement, senders: Senders) -> Call:
    attempt = engagement.attempt
    body = {
        "queueId": _sender(senders.voice_queue_id, Channel.VOICE),
        "callbackNumbers": [attempt.address],
        "callbackUserName": printable(engagement.contact.name),
        "data": {  # becomes the customer's attributes (platform fact sheet 4.3)
            ATTEMPT_ATTRIBUTE: attempt.reference,
            "external_contact_id": attempt.external_contact_id,
            "message": engagement.message,
        },
    }
    return Call(f"{_CONVERSATIONS}/callbacks", body)

"""The creating call of each channel: path and body (platform fact sheet 4), and where its id is.

| Channel | Call | Our reference travels in | Id |
|---|---|---|---|
| sms, chat | `messages/agentless` | nothing | `conversationId` |
| email | `emails/agentless` | the subject, in brackets, where the campaign says so | `conversationId` |
| voice | `callbacks` | `data.attempt` | `conversation.id` |
"""

import re
from dataclasses import dataclass
from typing import Any

from typing_extensions import assert_never

from outreach.channels import EXTENSION, Channel
from outreach.errors import Invalid
from outreach.genesys.http.untrusted_json import Json, read_code, read_mapping
from outreach.genesys.interface import Attempt, Engagement
from outreach.genesys.platform.media import medium_of
from outreach.genesys.senders import Senders
from outreach.sameness import number_in

ATTEMPT_ATTRIBUTE = "attempt"
"""The participant attribute of a callback that carries our reference."""

_ENDING = re.compile(r"\[[0-9a-f]{16}\]\Z")

LONGEST_SUBJECT = 400  # platform fact sheet 2.2


@dataclass(slots=True)
class Call:
    """One creating call."""

    path: str
    body: dict[str, Any]
    sender: str


def write_call(engagement: Engagement, senders: Senders) -> Call:
    """The call for an engagement. Raises Invalid when the senders or the message can't carry it."""
    channel = engagement.attempt.channel
    longest = channel.traits.longest_text
    # Here, since a 400 would spend a slot; the text part of HTML is as long as the mail.
    if len(engagement.message) > longest and not engagement.letter.html:
        advice = f"Shorten the message to {longest} characters."
        raise Invalid(f"start {channel}", 0, "message_too_long", "", advice)
    sender = senders.choose(engagement.contact, channel)
    if not sender:
        raise Invalid(f"start {channel}", 0, "no_sender", "", f"Set a sender for {channel} in the senders.")
    return Call(medium_of(channel).start_path, _write_body(engagement, senders, sender), sender)


def _write_body(engagement: Engagement, senders: Senders, sender: str) -> dict[str, Any]:
    channel = engagement.attempt.channel
    match channel:
        case Channel.VOICE:
            return _write_callback(engagement, senders, sender)
        case Channel.SMS:
            return _write_message(engagement, senders, sender, "sms")
        case Channel.CHAT:
            return _write_message(engagement, senders, sender, senders.chat_type)
        case Channel.EMAIL:
            return _write_email(engagement, senders, sender)
        case _:
            assert_never(channel)


def read_conversation_id(body: Json) -> str:
    """The conversation's id in the answer, where the table above has it, or ""."""
    return read_code(body, "conversationId") or read_code(read_mapping(body, "conversation"), "id")


def write_subject(subject: str, reference: str) -> str:
    """The subject of an e-mail, ending in our reference where there is one."""
    # The call has no field for it, but subjects can be searched (platform fact sheet 5.4).
    ending = f" [{reference}]" if reference else ""
    return f"{printable(subject)[: LONGEST_SUBJECT - len(ending)]}{ending}"


def has_reference(subject: str) -> bool:
    """Whether a subject ends in a reference, be it ours or another ledger's."""
    return bool(_ENDING.search(subject))


def address_of(attempt: Attempt, senders: Senders) -> str | None:
    """The address as Genesys is told it, None where it is told the contact instead (fact sheet 4.1)."""
    match attempt.channel:
        case Channel.CHAT if senders.chat_type == "webmessaging":
            return None
        case Channel.CHAT if senders.chat_type == "whatsapp":
            # WhatsApp's id is the number without its plus (platform fact sheet 4.1).
            return (number_in(attempt.address) or attempt.address).lstrip("+")
        case Channel.VOICE | Channel.SMS | Channel.EMAIL | Channel.CHAT:
            return attempt.address
        case _:
            assert_never(attempt.channel)


def printable(value: str) -> str:
    """The text without control characters and line breaks, for places that may become a header there."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())


def _write_message(engagement: Engagement, senders: Senders, sender: str, kind: str) -> dict[str, Any]:
    attempt = engagement.attempt
    body: dict[str, Any] = {"fromAddress": sender, "toAddressMessengerType": kind}
    address = address_of(attempt, senders)
    if address is not None:
        body["toAddress"] = address
    if kind == "whatsapp":  # takes no externalContactId, and demands a template (4.1)
        return body | {"messagingTemplate": _write_template(engagement, senders)}
    body["textBody"] = engagement.message
    if attempt.genesys_id:  # a test has no contact
        # Links the conversation to the contact at once; e-mails and callbacks have no such field (4.2, 4.3).
        body["externalContactId"] = attempt.genesys_id
    return body


def _write_template(engagement: Engagement, senders: Senders) -> dict[str, Any]:
    if not senders.chat_template_id:
        advice = "WhatsApp demands a template: set chat_template_id in the senders."
        raise Invalid("start chat", 0, "no_template", "", advice)
    template: dict[str, Any] = {"responseId": senders.chat_template_id}
    if senders.chat_template_parameter:
        parameter = {"id": senders.chat_template_parameter, "value": engagement.message}
        template["bodyParameters"] = [parameter]
    return template


def _write_email(engagement: Engagement, senders: Senders, sender: str) -> dict[str, Any]:
    attempt, letter = engagement.attempt, engagement.letter
    name = {"name": printable(letter.sender_name)} if letter.sender_name else {}
    subject = letter.subject or senders.email_subject
    return {
        "senderType": "Outbound",  # the only value there is (platform fact sheet 4.2)
        "fromAddress": {"email": sender, **name},
        "toAddresses": [{"email": attempt.address, "name": printable(engagement.contact.name)}],
        **({"replyToAddress": {"email": letter.reply_to}} if letter.reply_to else {}),
        "subject": write_subject(subject, attempt.reference if letter.carries_reference else ""),
        "textBody": engagement.message,
        **({"htmlBody": letter.html} if letter.html else {}),
    }


def _write_callback(engagement: Engagement, senders: Senders, sender: str) -> dict[str, Any]:
    attempt, said = engagement.attempt, engagement.contact.metadata
    extension = said.get(EXTENSION)
    return {
        **_write_routing(senders, sender),
        "callbackNumbers": [attempt.address],
        "callbackUserName": printable(engagement.contact.name),
        "data": {  # becomes the customer's attributes (platform fact sheet 4.3)
            **{name: said[name] for name in senders.voice_metadata if said.get(name)},
            ATTEMPT_ATTRIBUTE: attempt.reference,
            "external_contact_id": attempt.external_contact_id,
            "message": engagement.message,
            **({EXTENSION: extension} if extension else {}),
        },
    }


def _write_routing(senders: Senders, queue_id: str) -> dict[str, Any]:
    """To which agents it goes, with which script, and how the number is read."""
    routing = {"skillIds": list(senders.voice_skill_ids), "priority": senders.voice_priority}
    asked = {name: value for name, value in routing.items() if value}
    more = {
        "scriptId": senders.voice_script_id,
        "countryCode": senders.voice_country,
        "validateCallbackNumbers": senders.voice_validate_numbers,
    }
    # The queue stands in one of two places, never in both.
    to = {"routingData": {"queueId": queue_id, **asked}} if asked else {"queueId": queue_id}
    return to | {name: value for name, value in more.items() if value}

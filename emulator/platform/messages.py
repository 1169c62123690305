"""Agentless messages: sms, whatsapp, open and web messaging (platform fact sheet 4.1)."""

from dataclasses import dataclass

from emulator.errors import bad_request, conflict
from emulator.http.fields import Fields
from emulator.http.messages import JsonObject, Request, Response, answer
from emulator.http.routing import Operations
from emulator.platform.sms_parts import MOST_PARTS, count_parts
from emulator.state.contacts import e164_of
from emulator.state.conversations import DISCONNECT_TYPES, NEVER, Conversation
from emulator.state.organisation import Organisation

operation = Operations("/api/v2/conversations/messages")

CHANNELS = {"sms": "sms", "whatsapp": "whatsapp", "open": "chat", "webmessaging": "chat", "apple": "chat"}
LONGEST_SMS = 765
LONGEST_TEXT = 2000
_FIELDS = frozenset(
    (
        "fromAddress",
        "toAddress",
        "toAddressMessengerType",
        "externalContactId",
        "textBody",
        "messagingTemplate",
        "useExistingActiveConversation",
    )
)


@dataclass(frozen=True, slots=True)
class _Message:
    """A checked request. `person` is Genesys' id of the contact, when the request names one."""

    kind: str
    sender: str
    address: str
    text: str
    person: str | None
    barge_in: bool
    template: JsonObject


@operation("messages.agentless", "POST", "/agentless", "conversation:message:create")
def send(org: Organisation, request: Request) -> Response:
    """Send a message and open (or use) its conversation; 409 when one goes on and must not be used."""
    body = request.fields(_FIELDS)
    message = _read(body)
    _check_sender(org, message)
    now = org.now()
    conversation = org.conversations.connected_between(message.sender, message.address, now)
    if conversation is not None and not message.barge_in:
        raise conflict("A connected conversation between the two addresses exists")
    if conversation is None:
        conversation = _open(org, message, now)
    return answer(_record(org, message, conversation, now))


def _read(body: Fields) -> _Message:
    kind = body.choice("toAddressMessengerType", CHANNELS)
    person = body.text("externalContactId") or None
    template = body.part("messagingTemplate")
    if person and kind == "whatsapp":
        raise body.wrong("externalContactId", "is not supported for whatsapp")
    return _Message(
        kind,
        body.text("fromAddress", required=True, most=256),
        _address(body, kind, person),
        _text(body, kind, template),
        person,
        body.flag("useExistingActiveConversation"),
        template.values,
    )


def _address(body: Fields, kind: str, person: str | None) -> str:
    if kind == "webmessaging":
        if person is None:
            raise body.wrong("externalContactId", "is required for webmessaging")
        return person
    address = body.text("toAddress", required=True, most=256)
    if kind in ("sms", "apple") and e164_of(address) != address:
        raise body.wrong("toAddress", "must be a phone number in E.164")
    if kind == "whatsapp" and (address.startswith("+") or e164_of(f"+{address}") != f"+{address}"):
        raise body.wrong("toAddress", "must be a WhatsApp id: the number without its plus")
    return address


def _text(body: Fields, kind: str, template: Fields) -> str:
    text = body.text("textBody", required=kind == "sms", most=LONGEST_SMS if kind == "sms" else LONGEST_TEXT)
    if "responseId" in template:
        template.text("responseId", required=True)
    elif kind == "whatsapp":
        raise body.wrong("messagingTemplate", "is required for whatsapp")
    elif not text:
        raise body.wrong("textBody", "is required without a template")
    elif kind == "sms" and count_parts(text) > MOST_PARTS:
        raise body.wrong("textBody", f"is sent in more than {MOST_PARTS} parts")
    return text


def _check_sender(org: Organisation, message: _Message) -> None:
    settings = org.settings
    if message.kind == "sms":
        active = settings.sms_numbers.get(message.sender) == "ACTIVE"
    else:
        active = settings.integrations.get(message.sender) == f"{message.kind} Active"
    if not active:
        raise bad_request(
            f"The sender is not an active {message.kind} sender of this organisation", "fromAddress"
        )
    if message.person is not None and org.contacts.canonical(message.person) is None:
        raise bad_request("The external contact does not exist", "externalContactId")


def _open(org: Organisation, message: _Message, now: float) -> Conversation:
    settings = org.settings
    return Conversation(
        conversation_id=org.new_id(),
        media="message",
        message_type=message.kind,
        start=now,
        connects=now,
        ends=NEVER if settings.never_end else now + settings.message_seconds,
        sender=message.sender,
        address=message.address,
        disconnect_type=settings.disconnect_types.get("message", DISCONNECT_TYPES["message"]),
        genesys_id=message.person,
        text=message.text,
        message_id=org.new_id(),
        failure=failure_of(org, message.address, message.sender),
    )


def failure_of(org: Organisation, address: str, sender: str = "") -> str | None:
    """Why a message to this address will not arrive, None when it will; by a sender that has a rate."""
    if org.exceeds_rate(sender):  # it is taken, and fails (outbound fact sheet, 6)
        return "RateLimited"
    if address in org.opted_out:
        return "RecipientOptedOut"
    return org.settings.undeliverable.get(address)


def _record(org: Organisation, message: _Message, conversation: Conversation, now: float) -> JsonObject:
    """Keep the conversation, write the truth, and give the answer."""
    key = conversation.conversation_id
    message_id = conversation.message_id
    if key in org.conversations.by_id:
        message_id = org.new_id()
        org.conversations.by_message[message_id] = key
    else:
        org.conversations.add(conversation)
    number = f"+{message.address}" if message.kind == "whatsapp" else message.address
    person = org.person(message.person, CHANNELS[message.kind], number)
    content = {"text": message.text, "template": message.template.get("responseId")}
    org.record(conversation, CHANNELS[message.kind], person, content, at=now)
    return {
        "id": message_id,
        "conversationId": key,
        "fromAddress": message.sender,
        "toAddress": message.address,
        "messengerType": message.kind,
        "useExistingActiveConversation": message.barge_in,
        "timestamp": org.stamp(now),
        "selfUri": f"/api/v2/conversations/messages/{key}/messages/{message_id}",
    }

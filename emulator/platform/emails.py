"""Agentless e-mail (platform fact sheet 4.2)."""

from emulator.errors import bad_request, missing
from emulator.http.fields import Fields
from emulator.http.messages import JsonObject, Request, Response, answer
from emulator.http.routing import Operations
from emulator.platform.messages import failure_of
from emulator.state.contacts import identifier
from emulator.state.conversations import DISCONNECT_TYPES, NEVER, Conversation
from emulator.state.organisation import Organisation

operation = Operations("/api/v2/conversations/emails")

_FIELDS = frozenset(
    (
        "senderType",
        "conversationId",
        "fromAddress",
        "toAddresses",
        "replyToAddress",
        "subject",
        "textBody",
        "htmlBody",
    )
)


@operation(
    "emails.agentless", "POST", "/agentless", "conversation:agentlessEmail:send", "conversation:email:create"
)
def send(org: Organisation, request: Request) -> Response:
    """Send one e-mail to one recipient, in a new conversation or appended to one."""
    body = request.fields(_FIELDS)
    body.choice("senderType", ("Outbound",))
    sender, recipient = _addresses(body)
    if org.settings.email_domains.get(sender["email"].rpartition("@")[2].lower()) != "VERIFIED":
        raise bad_request("The sender's domain is not a verified outbound domain", "fromAddress")
    content = {
        "subject": body.text("subject", most=400),
        "text": body.text("textBody"),
        "html": body.text("htmlBody"),
    }
    if not content["text"] and not content["html"]:
        raise bad_request("An e-mail needs a textBody or an htmlBody", "textBody")
    return answer(_record(org, body, sender, recipient, content))


def _addresses(body: Fields) -> tuple[JsonObject, JsonObject]:
    if "replyToAddress" in body:
        _mailbox(body.part("replyToAddress"))
    recipients = body.parts("toAddresses", fewest=1, most=1)
    return _mailbox(body.part("fromAddress", required=True)), _mailbox(recipients[0])


def _mailbox(part: Fields) -> JsonObject:
    part.allow(("email", "name"))
    address = part.text("email", required=True, most=256)
    local, at, domain = address.rpartition("@")
    if not (at and local and "." in domain) or any(mark.isspace() for mark in address):
        raise part.wrong("email", "is not an e-mail address")
    mailbox: JsonObject = {"email": address}
    return mailbox | ({"name": part.text("name", most=64)} if "name" in part else {})


def _record(
    org: Organisation, body: Fields, sender: JsonObject, recipient: JsonObject, content: dict[str, str]
) -> JsonObject:
    now = org.now()
    conversation = _conversation(org, body, sender["email"], recipient["email"], content, now)
    key = conversation.conversation_id
    person = org.person(conversation.genesys_id, "email", recipient["email"])
    addresses = recipient["email"], sender["email"]
    org.record(conversation, "email", person, content, at=now, addresses=addresses)
    reply_to = {"replyToAddress": body.values["replyToAddress"]} if "replyToAddress" in body else {}
    return {
        "id": org.new_id(),
        "conversationId": key,
        "senderType": "Outbound",
        "fromAddress": sender,
        "toAddresses": [recipient],
        **reply_to,
        "subject": content["subject"],
        "dateCreated": org.stamp(now),
        "selfUri": f"/api/v2/conversations/emails/{key}",
    }


def _conversation(
    org: Organisation, body: Fields, sender: str, recipient: str, content: dict[str, str], now: float
) -> Conversation:
    asked = body.text("conversationId")
    if asked:
        known = org.conversations.by_id.get(asked)
        if known is None or known.media != "email":
            raise missing("conversation")
        return known
    settings = org.settings
    owner = org.contacts.owner(identifier("Email", recipient)) if settings.email_matches_contact else None
    conversation = Conversation(
        conversation_id=org.new_id(),
        media="email",
        start=now,
        connects=now,
        ends=NEVER if settings.never_end else now + settings.email_seconds,
        sender=sender,
        address=recipient,
        disconnect_type=settings.disconnect_types.get("email", DISCONNECT_TYPES["email"]),
        genesys_id=owner.genesys_id if owner is not None else None,
        text=content["text"],
        subject=content["subject"],
        failure=failure_of(org, recipient, sender),
    )
    org.conversations.add(conversation)
    return conversation

"""The guide's simplified API: register, validate, interact (the guide's fact sheet)."""

from fnmatch import fnmatchcase

from emulator.errors import bad_request, conflict, missing, present
from emulator.http.fields import Fields
from emulator.http.messages import JsonObject, Request, Response, answer, known, nothing
from emulator.http.routing import Operations
from emulator.state.contacts import e164_of
from emulator.state.conversations import DISCONNECT_TYPES, NEVER, Conversation
from emulator.state.guide_contacts import CHANNELS, GuideContact
from emulator.state.organisation import Organisation
from emulator.state.settings import Verdict
from emulator.state.truth import Person

operation = Operations("/api/v2", guide=True)

_CONTACT_FIELDS = (
    "externalContactId",
    "name",
    "channels",
    "initialMessage",
    "interactionDurationSeconds",
    "metadata",
)
_CONVERSATION_FIELDS = ("contactId", "type", "initialMessage", "metadata")
_LONGEST_SECONDS = 7200
_CONTACT = ("contact", "contact.not.found")
"""What is missing, and the code that says so."""


@operation(
    "guide.register", "POST", "/externalcontacts/contacts", "externalcontacts:contact:write", creation=True
)
def register(org: Organisation, request: Request) -> Response:
    """201 with state `new`; 409 when the id exists."""
    contact = _read_contact(org, request.fields())
    key = contact.external_contact_id
    if key in org.guide_contacts:
        raise conflict("A contact with this externalContactId exists")
    org.guide_contacts[key] = contact
    return answer({"id": key, "externalContactId": key, "state": "new", "name": contact.name}, 201)


def _read_contact(org: Organisation, body: Fields) -> GuideContact:
    if org.settings.unknown_fields == "reject":
        body.allow(_CONTACT_FIELDS)
    return GuideContact(
        body.text("externalContactId", required=True, most=255),
        body.text("name", required=True, most=255),
        _read_channels(body.part("channels", required=True)),
        body.text("initialMessage"),
        body.whole("interactionDurationSeconds", 300, 1, _LONGEST_SECONDS),
        body.mapping("metadata"),
        org.now(),
    )


def _read_channels(part: Fields) -> dict[str, str]:
    part.allow(CHANNELS)
    channels = {name: part.text(name, required=True, most=256) for name in CHANNELS if name in part}
    if not channels:
        raise bad_request("A contact needs at least one channel", "channels")
    for name in ("voice", "sms"):
        if name in channels and e164_of(channels[name]) != channels[name]:
            raise part.wrong(name, "must be a phone number in E.164")
    if "email" in channels and "@" not in channels["email"]:
        raise part.wrong("email", "must be an e-mail address")
    return channels


@operation("guide.inspect", "GET", "/externalcontacts/contacts/{contactId}", "externalcontacts:contact:read")
def inspect(org: Organisation, request: Request) -> Response:
    """The verdict: passed with every channel available, unless `verdicts` says otherwise."""
    contact = present(org.guide_contacts.get(request.parameters["contactId"]), *_CONTACT)
    verdict = _verdict(org, contact)
    body = known(
        id=contact.external_contact_id,
        externalContactId=contact.external_contact_id,
        validationStatus=verdict.status,
        channelAvailability={name: verdict.unavailable.get(name, "available") for name in contact.channels},
        validationFailureReason=verdict.reason,
    )
    return answer(body)


def _verdict(org: Organisation, contact: GuideContact) -> Verdict:
    """The first of `verdicts` whose `contact` pattern or `metadata` fits, and whose time has come."""
    for entry in org.settings.verdicts:
        fits = all(contact.metadata.get(name) == value for name, value in entry.metadata.items())
        if fits and fnmatchcase(contact.external_contact_id, entry.contact):
            pending = org.now() < contact.since + entry.pending_seconds
            return Verdict(status="pending") if pending else entry
    return Verdict()


@operation("guide.start", "POST", "/conversations", "conversation:write")
def start(org: Organisation, request: Request) -> Response:
    """Contact the person: 201 with the conversation's id and type."""
    body = request.fields(_CONVERSATION_FIELDS)
    asked = org.guide_contacts.get(body.text("contactId", required=True))
    channel = body.choice("type", CHANNELS)
    text = body.text("initialMessage")
    metadata = body.mapping("metadata")
    contact = present(asked, *_CONTACT)
    if channel not in contact.channels:
        raise bad_request(f"The contact has no {channel} channel", "type")
    conversation = _conversation(org, contact, channel, text)
    conversation.attributes = metadata
    org.conversations.add(conversation)
    person = Person(contact.external_contact_id, None, "request")
    org.record(conversation, channel, person, {"text": text, "metadata": metadata})
    return answer({"id": conversation.conversation_id, "type": channel}, 201)


def _conversation(org: Organisation, contact: GuideContact, channel: str, text: str) -> Conversation:
    settings = org.settings
    now = org.now()
    connects = now + settings.alerting_seconds
    lasts = min(settings.callback_seconds, contact.interaction_duration_seconds)
    return Conversation(
        conversation_id=org.new_id(),
        media=channel,
        start=now,
        connects=connects,
        ends=NEVER if settings.never_end else connects + lasts,
        sender="guide",
        address=contact.channels[channel],
        disconnect_type=settings.disconnect_types.get(channel, DISCONNECT_TYPES["callback"]),
        text=text,
        details={"contactId": contact.external_contact_id},
        guide=True,
    )


def _found(org: Organisation, request: Request) -> Conversation:
    conversation = org.conversations.by_id.get(request.parameters["conversationId"])
    if conversation is None or not conversation.guide:
        raise missing("conversation")
    return conversation


@operation("guide.read", "GET", "/conversations/{conversationId}", "conversation:read")
def read(org: Organisation, request: Request) -> Response:
    """One conversation; ended when `endTime` is set."""
    return answer(_document(org, _found(org, request)))


def _document(org: Organisation, conversation: Conversation) -> JsonObject:
    now = org.now()
    ended = conversation.end_time(now)
    return known(
        id=conversation.conversation_id,
        type=conversation.media,
        contactId=conversation.details["contactId"],
        state=conversation.state(now),
        startTime=org.stamp(conversation.start),
        connectedTime=org.stamp(conversation.connects) if now >= conversation.connects else None,
        endTime=org.stamp(ended),
        disconnectType=None if ended is None else conversation.disconnect_type,
        metadata=conversation.attributes,
    )


@operation("guide.end", "DELETE", "/conversations/{conversationId}", "conversation:write")
def end(org: Organisation, request: Request) -> Response:
    """End a conversation."""
    _found(org, request).end(org.now(), "system")
    return nothing()


@operation("guide.disconnect", "POST", "/conversations/{conversationId}/disconnect", "conversation:write")
def disconnect(org: Organisation, request: Request) -> Response:
    """End a conversation, as the platform's path of this name does."""
    _found(org, request).end(org.now(), "system")
    return nothing(202)

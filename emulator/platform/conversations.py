"""Reading, marking and ending conversations (platform fact sheet 3.2, 4.4, 5.1, 5.2)."""

from emulator.errors import missing, present
from emulator.http.fields import Fields
from emulator.http.messages import Request, Response, answer, nothing
from emulator.http.routing import Operations
from emulator.platform.conversation_view import mails, message_data, part_id, view
from emulator.platform.listing import page
from emulator.platform.media_view import media_view
from emulator.state.conversations import Conversation
from emulator.state.organisation import Organisation

operation = Operations("/api/v2/conversations")
on_contact = Operations("/api/v2/externalcontacts")
_READ = "conversation:communication:view"
_ASSOCIATE = ("externalContacts:conversation:associate", "relate:conversation:associate")
_END = "conversation:communication:disconnect"

_MEDIA_TYPES = (
    "CALL",
    "CALLBACK",
    "CHAT",
    "COBROWSE",
    "EMAIL",
    "MESSAGE",
    "INTERNAL_MESSAGE",
    "SCREEN_MONITORING",
    "SOCIAL_EXPRESSION",
    "VIDEO",
    "SCREENSHARE",
)
_PATHS = {"messages": "message", "emails": "email", "callbacks": "callback", "calls": "call"}


def found(org: Organisation, request: Request) -> Conversation:
    """The conversation of the path; raises ApiError 404, also when it is of another medium."""
    conversation = org.conversations.by_id.get(request.parameters["conversationId"])
    if conversation is None or conversation.guide:
        raise missing("conversation")
    medium = _PATHS.get(request.path.split("/")[4])
    if medium is not None and conversation.media != medium:
        raise missing("conversation")
    return conversation


@operation("conversations.get", "GET", "/{conversationId}", _READ)
def read(org: Organisation, request: Request) -> Response:
    """One conversation; ended when `endTime` is set."""
    return answer(view(org, found(org, request)))


@operation("messages.get", "GET", "/messages/{conversationId}", _READ)
@operation("emails.get", "GET", "/emails/{conversationId}", _READ)
@operation("callbacks.get", "GET", "/callbacks/{conversationId}", _READ)
def read_media(org: Organisation, request: Request) -> Response:
    """One conversation in the form of its medium."""
    return answer(media_view(org, found(org, request)))


@operation("messages.end", "PATCH", "/messages/{conversationId}", _END)
@operation("emails.end", "PATCH", "/emails/{conversationId}", _END)
@operation("callbacks.end", "PATCH", "/callbacks/{conversationId}", _END)
def patch_media(org: Organisation, request: Request) -> Response:
    """The normal way to end a conversation: `{"state": "disconnected"}`."""
    conversation = found(org, request)
    _disconnect(org, conversation, request.fields())
    return answer(view(org, conversation))


@operation(
    "messages.end_participant", "PATCH", "/messages/{conversationId}/participants/{participantId}", _END
)
@operation("emails.end_participant", "PATCH", "/emails/{conversationId}/participants/{participantId}", _END)
@operation(
    "callbacks.end_participant", "PATCH", "/callbacks/{conversationId}/participants/{participantId}", _END
)
def patch_participant(org: Organisation, request: Request) -> Response:
    """End one party; with two parties, that is the conversation's end."""
    conversation = found(org, request)
    _participant(conversation, request)
    _disconnect(org, conversation, request.fields())
    return nothing()


def _disconnect(org: Organisation, conversation: Conversation, body: Fields) -> None:
    if body.text("state") == "disconnected":
        conversation.end(org.now(), "client")
    elif "state" in body:
        raise body.wrong("state", "can only be disconnected here")


@operation("conversations.disconnect", "POST", "/{conversationId}/disconnect", _END)
def disconnect(org: Organisation, request: Request) -> Response:
    """The emergency way; 202, asynchronous in the real thing."""
    found(org, request).end(org.now(), "system")
    return nothing(202)


@operation("conversations.delete", "DELETE", "/{conversationId}", _END)
def delete(org: Organisation, request: Request) -> Response:
    """Disconnect everybody (since August 2025)."""
    found(org, request).end(org.now(), "system")
    return nothing()


@operation("conversations.tag", "PUT", "/{conversationId}/tags", "conversation:externalTag:edit")
def tag(org: Organisation, request: Request) -> Response:
    """Set the external tag, by which analytics can find the conversation."""
    conversation = found(org, request)
    body = request.fields(("externalTag",))
    conversation.external_tag = body.text("externalTag", most=1000) or None
    return nothing(202)


@operation(
    "conversations.attributes",
    "PATCH",
    "/{conversationId}/participants/{participantId}/attributes",
    "conversation:participant:attributes",
)
def set_attributes(org: Organisation, request: Request) -> Response:
    """Add to a participant's attributes."""
    conversation = found(org, request)
    purpose = _participant(conversation, request)
    attributes = request.fields().mapping("attributes")
    if purpose == "customer":
        conversation.attributes = {**conversation.attributes, **attributes}
        for name, value in attributes.items():
            org.conversations.index(f"attribute.{name}", value, conversation.conversation_id)
    return nothing(202)


def _participant(conversation: Conversation, request: Request) -> str:
    """The purpose of the participant that the path names."""
    for purpose in ("customer", "api", "acd"):
        if part_id(conversation, purpose) == request.parameters["participantId"]:
            return purpose
    raise missing("participant")


@on_contact("conversations.associate", "PUT", "/conversations/{conversationId}", *_ASSOCIATE)
def associate(org: Organisation, request: Request) -> Response:
    """Link a contact to a conversation: 202, and a wrong id is found out by nobody (fact sheet 3.2)."""
    body = request.fields(("externalContactId", "conversationId", "communicationId", "mediaType"))
    body.choice("mediaType", _MEDIA_TYPES)
    body.text("communicationId", required=True)
    if body.text("conversationId", required=True) != request.parameters["conversationId"]:
        raise body.wrong("conversationId", "must be the conversation of the path")
    conversation = org.conversations.by_id.get(request.parameters["conversationId"])
    if conversation is not None:
        org.associate(conversation.conversation_id, body.text("externalContactId") or None)
    return nothing(202)


@operation(
    "messages.message", "GET", "/messages/{conversationId}/messages/{messageId}", "conversation:message:view"
)
@operation("messages.details", "GET", "/messages/{messageId}/details", "conversation:message:view")
def read_message(org: Organisation, request: Request) -> Response:
    """A message with its delivery status and receipts."""
    message_id = request.parameters["messageId"]
    key = org.conversations.by_message.get(message_id)
    asked = request.parameters.get("conversationId", key)
    if key is None or key != asked:
        raise missing("message")
    return answer(message_data(org, org.conversations.by_id[key], message_id))


@operation("emails.messages", "GET", "/emails/{conversationId}/messages", _READ)
def list_mails(org: Organisation, request: Request) -> Response:
    """The e-mails of a conversation, ours and theirs, each with its beginning."""
    return page(request, mails(org, found(org, request), preview=True))


@operation("emails.message", "GET", "/emails/{conversationId}/messages/{messageId}", _READ)
def read_mail(org: Organisation, request: Request) -> Response:
    """One e-mail with its text."""
    shown = mails(org, found(org, request), preview=False)
    wanted = request.parameters["messageId"]
    return answer(present(next((mail for mail in shown if mail["id"] == wanted), None), "message"))

"""The platform's media: the kinds of conversation that our channels are there (platform fact sheet 4, 5)."""

from dataclasses import dataclass

from typing_extensions import assert_never

from outreach.contacts import Channel


@dataclass(frozen=True, slots=True)
class Medium:
    """One kind of conversation: the resource that ends one by its id, and the one that creates one."""

    name: str
    """`mediaType` in analytics; in capitals in the call that links a contact (platform fact sheet 3.2)."""
    path: str
    start_path: str
    permission: str
    """What starting one takes (platform fact sheet 9)."""
    address: str
    """The dimension of the details query that holds whom it went to."""
    sender: str
    """Where analytics shows who contacted: in a session, or in its segments."""
    has_direction: bool = True
    """Whether `originatingDirection` proves something: which one a callback shows is documented nowhere."""


_PATH = "/api/v2/conversations"
_MESSAGES, _EMAILS, _CALLBACKS = f"{_PATH}/messages", f"{_PATH}/emails", f"{_PATH}/callbacks"
_TO_FROM = ("addressTo", "addressFrom")
MESSAGE = Medium("message", _MESSAGES, f"{_MESSAGES}/agentless", "conversation:message:create", *_TO_FROM)
EMAIL = Medium("email", _EMAILS, f"{_EMAILS}/agentless", "conversation:agentlessEmail:send", *_TO_FROM)
CALLBACK = Medium(
    "callback",
    _CALLBACKS,
    _CALLBACKS,
    "conversation:callback:create",
    "callbackNumber",
    "queueId",
    has_direction=False,
)


def medium_of(channel: Channel) -> Medium:
    """What a channel is there."""
    match channel:
        case Channel.VOICE:
            return CALLBACK
        case Channel.SMS | Channel.CHAT:
            return MESSAGE
        case Channel.EMAIL:
            return EMAIL
        case _:
            assert_never(channel)

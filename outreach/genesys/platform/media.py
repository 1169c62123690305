"""The platform's media: the kinds of conversation that our channels are there (platform fact sheet 4, 5)."""

from dataclasses import dataclass

from typing_extensions import assert_never

from outreach.contacts import Channel


@dataclass(frozen=True, slots=True)
class Medium:
    """One kind of conversation: the resource that ends one by its id, and the one that creates one."""

    name: str
    """`mediaType` in analytics."""
    path: str
    start_path: str
    address: str
    """The dimension of the details query that holds whom it went to."""
    sender: str
    """Where analytics shows who contacted: in a session, or in its segments."""
    association: str
    """`mediaType` of the call that links a contact (platform fact sheet 3.2)."""
    has_direction: bool = True
    """Whether `originatingDirection` proves something: which one a callback shows is documented nowhere."""


_PATH = "/api/v2/conversations"
MESSAGE = Medium(
    "message", f"{_PATH}/messages", f"{_PATH}/messages/agentless", "addressTo", "addressFrom", "MESSAGE"
)
EMAIL = Medium("email", f"{_PATH}/emails", f"{_PATH}/emails/agentless", "addressTo", "addressFrom", "EMAIL")
CALLBACK = Medium(
    "callback", f"{_PATH}/callbacks", f"{_PATH}/callbacks", "callbackNumber", "queueId", "CALLBACK", False
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

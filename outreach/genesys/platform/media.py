"""The platform's media: the kinds of conversation that our channels are there (platform fact sheet 4, 5)."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import assert_never

from outreach.contacts import Channel

_CONVERSATIONS = "/api/v2/conversations"


@dataclass(frozen=True, slots=True)
class Medium:
    """One kind of conversation."""

    name: str
    """`mediaType` in analytics."""
    path: str
    """Where its conversations are ended, each by its id."""
    start_path: str
    """Where one is created."""
    address: str
    """The dimension of the details query that holds whom it went to."""
    sender: str
    """Where analytics shows who contacted: in a session, or in its segments."""
    has_direction: bool = True
    """Whether `originatingDirection` proves something: which one a callback shows is documented nowhere."""


MESSAGE = Medium(
    "message",
    path=f"{_CONVERSATIONS}/messages",
    start_path=f"{_CONVERSATIONS}/messages/agentless",
    address="addressTo",
    sender="addressFrom",
)
EMAIL = Medium(
    "email",
    path=f"{_CONVERSATIONS}/emails",
    start_path=f"{_CONVERSATIONS}/emails/agentless",
    address="addressTo",
    sender="addressFrom",
)
CALLBACK = Medium(
    "callback",
    path=f"{_CONVERSATIONS}/callbacks",
    start_path=f"{_CONVERSATIONS}/callbacks",
    address="callbackNumber",
    sender="queueId",
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

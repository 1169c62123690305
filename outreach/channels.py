"""The channels on which a person is reached, and what is known of each; of contacts, see `contacts.py`.

Apart from those: to load pydantic takes longer than all else that the process needs which reads a list.
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from typing_extensions import assert_never


class AddressKind(str, Enum):
    """What the addresses of a channel are."""

    PHONE = "phone"
    EMAIL = "email"
    HANDLE = "handle"


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a channel, whoever serves it. How an API speaks of it, that API's module says."""

    kind: AddressKind
    longest_text: int
    """Characters of a message; an agentless SMS takes five segments of 153, or of 67 outside GSM-7."""
    preference: int
    """Its place in the order in which channels are tried, unless a campaign says otherwise."""
    hours_bind: bool
    """Whether calling hours bind it, unless a campaign says otherwise."""
    has_segments: bool = False
    """Whether its messages are counted, and paid, in SMS segments."""
    one_at_a_time: bool = False
    """Whether a 409 says that a conversation with the person is going on (platform fact sheet 4.1)."""
    is_spoken: bool = False
    """Whether a person says what is to be said: no text has to be there."""
    waits_for_agent: bool = False
    """Whether an interaction's time counts from an agent's answer, not from its start."""


class Channel(str, Enum):
    """The four ways to reach a person."""

    VOICE = "voice"
    SMS = "sms"
    EMAIL = "email"
    CHAT = "chat"

    # Else what an f-string shows depends on Python's version; `self.value` took 7 microseconds a contact.
    __str__ = str.__str__

    # Worked out once a channel: a decision asks nine times, 0.2 microseconds each.
    @cached_property
    def is_mail(self) -> bool:
        """Whether it has a subject, and may have HTML."""
        return self.traits.kind is AddressKind.EMAIL

    @cached_property
    def traits(self) -> Traits:
        """What is known of it."""
        match self:
            case Channel.VOICE:
                return _VOICE
            case Channel.SMS:
                return _SMS
            case Channel.EMAIL:
                return _EMAIL
            case Channel.CHAT:
                return _CHAT
            case _:
                assert_never(self)


def preferred(kind: AddressKind) -> Channel:
    """The channel that is tried first of those with such addresses."""
    return min(
        (each for each in Channel if each.traits.kind is kind), key=lambda each: each.traits.preference
    )


_VOICE = Traits(AddressKind.PHONE, 2000, preference=3, hours_bind=True, is_spoken=True, waits_for_agent=True)
_SMS = Traits(AddressKind.PHONE, 765, preference=1, hours_bind=True, has_segments=True, one_at_a_time=True)
_EMAIL = Traits(AddressKind.EMAIL, 2000, preference=2, hours_bind=False)
_CHAT = Traits(AddressKind.HANDLE, 2000, preference=4, hours_bind=False, one_at_a_time=True)

CHANNELS_IN_WORDS = ", ".join(tuple(Channel)[:-1]) + f" or {tuple(Channel)[-1]}"

EXTERNAL_CONTACT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}\Z")  # `$` lets a line break pass
"""Letters, digits, `-`, `_` and `.`, starting with a letter or digit, at most 255 (guide sheet)."""

DURATION_SECONDS = 300
"""How long an interaction may take, where its row does not say."""

EXTENSION = "extension"
"""Where the extension of the voice number stands in a contact's metadata."""

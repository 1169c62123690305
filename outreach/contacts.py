"""A contact: one person, how to reach them, and what they agreed to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property, lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from typing_extensions import assert_never

from outreach.sameness import E164


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
_SMS = Traits(
    AddressKind.PHONE,
    765,
    preference=1,
    hours_bind=True,
    has_segments=True,
    one_at_a_time=True,
)
_EMAIL = Traits(AddressKind.EMAIL, 2000, preference=2, hours_bind=False)
_CHAT = Traits(AddressKind.HANDLE, 2000, preference=4, hours_bind=False, one_at_a_time=True)

_EVERY = tuple(Channel)
CHANNELS_IN_WORDS = f"{', '.join(_EVERY[:-1])} or {_EVERY[-1]}"

EXTERNAL_CONTACT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}\Z")  # `$` lets a line break pass
"""Letters, digits, `-`, `_` and `.`, starting with a letter or digit, at most 255 (guide sheet)."""


def _external_contact_id(value: str) -> str:
    if not EXTERNAL_CONTACT_ID.match(value):
        raise ValueError("must start with a letter or digit and hold only letters, digits, '-', '_' and '.'")
    return value


def _e164(value: str) -> str:
    if not E164.match(value):
        raise ValueError("must be in E.164 form, like +15551234567")
    return value


DURATION_SECONDS = 300
"""How long an interaction may take, where its row does not say."""

EXTENSION = "extension"
"""Where the extension of the voice number stands in a contact's metadata."""

Phone = Annotated[str, AfterValidator(_e164)]


def bare_address(address: str) -> str:
    """What two spellings of one address have in common: tel:+1555, +1555 and WhatsApp's 1555 are one."""
    return address.strip().casefold().removeprefix("tel:").removeprefix("mailto:").lstrip("+")


class Channels(BaseModel):
    """The addresses of one person; absent channels are None."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    voice: Phone | None = None
    sms: Phone | None = None
    email: str | None = Field(default=None, max_length=254)
    chat: str | None = Field(default=None, min_length=1, max_length=255)

    def address(self, channel: Channel) -> str | None:
        """The address on one channel, or None."""
        match channel:
            case Channel.VOICE:
                return self.voice
            case Channel.SMS:
                return self.sms
            case Channel.EMAIL:
                return self.email
            case Channel.CHAT:
                return self.chat
            case _:
                assert_never(channel)

    def addresses(self) -> dict[Channel, str]:
        """Every address by its channel, in the order of this class."""
        found = (self.voice, self.sms, self.email, self.chat)
        return {channel: address for channel, address in zip(_EVERY, found, strict=True) if address}

    @property
    def is_empty(self) -> bool:
        """Whether there is no address at all."""
        return not any(vars(self).values())  # every field is an address, a new channel's too

    def present(self) -> tuple[Channel, ...]:
        """The channels that have an address, in the order of this class."""
        return tuple(self.addresses())


class Consent(BaseModel):
    """What a person said about one channel, where that was written down, and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    given: bool
    source: str | None = Field(default=None, max_length=255)
    on: date | None = None


class Contact(BaseModel):
    """The payload of the guide's sheet, and what compliance needs beside it.

    `interaction_duration_seconds` is in seconds, 1 to 7200. `time_zone` is an IANA name. `consent` holds
    only the channels on which the source says something.
    """

    # What stands in a row is hardly met again: 16,000 such texts took 1 MB, and to read a contact took 4.3
    # microseconds instead of 3.4.
    model_config = ConfigDict(frozen=True, extra="forbid", cache_strings="keys")

    external_contact_id: Annotated[str, AfterValidator(_external_contact_id)]
    name: str = Field(min_length=1, max_length=255)
    channels: Channels
    initial_message: str | None = None
    interaction_duration_seconds: int = Field(default=DURATION_SECONDS, ge=1, le=7200)
    time_zone: str | None = None
    postal_code: str | None = Field(default=None, max_length=32)
    consent: dict[Channel, Consent] = Field(default_factory=dict)
    metadata: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _reachable(self) -> Contact:
        if self.channels.is_empty:
            raise ValueError(f"needs at least one channel: {CHANNELS_IN_WORDS}")
        return self

    @classmethod
    def forgotten(cls, external_contact_id: str) -> Contact:
        """What is left of somebody who was erased: the id; no name and no address."""
        return cls.model_construct(external_contact_id=external_contact_id, name="", channels=Channels())

    @classmethod
    def of_checked(cls, said: Mapping[str, Any]) -> Contact:
        """A contact of values that are known to be good: in half the time of one that pydantic checks."""
        channels = _made(Channels, {**_CHANNELS, **said["channels"]}, said["channels"])
        values = {**_CONTACT, "consent": {}, "metadata": {}, **said, "channels": channels}
        values["consent"] = {Channel(name): _consent(**each) for name, each in values["consent"].items()}
        return _made(cls, values, said)

    @property
    def is_forgotten(self) -> bool:
        """Whether this is what `forgotten` gives: every other contact has an address."""
        return self.channels.is_empty


_CONTACT = {name: field.default for name, field in Contact.model_fields.items()}
_CHANNELS = {name: field.default for name, field in Channels.model_fields.items()}
# object's own, since the models are frozen.
_set = object.__setattr__
_Model = TypeVar("_Model", bound=BaseModel)


@lru_cache(maxsize=1024)  # those of many people are the same
def _consent(**said: Any) -> Consent:  # noqa: ANN401 - the fields' own kinds
    return Consent(**said)


def _made(model: type[_Model], fields: Mapping[str, object], said: Iterable[str]) -> _Model:
    made = model.__new__(model)
    _set(made, "__dict__", fields)
    _set(made, "__pydantic_fields_set__", set(said))
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made

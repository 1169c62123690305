"""Who contacts, and which of several of a channel: by country, language, metadata; always the same.

Of the senders that fit, those that ask for the most are meant: one for Germany comes before one for all.
Where several are left, the person's address decides: whoever was written to from a number hears from it
again, each sender has its share by its rate, and one more takes over no more people than its own share.
"""

import contextlib
import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import phonenumbers
from typing_extensions import assert_never

from outreach.contacts import Channel, Contact
from outreach.countries import NotACountry, read_country
from outreach.languages import find_locale
from outreach.sameness import number_in, same_form

COUNTRY, LANGUAGE = "country", "language"
"""What says so of a person, in their metadata."""


@dataclass(frozen=True, slots=True)
class Sender:
    """One of our numbers, addresses, queues or integrations, and whom it serves: everybody, unless said.

    `per_minute` is what its carrier or provider lets it send, 0 for no limit of its own.
    """

    channel: Channel
    name: str
    per_minute: int = 0
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def wishes(self) -> int:
        """How much it asks for."""
        return bool(self.countries) + bool(self.languages) + len(self.metadata)

    def serves(self, contact: Contact) -> bool:
        """Whether the person is one of those whom it is for."""
        said = contact.metadata
        return (
            (not self.countries or country_of(contact, self.channel) in self.countries)
            and (not self.languages or not _languages_of(contact).isdisjoint(self.languages))
            and all(said.get(name) == value for name, value in self.metadata.items())
        )


@dataclass(frozen=True, slots=True)
class Senders:
    """Who contacts: our numbers, addresses, queue and integration in the organisation."""

    sms_from: str | None = None
    email_from: str | None = None
    email_subject: str = "A message for you"
    voice_queue_id: str | None = None
    chat_from: str | None = None
    chat_type: Literal["whatsapp", "open", "webmessaging"] = "open"
    chat_template_id: str | None = None
    """The canned response that WhatsApp demands for a first message (platform fact sheet 4.1)."""
    chat_template_parameter: str | None = None
    """The id of that response's parameter which takes our message; None when it takes none."""

    voice_per_minute: int = 0
    sms_per_minute: int = 0
    email_per_minute: int = 0
    chat_per_minute: int = 0
    """What a sender may do in a minute by its carrier or provider; 0 for no limit of its own."""

    email_template_id: str | None = None
    """The content template that e-mail campaigns demand (outbound fact sheet 1.4)."""

    more: tuple[Sender, ...] = ()
    """Further senders, each for whom it says."""

    voice_script_id: str | None = None
    voice_skill_ids: tuple[str, ...] = ()
    voice_priority: int = 0
    voice_country: str | None = None
    voice_validate_numbers: bool = False
    voice_metadata: tuple[str, ...] = ()
    """What a callback tells Genesys and the agent beside the number (platform fact sheet 4.3)."""

    @property
    def asked_columns(self) -> frozenset[str]:
        """The columns of metadata that a choice among them or a callback goes by, like `metadata.brand`."""
        asked = {name for each in self.more for name in each.metadata} | set(self.voice_metadata)
        asked |= {COUNTRY} if any(each.countries for each in self.more) else set()
        return frozenset(f"metadata.{name}" for name in asked)

    def all_of(self, channel: Channel) -> tuple[Sender, ...]:
        """Every sender of a channel; the block's own first, which serves everybody."""
        name, per_minute = self.own(channel)
        first = (Sender(channel, name, per_minute),) if name else ()
        return (*first, *(each for each in self.more if each.channel is channel))

    def choose(self, contact: Contact, channel: Channel) -> str | None:
        """What contacts this very person on the channel, always the same; None when nothing does."""
        if not self.more:  # to choose of one took 8 microseconds
            return self.own(channel)[0] or None
        chosen = choose_sender(self.all_of(channel), contact, channel)
        return chosen.name if chosen else None

    def own(self, channel: Channel) -> tuple[str | None, int]:
        """The block's own sender of a channel, None when nothing is set; and how many a minute it may."""
        match channel:
            case Channel.VOICE:
                return self.voice_queue_id, self.voice_per_minute
            case Channel.SMS:
                return self.sms_from, self.sms_per_minute
            case Channel.EMAIL:
                return self.email_from, self.email_per_minute
            case Channel.CHAT:
                return self.chat_from, self.chat_per_minute
            case _:
                assert_never(channel)


def choose_sender(senders: Iterable[Sender], contact: Contact, channel: Channel) -> Sender | None:
    """The one that contacts the person on the channel, None when none serves them."""
    fitting = [each for each in senders if each.channel is channel and each.serves(contact)]
    most = max((each.wishes for each in fitting), default=0)
    left = [each for each in fitting if each.wishes == most]
    if len(left) < 2:
        return left[0] if left else None
    address = same_form(contact.channels.address(channel) or contact.external_contact_id)
    by_rate = all(each.per_minute for each in left)
    return max(left, key=lambda each: _draw(each.name, address, each.per_minute if by_rate else 1))


def budget_of(channel: Channel, name: str) -> str:
    """What the budget of a sender's own rate goes by."""
    return f"start {channel} from {name}"


def country_of(contact: Contact, channel: Channel) -> str:
    """Where the person is reached: by the number, else by their metadata's `country`; "" unknown."""
    number = number_in(contact.channels.address(channel) or "")
    with contextlib.suppress(phonenumbers.NumberParseException, NotACountry):
        if number:
            return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
        return read_country(contact.metadata.get(COUNTRY, ""))
    return ""


def _languages_of(contact: Contact) -> set[str]:
    """`de-AT` is also German."""
    written = contact.metadata.get(LANGUAGE, "")
    return {language_of(written), language_of(written).partition("-")[0]} if written else set()


def language_of(tag: str) -> str:
    """A language as senders are compared by: `de-at` for de_AT, `de` for German, as texts are chosen."""
    return str(find_locale(tag) or tag.strip()).casefold().replace("_", "-")


def _draw(name: str, address: str, weight: float) -> float:
    """Weighted rendezvous: the largest wins, as often as its weight says."""
    drawn = int.from_bytes(hashlib.sha256(f"{name}\n{address}".encode()).digest()[:6], "big")
    return -weight / math.log((drawn + 0.5) / 2**48)

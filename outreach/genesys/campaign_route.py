"""The other way to contact people: Genesys' own engine sends to a list that we give it.

One `hand-over` is one contact list and one campaign of its own there, both under one name of ours, for one of
our senders. Everything but `start` may be repeated: what is there is found by its name, and a row is the same
row by its id.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple, Protocol

from outreach.contacts import Channel, Contact

NO_RESULT = ""
SENT, FAILED, THROTTLED, AMBIGUOUS = "SENT", "FAILED", "THROTTLED", "AMBIGUOUS"
"""What the engine says of a row."""

_ROWS = uuid.UUID("3a0c2d3e-6f0b-4c53-9a5c-0d1b7f2e9a10")


def id_of(reference: str) -> str:
    """The id of an attempt's row in a contact list: a UUID, as Genesys' own are."""
    return str(uuid.uuid5(_ROWS, reference))


@dataclass(frozen=True, slots=True)
class ListRow:
    """One person in a contact list. `row_id` is ours, a UUID of the attempt.

    `subject` is an e-mail's, `zone` where calling hours bind: "" for what it has not.
    """

    row_id: str
    address: str
    text: str
    subject: str = ""
    zone: str = ""


class Slot(NamedTuple):
    """A time of the week in which the engine may send; `day` 1 is Monday, and both times lie in it."""

    day: int
    start: time
    stop: time


Hours = Mapping[str, Sequence[Slot]]
"""When the engine may send, by time zone; nothing where hours do not bind."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many messages a minute a sender may send, and by whose word, for people."""

    per_minute: int
    by: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is. `status` as Genesys writes it: off, on, stopping, complete, ..."""

    status: str
    done: int
    total: int

    @property
    def is_untouched(self) -> bool:
        """Whether it is off and has done nothing: nobody has started it."""
        return self.status == "off" and self.done == 0


@dataclass(frozen=True, slots=True)
class EngineConversation:
    """A conversation that the engine started, and whose it is."""

    row_id: str
    conversation_id: str
    started_at: datetime


class CampaignRoute(Protocol):
    """Contact lists and campaigns of one of our senders. Raises only GenesysError. Safe for threads."""

    per_minute: int
    """How many messages a minute the sender may send."""
    longest_text: int
    """How many characters a row's text may have; what is longer would be cut off."""

    def prepare_list(self, name: str) -> str:
        """The contact list of that name, made when it is not there, with its belts; its id."""

    def add(self, list_id: str, rows: Sequence[ListRow]) -> None:
        """Add rows; who is there is not queued again. Raises Ambiguous where not all were taken."""

    def count(self, list_id: str) -> int:
        """How many rows the list has."""

    def withdraw(self, list_id: str, row: ListRow) -> None:
        """Have the engine leave one row alone."""

    def prepare_campaign(self, name: str, list_id: str, hours: Hours) -> str:
        """The campaign of that name, made switched off when it is not there; its id."""

    def bound(self, campaign_id: str, until: datetime) -> None:
        """The latest instant at which the engine sends, whatever becomes of us."""

    def start(self, campaign_id: str) -> None:
        """Let the engine send. Sent once: it is never repeated in doubt."""

    def stop(self, campaign_id: str) -> None:
        """Have it send nothing more; what is on its way may still arrive."""

    def look(self, campaign_id: str) -> Progress:
        """Status and progress."""

    def read_results(self, list_id: str) -> Mapping[str, str]:
        """What the engine says of every row, by its id, from an export that is made now."""

    def list_conversations(self, campaign_id: str, since: datetime) -> Iterator[EngineConversation]:
        """Every conversation that the campaign has started."""


class Engine(Protocol):
    """Genesys' own engine, as far as one of our senders can use it."""

    channels: tuple[Channel, ...]
    """The channels on which it can send for us."""

    def paces(self, channel: Channel) -> Mapping[str, Pace]:
        """Our senders of a channel, and how fast each may send."""

    def choose(self, contact: Contact, channel: Channel) -> str | None:
        """Which of them contacts this very person, always the same; None when none does."""

    def open_route(self, channel: Channel, sender: str) -> CampaignRoute:
        """The lists and campaigns of a sender."""

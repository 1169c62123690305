"""The other way to contact people: Genesys' own engine sends to a list that we give it.

One `hand-over` is one contact list and one campaign of its own there, both under one name of ours. Everything
but `start` may be repeated: what is there is found by its name, and a row is the same row by its id.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

LONGEST_TEXT = 512
"""A column's value is cut off there (outbound fact sheet, 0.7)."""

NO_RESULT = ""
SENT, FAILED, THROTTLED, AMBIGUOUS = "SENT", "FAILED", "THROTTLED", "AMBIGUOUS"
"""What the engine says of a row."""

_ROWS = uuid.UUID("3a0c2d3e-6f0b-4c53-9a5c-0d1b7f2e9a10")


def id_of(reference: str) -> str:
    """The id of an attempt's row in a contact list: a UUID, as Genesys' own are."""
    return str(uuid.uuid5(_ROWS, reference))


@dataclass(frozen=True, slots=True)
class ListRow:
    """One person in a contact list. `row_id` is ours, a UUID of the attempt."""

    row_id: str
    address: str
    text: str


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
    """Contact lists and messaging campaigns of one organisation. Raises only GenesysError."""

    @property
    def per_minute(self) -> int:
        """How many messages a minute the sender may send."""

    def prepare_list(self, name: str) -> str:
        """The contact list of that name, made when it is not there, with its belts; its id."""

    def add(self, list_id: str, rows: Sequence[ListRow]) -> None:
        """Add rows; who is there is not queued again. Raises Ambiguous where not all were taken."""

    def count(self, list_id: str) -> int:
        """How many rows the list has."""

    def withdraw(self, list_id: str, row: ListRow) -> None:
        """Have the engine leave one row alone."""

    def prepare_campaign(self, name: str, list_id: str) -> str:
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

"""The other way to contact people: Genesys' own engine sends to a list that we give it.

One `hand-over` is one contact list and one campaign of its own there, both under one name of ours, for one of
our senders. Everything but `start` may be repeated: what is there is found by its name, and a row is the same
row by its id.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple

NO_RESULT = ""
SENT, FAILED, THROTTLED, AMBIGUOUS = "SENT", "FAILED", "THROTTLED", "AMBIGUOUS"
RESULTS = (SENT, AMBIGUOUS, FAILED, THROTTLED)
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

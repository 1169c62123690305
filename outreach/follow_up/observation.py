"""One look at one interaction: whether it has ended, and until when it may go on.

An interaction's time is the contact's `interaction_duration_seconds`, from its start. A callback waits for an
agent first, so its time counts from the answer, and ends 7200 seconds after its start at the latest. The time
of somebody who was erased is up at once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.genesys.interface import Conversation
from outreach.ledger.claims import Claimed
from outreach.ledger.states import State

LONGEST = timedelta(seconds=7200)
"""No interaction lasts longer (guide sheet)."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at one contact's interaction; `found` is None when Genesys does not show it.

    `link` is what is known now of whether the conversation names its contact (`links.py`). `is_told`: whether
    Genesys could say what an attempt did that was given up before; None where there is none.
    """

    row: Claimed
    found: Conversation | None
    now: datetime
    link: str = ""
    is_told: bool | None = None

    @property
    def contact_ids(self) -> frozenset[str]:
        """Whom the conversation names."""
        return self.found.contact_ids if self.found else frozenset()

    @property
    def has_ended(self) -> bool:
        """Whether Genesys says that it has ended."""
        return self.found is not None and self.found.ended_at is not None

    @property
    def started_at(self) -> datetime:
        """By our clock, where we saw it start."""
        shown = self.found.started_at if self.found else None
        return self.row.started_at or shown or self.now

    @property
    def time_is_up(self) -> datetime:
        """From when on it is overlong, by our clock."""
        if self.row.contact.is_forgotten:
            return self.started_at
        allowed = timedelta(seconds=self.row.contact.interaction_duration_seconds)
        waits = self.row.channel is not None and self.row.channel.traits.waits_for_agent
        if waits and self.found is not None and self.found.started_at is not None:
            if self.found.connected_at is None:
                return self.started_at + LONGEST  # still waiting for an agent
            allowed += self.found.connected_at - self.found.started_at  # both by Genesys' clock
        return self.started_at + min(allowed, LONGEST)

    @property
    def is_overlong(self) -> bool:
        """Whether it is shown, still goes on, and should not."""
        goes_on = self.row.state is State.STARTED and self.found is not None and not self.has_ended
        return goes_on and self.now >= self.time_is_up

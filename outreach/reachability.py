"""What Genesys says of people: whether they can be reached, on which channels, and whom we have reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from outreach.contacts import Channel

AVAILABLE = "available"
"""A channel that can be used."""


NOT_CHECKABLE = "not_checkable"
"""Genesys refused the look, which says nothing about the channel (platform fact sheet 9)."""


Availability = Mapping[Channel, str]
"""Channel to AVAILABLE, NOT_CHECKABLE, or the code of the reason why it cannot be used."""


@dataclass(slots=True)
class Inspection:
    """May and can this contact be reached, as far as Genesys says.

    `status`: passed, pending, failed (with `reason`) or unknown. Only passed and pending are clear.
    """

    status: Literal["passed", "pending", "failed", "unknown"]
    availability: Availability
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OwnConversation:
    """A conversation that our sender of a channel started, whoever told it to.

    `addresses` are whom it went to, as Genesys spells them; `contact_ids` Genesys' ids of that person;
    `texts` where our reference would stand (an e-mail's subject), empty where nothing of the kind is shown.
    """

    conversation_id: str
    started_at: datetime
    channel: Channel
    addresses: frozenset[str]
    contact_ids: frozenset[str]
    texts: frozenset[str] = frozenset()

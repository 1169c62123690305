"""What is known of whether a person can be reached: channel by channel, as somebody else says."""

from collections.abc import Mapping
from dataclasses import dataclass
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

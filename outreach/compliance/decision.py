"""What a decision is: its verdict, the facts it rests on, and the rules that were applied.

allowed   contact the person now, on `channel`
deferred  may be contacted later: not before `next_allowed_at`
held      unsure, so nobody is contacted until a person or a later run knows more
blocked   may not or cannot be contacted in this campaign
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from outreach.contacts import Channel
from outreach.reachability import Availability, Inspection


class Verdict(str, Enum):
    """The four answers."""

    ALLOWED = "allowed"
    DEFERRED = "deferred"
    BLOCKED = "blocked"
    HELD = "held"

    # As in `State`: from Python 3.11 on an f-string would name the class.
    def __str__(self) -> str:
        return self.value


@dataclass(slots=True)
class Facts:
    """What the world says of one contact.

    `inspection`: Genesys' word, None when nobody looked. `senders`: which channels our own senders can
    serve; a channel that is missing was not looked at. `suppressed`: channels whose address must not be
    contacted. `recent`: when this person or address was contacted, aware, over all campaigns, in any order.
    `taken`: channels whose address the campaign contacts for another row. `undelivered`: channels at whose
    address the last message did not arrive, for good. `refused`: channels that the no of another row names
    which shares an address.
    """

    inspection: Inspection | None = None
    senders: Availability = field(default_factory=dict)
    suppressed: frozenset[Channel] = frozenset()
    recent: Sequence[datetime] = ()
    taken: frozenset[Channel] = frozenset()
    undelivered: frozenset[Channel] = frozenset()
    refused: frozenset[Channel] = frozenset()


@dataclass(slots=True)
class Decision:
    """What to do with one contact now.

    `channel`: the one to use (allowed), to use later (deferred), or that is in doubt (held); None when
    blocked. `reasons`: codes of `reasons.REASONS`, empty when allowed. `next_allowed_at`: aware UTC, only
    when deferred. `losing`: every other channel that was looked at, with its reasons.
    """

    verdict: Verdict
    channel: Channel | None = None
    reasons: tuple[str, ...] = ()
    next_allowed_at: datetime | None = None
    losing: Mapping[Channel, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleApplied:
    """One rule as it was applied: what it saw (addresses masked), and what it said.

    `version` is the pack's version, or this package's for built-in rules. `local_time` is ISO-8601 with the
    person's offset, None where the rule does not look at the clock. `verdict` is this rule's alone.
    """

    rule: str
    version: str
    input: Mapping[str, str]
    local_time: str | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check, or one channel, came to. `next_allowed_at` only when deferred."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    next_allowed_at: datetime | None = None


PASSED = Finding(Verdict.ALLOWED)
"""Nothing stands against it."""

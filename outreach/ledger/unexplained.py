"""Conversations of which no contact's is surely the one: kept after catching up, for a later list may tell.

fits nobody here                 ──> kept until somebody comes whom it fits
fits somebody, not for certain   ──> kept for a week as well: another campaign may have started it, which this
                                     ledger forgot, and whose list is loaded again later
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from outreach.ledger.facts import recall, remember
from outreach.ledger.ledger import Ledger

UNEXPLAINED = "unexplained"
"""The fact that keeps them; whom they went to, as keyed hashes."""

KEPT = timedelta(days=7)
"""Whoever sends at least once a week loads a forgotten list again within it."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A conversation that was taken for somebody's, whom it went to, and until when it is kept."""

    conversation_id: str
    key: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Unexplained:
    """Since when there are some, whom those went to that fit nobody, and those that are shared."""

    since: datetime | None = None
    keys: frozenset[str] = frozenset()
    shared: tuple[Shared, ...] = ()

    @property
    def conversations(self) -> frozenset[str]:
        """Those that were taken for somebody's, and may be another's."""
        return frozenset(each.conversation_id for each in self.shared)


def read_unexplained(ledger: Ledger) -> Unexplained:
    """What is kept of them now."""
    kept = orjson.loads(recall(ledger, UNEXPLAINED) or "{}")
    if not kept:
        return Unexplained()
    now = ledger.clock.now()
    shared = [Shared(name, key, datetime.fromisoformat(until)) for name, key, until in kept.get("shared", ())]
    lasting = tuple(each for each in shared if each.until > now)
    if not (kept["keys"] or lasting):
        return Unexplained()
    return Unexplained(datetime.fromisoformat(kept["since"]), frozenset(kept["keys"]), lasting)


def keep_unexplained(
    ledger: Ledger, since: datetime, keys: Collection[str], shared: Iterable[tuple[str, str]]
) -> None:
    """Keep these and no others: keys of those that fit nobody, and id and key of those that are shared."""
    until = {each.conversation_id: each.until for each in read_unexplained(ledger).shared}
    week = ledger.clock.now() + KEPT
    lasting = sorted((name, key, until.get(name, week).isoformat()) for name, key in shared)
    kept = {"since": since.isoformat(), "keys": sorted(keys), "shared": lasting}
    remember(ledger, UNEXPLAINED, orjson.dumps(kept).decode() if keys or lasting else "")


def forget_unexplained(ledger: Ledger) -> None:
    """A person is sure that they tell nothing of anybody here."""
    remember(ledger, UNEXPLAINED, "")

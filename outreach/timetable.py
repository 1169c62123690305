"""The arithmetic of a shared budget: lanes of slots, evenly apart, and a gate above them.

A lane is the row of slots of one token, or of another budget. A gate is a limit above a client's lanes that
Genesys does not publish, found by its 429s: it lets through what they may not exceed together.
"""

from collections.abc import Mapping
from typing import NamedTuple

# As near the limit as jitter allows: `limit + 1` slots span 60.8 s, and a slot is 0.4 s late at the most.
HEADROOM = 0.987
"""The part of a limit that is spent."""

_FORGETTING = 0.0004
"""How a gate widens: by this part, times the minutes since it was found to the third power."""

_ONE_EVENT = 5.0
"""Seconds in which several 429s tell of the same thing."""


_NEVER = float("-inf")


class Slot(NamedTuple):
    """One turn: when, whose, and what bound it (the lane, or the gate)."""

    at: float
    lane: str
    bound: str


class Gate(NamedTuple):
    """A limit above lanes, in requests a minute, and since when it is known (seconds)."""

    limit: float
    since: float

    def rate(self, now: float) -> float:
        """Requests a minute that it lets through: a limit that no 429 confirms is soon forgotten."""
        minutes = max(now - self.since, 0.0) / 60.0
        return self.limit * (1.0 + _FORGETTING * minutes**3) * HEADROOM

    def narrowed(self, most: float, part: float, now: float) -> "Gate":
        """After a 429 that came when `part` of a minute's requests had gone."""
        return self if now - self.since < _ONE_EVENT else Gate(min(most, self.rate(now)) * part, now)


OPEN = Gate(float("inf"), _NEVER)
"""Where no limit is known."""


def plan(
    free: dict[str, float], lanes: Mapping[str, float], count: int, now: float, gate: str, apart: float
) -> list[Slot]:
    """The next `count` slots; moves what they use up in `free`. `at` is on the clock of `now`."""
    slots = []
    for _ in range(count):
        lane = min(lanes, key=lambda key: free.get(key, _NEVER))
        at, bound = max(now, free.get(lane, now)), lane  # never in the past: no burst after a lull
        if gate and free.get(gate, _NEVER) > at:
            at, bound = free[gate], gate
        free[lane] = at + lanes[lane]
        if gate:
            free[gate] = max(at, free.get(gate, at)) + apart
        slots.append(Slot(at, lane, bound))
    return slots

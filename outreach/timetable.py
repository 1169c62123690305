"""The arithmetic of a budget that many spend: lanes of slots, evenly apart, and what lies above them.

A lane is the row of slots of one token; a budget of another kind has one lane. Above them may lie a limit
that Genesys does not publish, found by its 429s: it holds for all lanes together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

# As near the limit as jitter allows: `limit + 1` slots span 60.8 s, and a slot is 0.4 s late at the most.
HEADROOM = 0.987
"""The part of a limit that is spent."""

WINDOW = 60.0
"""Seconds in which Genesys counts, and from half the rate to the whole after a 429."""

_REMEMBERED = 600.0  # seconds in which a 429 of one lane is again taken for one of the limit above them
_FORGETTING = 0.0004  # how a limit that no 429 confirms widens: by this part, times its minutes cubed
_ONE_EVENT = 5.0  # seconds in which several 429s tell of the same thing
_NEVER = -WINDOW  # over, as any clock of ours begins at 0


class Slot(NamedTuple):
    """One turn: when, of which lane (from 0), and whether what lies above the lanes bound it."""

    at: float
    lane: int
    above: bool


@dataclass
class Timetable:
    """One budget. Instants are seconds, on the clock of whoever keeps it."""

    free: list[float] = field(default_factory=list)  # when each lane has its next slot
    refused: list[float] = field(default_factory=list)  # until when a 429 rests each lane, or did
    opens: float = _NEVER  # nobody goes before, whatever the lane
    limit: float = 0.0  # above the lanes, in requests a minute; 0 where none is known
    found: float = _NEVER  # when that was
    share: float = 1.0  # the part of the budget that is given away
    written: float = _NEVER  # when it was changed last

    def take(self, lanes: Mapping[int, float], count: int, now: float) -> list[Slot]:
        """The next slots, each of the lane that is free first; `lanes` says how many a minute each has."""
        self._reach(max(lanes))
        slots = []
        for _ in range(count):
            lane = min(lanes, key=self.free.__getitem__)
            own = max(now, self.free[lane])  # never in the past: no burst after a lull
            at = max(own, self.opens)
            back = min(max((at - self.refused[lane]) / WINDOW, 0.0), 1.0)
            self.free[lane] = at + WINDOW / (lanes[lane] * self.share * (0.5 + 0.5 * back))
            if self.limit:
                self.opens = at + WINDOW / (self.share * self._rate(now))
            slots.append(Slot(at, lane, at > own))
        return slots

    def refuse(self, lane: int, seconds: float, most: float, now: float) -> bool:
        """Rest a lane after its 429, or all of them; whether it was all.

        Another lane's within that rest tells of a limit above them; `most` is what they let through a minute.
        """
        self._reach(lane)
        others = (until for number, until in enumerate(self.refused) if number != lane)
        if (self.limit and now < self.found + _REMEMBERED) or any(until > now for until in others):
            self.close(now + seconds)
            if seconds < WINDOW:
                # Whole seconds, rounded up: half a second more of the window is the likeliest.
                self.narrow(most, (WINDOW + 0.5 - seconds) / WINDOW, now)
            return True
        for instants in (self.free, self.refused):
            instants[lane] = max(instants[lane], now + seconds)
        return False

    def narrow(self, most: float, part: float, now: float) -> None:
        """Learn of the limit above the lanes, by a 429 after `part` of a minute's requests."""
        if now - self.found >= _ONE_EVENT:
            self.limit, self.found = min(most, self._rate(now) or most) * part, now

    def close(self, until: float) -> None:
        """Rest all lanes."""
        self.opens = max(self.opens, until)

    def _rate(self, now: float) -> float:
        minutes = max(now - self.found, 0.0) / 60.0
        return self.limit * (1.0 + _FORGETTING * minutes**3) * HEADROOM

    def _reach(self, lane: int) -> None:
        for instants in (self.free, self.refused):
            instants.extend([_NEVER] * (lane + 1 - len(instants)))

"""How many threads make calls to a far end that may be a small one: no more than twice what it answers.

    answered at a time = answers a second x the shortest seconds of a call

A CRM may serve five connections at once, and keep those that it serves. The others get nothing, however long
they wait: with 128 connections, 123 of 1,000 webhooks had no answer for 15 s, and came a minute late.
"""

import math
from typing import Any

from outreach.concurrency.adaptive_limit import AdaptiveLimit

TWICE = 2
"""So many times as many may join at a look; and so much longer than alone may calls take, before they count
as waiting in line.
"""


class CarefulLimit(AdaptiveLimit):
    """Begins with one, and doubles as long as all of them are answered. Safe for threads."""

    def __init__(self, ceiling: int, **more: Any) -> None:  # noqa: ANN401 - as `AdaptiveLimit` has them
        super().__init__(ceiling, **more)
        self._served = math.inf
        self._answers = self._were_present = 0
        self._counted_from = self._wall()

    def note_call(self, seconds: float) -> None:
        """A call has come back after so long."""
        super().note_call(seconds)
        self._answers += 1

    def _begin(self) -> None:
        super()._begin()
        self._count_anew()

    def _within(self, useful: int) -> int:
        self._count_served()
        # Nobody goes for it: those would, who are served.
        most = max(self._at_work, min(TWICE * self._wanted, TWICE * self._served + 1))
        # None came back: they hang, or it pauses. With 0 served, one webhook held back all others for 15 s;
        # doubled at each look, a pause of a second brought all 128 to one that serves 5.
        most = most if self._served else self._at_work + 1
        return super()._within(int(min(useful, most)))

    def _count_served(self) -> None:
        """How many it answers at a time, where more than twice as many were at work; any number elsewhere."""
        seconds = self._wall() - self._counted_from
        if seconds < TWICE * self._distance:  # who was at work then has been answered once by now
            return
        served = self._answers / seconds * self._distance
        waiting = min(self._were_present, self._at_work)
        self._served = served if waiting > TWICE * served else math.inf
        self._count_anew()

    def _count_anew(self) -> None:
        self._counted_from, self._answers, self._were_present = self._wall(), 0, self._at_work

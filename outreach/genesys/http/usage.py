"""What a client has spent: requests by operation and by second, refusals, waiting. For the report."""

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from outreach.clock import Clock

MOST_BUCKETS = 1200
"""When a series gets longer than this, its seconds are merged two by two."""

WORTH_TELLING = 1.0
"""Seconds in a minute that all threads together must have waited for a budget that bound."""


@dataclass(frozen=True, slots=True)
class UsageSnapshot:
    """Figures since the client was opened.

    `series` holds instants (aware UTC) in order, each with the requests of the `seconds_per_point` seconds
    from it on; empty ones are left out.
    """

    requests: int
    by_operation: dict[str, int]
    too_many: int
    waited_seconds: float
    budget_per_minute: int | None
    seconds_per_point: int
    series: list[tuple[datetime, int]] = field(repr=False)
    bound: dict[int, str] = field(default_factory=dict, repr=False)
    """Which budget was waited for most, by the minute since the client was opened."""


class Usage:
    """Counts what is sent. Safe for threads; its memory has a bound."""

    def __init__(self, clock: Clock, budget_per_minute: int | None = None) -> None:
        self._clock = clock
        self._budget = budget_per_minute
        self._lock = threading.Lock()
        self._by_operation: Counter[str] = Counter()
        self._too_many = 0
        self._waited = 0.0
        self._bound: dict[tuple[int, str], float] = defaultdict(float)
        self._width = 1
        self._buckets: Counter[int] = Counter()
        self._started = clock.now()
        self._zero = clock.monotonic()  # a clock that is set meanwhile moves no point

    def sent(self, operation: str, waited_seconds: float, bound: str = "") -> None:
        """A request leaves, after so long a wait for its turn, for which most of it was `bound` to blame."""
        second = int(self._clock.monotonic() - self._zero)
        with self._lock:
            self._by_operation[operation] += 1
            self._waited += waited_seconds
            if bound:
                self._bound[second // 60, bound] += waited_seconds
            self._buckets[second // self._width] += 1
            if len(self._buckets) > MOST_BUCKETS:
                self._merge()

    def refused(self) -> None:
        """A 429 came back."""
        with self._lock:
            self._too_many += 1

    def snapshot(self) -> UsageSnapshot:
        """The figures so far."""
        with self._lock:
            zero = self._started.timestamp()
            series = [
                (datetime.fromtimestamp(zero + bucket * self._width, timezone.utc), count)
                for bucket, count in sorted(self._buckets.items())
            ]
            return UsageSnapshot(
                sum(self._by_operation.values()),
                dict(self._by_operation),
                self._too_many,
                self._waited,
                self._budget,
                self._width,
                series,
                _most(self._bound),
            )

    def _merge(self) -> None:
        self._width *= 2
        merged: Counter[int] = Counter()
        for bucket, count in self._buckets.items():
            merged[bucket // 2] += count
        self._buckets = merged


def _most(waited: Mapping[tuple[int, str], float]) -> dict[int, str]:
    longest_last = sorted(waited, key=lambda each: waited[each])
    return {minute: name for minute, name in longest_last if waited[minute, name] >= WORTH_TELLING}

"""Spending a budget of requests per minute evenly: at the limit, never over it.

    acquire ── priority lock (lowest number first) ── slot in hand? ── sleep until its instant ── go
                                                          │ no
                                                     lease a few from the timetable (shared by processes)

Slots lie 60 / (limit x HEADROOM) seconds apart over all processes, so `limit + 1` of them span 61.5 s: any
window of 60 s, fixed or sliding, has 1.5 s to spare for jitter. A slot that is late by more than LATENESS
is dropped, never spent in a burst. A 429 empties the hand, holds everybody until `Retry-After`, and the rate
comes back from a half to the whole over RECOVERY seconds. The answers' `inin-ratelimit-*` headers slow us
down when somebody else spends the same token.
"""

import hashlib
import threading
from collections import deque

from outreach.clock import Clock
from outreach.errors import NotSent, RateLimited
from outreach.genesys.rate_limit.priority_lock import PriorityLock
from outreach.genesys.rate_limit.slots import SlotAllocator

# 97.4 to 97.5 % of the budget was used by one process and by three, with no answer 429 (docs/bench).
HEADROOM = 0.975
"""The part of the limit that is spent."""

LATENESS = 0.5
"""Seconds that a slot may be late and still be used."""

RECOVERY = 60.0
"""Seconds from half the rate to the whole, after a 429."""

MOST_LEASED = 50
"""Slots leased at once at the most."""

PATIENCE = 180.0
"""Seconds that a caller waits at the most; beyond it is told when to come again."""

NEARLY_USED_UP = 0.01
"""The part of the allowance that may be left before everybody waits for the next window."""

GIVEN_UP = "given_up"
"""The code of what was given up while it waited for its turn."""

_HELD = "The budget is held by an earlier 429: run this again after the time given."


def token_key(client_id: str) -> str:
    """The key of a token's budget; the client id can't be read from it."""
    return f"token:{hashlib.sha256(client_id.encode()).hexdigest()[:16]}"


def creations_key(org_id: str) -> str:
    """The key of an organisation's budget of contact creations (guide sheet)."""
    return f"creations:{org_id}"


class Pacer:
    """One budget, spent by many threads.

    Args:
        key: of the budget, in the timetable.
        limit_per_minute: None or 0 switches pacing off; a 429 still stops everybody.
        timetable: where slots come from.
        clock: measures and sleeps.
    """

    def __init__(
        self, key: str, limit_per_minute: int | None, timetable: SlotAllocator, clock: Clock
    ) -> None:
        self.key = key
        self.limit = limit_per_minute or None
        self._allowed: int | None = None
        self._timetable = timetable
        self._clock = clock
        self._turns = PriorityLock()
        self._lock = threading.Lock()
        self._slots: deque[float] = deque()
        self._held_until = 0.0
        self._given_up = False
        self._resumed_at: float | None = None

    def acquire(self, priority: int = 0) -> float:
        """Wait for a turn; seconds waited.

        Raises:
            RateLimited: it would be longer than PATIENCE.
            NotSent: `give_up` was called before the turn came.
        """
        arrived = self._clock.monotonic()
        if self.limit is None and self._held_until <= arrived:
            return 0.0  # nothing to share: no line either, in which everybody would wait for everybody
        with self._turns.turn(priority):
            self._sleep_until_due()
        return self._clock.monotonic() - arrived

    def give_up(self) -> None:
        """Nobody waits for a turn any more, now or later."""
        self._given_up = True

    def refuse(self, retry_after: float) -> None:
        """Hold everybody for the seconds that a 429 named, and come back slowly."""
        self._hold(retry_after)
        with self._lock:
            self._resumed_at = self._held_until

    def observe(self, count: int, allowed: int, reset: float) -> None:
        """Slow down by what an answer said of the window: requests counted, allowed, seconds to the next."""
        if self.limit is None or allowed <= 0:
            return
        self._allowed = allowed
        if allowed - count <= min(allowed, self.limit) * NEARLY_USED_UP and 0 < reset <= 60:
            now = self._clock.monotonic()
            if now + reset > self._held_until + 1:  # every answer of a window says so; one hold is enough
                self._hold(reset)

    def next_instant(self, waiting: int = 0) -> float:
        """The monotonic instant of the next slot. For one thread at a time.

        Leases a few if none is in hand: never more than there are takers for, so that none go to waste
        while another process could use them.
        """
        now = self._clock.monotonic()
        if self.limit is None:
            return self._held_until
        self._drop(now)
        if not self._slots:
            apart = self._seconds_apart(now)
            # A second's worth at the most: what we lease and let pass, no other process can use.
            count = max(1, min(waiting + 1, int(1 / apart), MOST_LEASED))
            first = self._timetable.reserve(self.key, count, apart)
            first += self._clock.monotonic()  # now, after the answer: a slow ledger makes no slot early
            with self._lock:
                self._slots.extend(first + number * apart for number in range(count))
            self._drop(now)
        with self._lock:
            return self._slots[0] if self._slots else self._held_until

    def spend(self) -> None:
        """Use up the slot of `next_instant`."""
        with self._lock:
            if self._slots:
                self._slots.popleft()

    def _sleep_until_due(self) -> None:
        while True:
            if self._given_up:
                raise NotSent("wait for the rate budget", 0, GIVEN_UP, "", "The run was stopped before.")
            instant = self.next_instant(self._turns.waiting)
            gap = instant - self._clock.monotonic()
            if gap <= 0:
                self.spend()
                return
            if gap > PATIENCE:
                raise RateLimited("wait for the rate budget", 429, "held", "", _HELD, gap)
            self._clock.sleep(min(gap, 1.0))  # in pieces, since a hold may come meanwhile

    def _drop(self, now: float) -> None:
        oldest = max(now - LATENESS, self._held_until)
        with self._lock:
            while self._slots and self._slots[0] < oldest:
                self._slots.popleft()

    def _hold(self, seconds: float) -> None:
        with self._lock:
            self._held_until = max(self._held_until, self._clock.monotonic() + seconds)
            self._slots.clear()  # those in hand may be due before the hold ends
        if self.limit is not None:
            self._timetable.hold(self.key, seconds)

    def _seconds_apart(self, now: float) -> float:
        limit = min(self.limit or 1, self._allowed or self.limit or 1)
        rate = limit * HEADROOM / 60.0
        if self._resumed_at is not None:
            back = min(max((now - self._resumed_at) / RECOVERY, 0.0), 1.0)
            rate *= 0.5 + 0.5 * back
            if back >= 1.0:
                self._resumed_at = None
        return 1.0 / rate

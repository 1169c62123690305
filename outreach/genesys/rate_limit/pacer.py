"""Spending a budget of requests per minute evenly: at the limit, never over it.

    turn ── priority lock (lowest number first) ── slot in hand? ── sleep until its instant ── go
                                                       │ hardly any
                                                  lease some from the timetable (shared by processes)

The tokens of a client are lanes of one budget, and each turn is of the lane that is free first. The slots of
a lane lie 60 / (limit x HEADROOM) seconds apart over all processes; one that is late by more than _LATENESS
is dropped, never spent in a burst. What a 429 does to all processes stands in `timetable`; the answers'
`inin-ratelimit-*` headers slow a lane down when somebody else spends it too.
"""

import contextlib
import hashlib
import heapq
import logging
import math
import threading
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from outreach.clock import Clock
from outreach.errors import NotSent, RateLimited
from outreach.genesys.rate_limit.priority_lock import PriorityLock
from outreach.genesys.rate_limit.slots import LocalSlotAllocator, SlotAllocator
from outreach.timetable import HEADROOM, WINDOW, Slot, Timetable

PATIENCE = 180.0
"""Seconds that a caller waits at the most; beyond it is told when to come again."""

GIVEN_UP = "given_up"
"""The code of what was given up while it waited for its turn."""

ABOVE = "a limit above the tokens"
"""What bound where it was none of them."""

_LATENESS = 0.4  # seconds that a slot may be late and still be used
_AHEAD = (0.5, 2.5)  # seconds' worth in hand when as much is leased again: a ledger at once, and a slow one
_NEARLY_ALL = 0.993  # the part of an allowance that is spent with others; by ourselves we spend HEADROOM
_SURE = 5.0  # seconds of a window after which its average tells how it will end

_HELD = "The budget is held by an earlier 429: run this again after the time given."
_OTHERS = "Room is made: another program spends this client's budget too, or its tokens share one limit."

_log = logging.getLogger(__name__)


def token_key(client_id: str) -> str:
    """The key of a token's budget; the client id can't be read from it."""
    return f"token:{hashlib.sha256(client_id.encode()).hexdigest()[:16]}"


def creations_key(org_id: str) -> str:
    """The key of an organisation's budget of contact creations (guide sheet)."""
    return f"creations:{org_id}"


class Turn(NamedTuple):
    """Leave to send: of which lane (from 0), since when, after how long a wait, and what bound it."""

    lane: int
    at: float
    waited: float
    bound: str


class Pacer:
    """One budget, spent by many threads: so many requests a minute of each of its lanes.

    Without a limit nothing is paced, and a 429 still stops everybody. `name` is what binds where this does,
    for people.
    """

    def __init__(
        self,
        key: str,
        limit_per_minute: int | None,
        slots: SlotAllocator,
        clock: Clock,
        lanes: int = 1,
        name: str = "tokens",
    ) -> None:
        self.key = key
        self.limit = limit_per_minute or None
        self.name = name
        self._slots = slots if self.limit else LocalSlotAllocator(clock)
        self._clock = clock
        self._lanes = [_Lane(self.limit or math.inf) for _ in range(lanes)]
        self._turns = PriorityLock()
        self._hand: list[Slot] = []
        self._leasing = threading.Lock()
        self._leased = 0
        self._ahead = _AHEAD[0]
        self._given_up = False
        self._noticed = False

    @contextlib.contextmanager
    def turn(self, priority: int = 0, since: float = math.inf) -> Iterator[Turn]:
        """Wait for a turn; nobody of this process gets another within the block.

        Of equal priority goes first who waits since longest (monotonic seconds). Raises RateLimited where it
        would be longer than PATIENCE, and NotSent after `give_up`.
        """
        if at_once := self.turn_at_once():
            yield at_once
            return
        arrived = self._clock.monotonic()
        self.lease_ahead(self._turns.waiting)
        with self._turns.turn(priority, since):
            slot = self._sleep_until_due()
            now = self._clock.monotonic()
            bound = ABOVE if slot.above and len(self._lanes) > 1 else self.name
            yield Turn(slot.lane, now, now - arrived, bound)

    def turn_at_once(self) -> Turn | None:
        """A turn for which nobody waits, where nothing is limited and nobody rests."""
        if self.limit is not None:
            return None
        arrived = self._clock.monotonic()
        if min(lane.rests_until for lane in self._lanes) > arrived:
            return None
        # nothing to share: no line either, in which everybody would wait for everybody
        if len(self._lanes) == 1:  # no table: a slot of one lane that is free at once says nothing
            return Turn(0, arrived, 0.0, "")  # and cost 20 microseconds
        self._lease(0)
        return Turn(self.spend().lane, arrived, 0.0, "")

    def give_up(self) -> None:
        """Nobody waits for a turn any more, now or later."""
        self._given_up = True

    def leave_out(self, lane: int, seconds: float) -> None:
        """Give this process no turn of a lane for so long; it has others."""
        self._rest([lane], self._clock.monotonic() + seconds)

    def refuse(self, retry_after: float, turn: Turn | None = None) -> None:
        """Rest for the seconds that a 429 named, and come back slowly: one lane, or all of them."""
        lane, most = turn.lane if turn else 0, (self.limit or 0) * HEADROOM * len(self._lanes)
        until = self._clock.monotonic() + retry_after
        everybody = self._slots.change(self.key, lambda table, at: table.refuse(lane, retry_after, most, at))
        self._rest(range(len(self._lanes)) if everybody else [lane], until)

    def observe(self, count: int, allowed: int, reset: float, lane: int = 0) -> None:
        """Slow down by what an answer said of the window: requests counted, allowed, seconds to the next."""
        if self.limit is None or allowed <= 0:
            return
        now, seen = self._clock.monotonic(), self._lanes[lane]
        seen.allowed = min(allowed, self.limit)
        if not 0 < reset <= WINDOW:
            return
        if allowed - count <= seen.allowed * (1 - _NEARLY_ALL):
            if now + reset > seen.rests_until + 1:  # every answer of a window says so; one rest is enough
                # By its own turns no token comes so far: they share a window.
                self._slots.change(self.key, lambda table, instant: table.close(instant + reset))
                self._rest(range(len(self._lanes)), now + reset)
        elif seen.make_room(count, allowed, reset, now) and not self._noticed:
            self._noticed = True
            _log.warning(_OTHERS)

    def lease_ahead(self, waiting: int) -> None:
        """Lease before the last slots in hand are spent, if somebody stands in line: nobody waits for it."""
        if waiting and len(self._hand) <= self._leased // 2 and self._leasing.acquire(blocking=False):
            try:
                self._lease(waiting)
            finally:
                self._leasing.release()

    def next_instant(self, waiting: int = 0) -> float:
        """The monotonic instant of the next slot. For one thread at a time."""
        if not self._has_any():
            with self._leasing:
                if not self._has_any():  # another thread may have leased some meanwhile
                    self._lease(waiting)
        return self._hand[0].at

    def spend(self) -> Slot:
        """Use up the slot of `next_instant`."""
        return heapq.heappop(self._hand)

    def _has_any(self) -> bool:
        late = self._clock.monotonic() - _LATENESS
        while self._hand and self._hand[0].at < max(late, self._lanes[self._hand[0].lane].rests_until):
            heapq.heappop(self._hand)
        return bool(self._hand)

    def _lease(self, waiting: int) -> None:
        """For all who stand in line, and while somebody does twice as many as the last time."""
        # What we let pass, no other process can use; but a busy ledger must not be asked for each.
        now = self._clock.monotonic()
        soonest = max(now, min(lane.rests_until for lane in self._lanes))
        rates = {n: lane.rate(now) for n, lane in enumerate(self._lanes) if lane.rests_until <= soonest}
        wanted = max(waiting + 1, 2 * self._leased) if waiting else 1
        self._leased = max(int(min(wanted, 2 * self._ahead * sum(rates.values()) / WINDOW)), 1)

        def take(table: Timetable, instant: float) -> list[Slot]:
            ours = self._clock.monotonic() - instant  # measured in here: a slow ledger moves no slot
            slots = table.take(rates, self._leased, instant)
            return [s._replace(at=max(s.at + ours, self._lanes[s.lane].rests_until)) for s in slots]

        for slot in self._slots.change(self.key, take):
            heapq.heappush(self._hand, slot)
        took = self._clock.monotonic() - now
        self._ahead = min(max(_AHEAD[0], 2 * took, 0.9 * self._ahead), _AHEAD[1])

    def _sleep_until_due(self) -> Slot:
        while True:
            if self._given_up:
                raise NotSent("wait for the rate budget", 0, GIVEN_UP, "", "The run was stopped before.")
            gap = self.next_instant(self._turns.waiting) - self._clock.monotonic()
            if gap <= 0:
                return self.spend()
            if gap > PATIENCE:
                raise RateLimited("wait for the rate budget", 429, "held", "", _HELD, gap)
            self._clock.sleep(min(gap, 1.0))  # in pieces, since a rest may come meanwhile

    def _rest(self, lanes: Iterable[int], until: float) -> None:
        for lane in lanes:
            self._lanes[lane].rests_until = max(self._lanes[lane].rests_until, until)


class _Lane:
    """What this process knows of one token's part of a budget. Instants are monotonic."""

    def __init__(self, limit: float) -> None:
        self.limit = self.allowed = limit
        self.rests_until = self._part_until = -math.inf
        self._part = 1.0

    def rate(self, now: float) -> float:
        """Requests a minute, by what was set and what the answers said."""
        return self.allowed * HEADROOM * (self._part if now < self._part_until else 1.0)

    def make_room(self, count: int, allowed: int, reset: float, now: float) -> bool:
        """Slow down as far as a window needs it; whether it is spent faster than we are let."""
        passed = WINDOW + 1.0 - reset  # more than that it was not: the seconds are rounded up
        spent, aimed = (count - 1) / passed, allowed * _NEARLY_ALL - count
        binds = passed > _SURE and spent * (reset - 1.0) > aimed
        self._part, self._part_until = (max(aimed / (spent * reset), 0.2) if binds else 1.0), now + reset
        return binds and spent > 1.1 * self.limit / WINDOW

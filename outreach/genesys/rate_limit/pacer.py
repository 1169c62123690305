"""Spending a budget of requests per minute evenly: at the limit, never over it.

    turn ── priority lock (lowest number first) ── slot in hand? ── sleep until its instant ── go
                                                       │ no
                                                  lease a few from the timetable (shared by processes)

The tokens of a client are lanes of one budget, and each turn is of the lane that is free first. The slots of
a lane lie 60 / (limit x HEADROOM) seconds apart over all processes; one that is late by more than LATENESS is
dropped, never spent in a burst.

A 429 rests its lane until `Retry-After`; the rate comes back from a half to the whole over RECOVERY seconds.
Another lane's within that rest tells of a limit above them: all rest, and the gate is narrowed (`timetable`).
The answers' `inin-ratelimit-*` headers slow a lane down when somebody else spends it too.
"""

import contextlib
import hashlib
import itertools
import logging
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from outreach.clock import Clock
from outreach.errors import NotSent, RateLimited
from outreach.genesys.rate_limit.priority_lock import PriorityLock
from outreach.genesys.rate_limit.slots import SlotAllocator
from outreach.timetable import HEADROOM, Slot

LATENESS = 0.4
"""Seconds that a slot may be late and still be used."""

AHEAD = 0.1
"""Seconds before the last slot in hand when more are leased: a lease may take longer than to the next one."""

RECOVERY = 60.0
"""Seconds from half the rate to the whole, after a 429."""

MOST_LEASED = 50
"""Slots leased at once at the most."""

PATIENCE = 180.0
"""Seconds that a caller waits at the most; beyond it is told when to come again."""

NEARLY_USED_UP = 0.007
"""The part of the allowance that may be left before everybody waits for the next window."""

NEARLY_ALL = 0.993
"""The part of an allowance that we let be spent with others; by ourselves we spend HEADROOM."""

REMEMBERED = 600.0
"""Seconds in which a 429 of one lane is again taken for one of the limit above them."""

WINDOW = 60.0
"""Seconds in which Genesys counts."""

SURE = 5.0
"""Seconds of a window after which its average tells how it will end."""

GIVEN_UP = "given_up"
"""The code of what was given up while it waited for its turn."""

ABOVE = "a limit above the tokens"
"""What bound where it was the gate."""

_HELD = "The budget is held by an earlier 429: run this again after the time given."
_OTHERS = (
    "More of a token's budget is spent than we spend by it: another program uses this client, or its tokens "
    "share one limit. Room is made"
)

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
    """One budget, spent by many threads.

    Args:
        key: of the budget, in the timetable.
        limit_per_minute: of each lane; None or 0 switches pacing off; a 429 still stops everybody.
        timetable: where slots come from.
        clock: measures and sleeps.
        lanes: how many there are.
        name: what binds where this does, for people.
    """

    def __init__(
        self,
        key: str,
        limit_per_minute: int | None,
        timetable: SlotAllocator,
        clock: Clock,
        lanes: int = 1,
        name: str = "tokens",
    ) -> None:
        self.key = key
        self.limit = limit_per_minute or None
        self.name = name
        self._timetable = timetable
        self._clock = clock
        # The first one's key is the budget's own: one token or ten, it is the same.
        self._lanes = [_Lane(key if number == 0 else f"{key}/{number + 1}") for number in range(lanes)]
        self._numbers = {lane.key: number for number, lane in enumerate(self._lanes)}
        self._gate = f"{key}/gate" if lanes > 1 else ""
        self._rounds = itertools.cycle(self._lanes)
        self._turns = PriorityLock()
        self._slots: list[Slot] = []
        self._given_up = False
        self._noticed = False
        self._narrowed_at = float("-inf")

    @contextlib.contextmanager
    def turn(self, priority: int = 0, since: float | None = None) -> Iterator[Turn]:
        """Wait for a turn; nobody of this process gets another within the block.

        Of equal priority goes first who waits since longest (monotonic seconds).

        Raises:
            RateLimited: it would be longer than PATIENCE.
            NotSent: `give_up` was called before the turn came.
        """
        arrived = self._clock.monotonic()
        if self.limit is None and self.next_instant() <= arrived:
            # nothing to share: no line either, in which everybody would wait for everybody
            yield Turn(self._next_lane(arrived), arrived, 0.0, "")
            return
        with self._turns.turn(priority, arrived if since is None else since):
            slot = self._sleep_until_due()
            now = self._clock.monotonic()
            bound = ABOVE if self._gate and slot.bound == self._gate else self.name
            yield Turn(self._numbers[slot.lane], now, now - arrived, bound)

    def acquire(self, priority: int = 0) -> Turn:
        """Wait for a turn, and have it."""
        with self.turn(priority) as turn:
            return turn

    def give_up(self) -> None:
        """Nobody waits for a turn any more, now or later."""
        self._given_up = True

    def leave_out(self, lane: int, seconds: float) -> None:
        """Give this process no turn of a lane for so long; it has others."""
        self._lanes[lane].rest(self._clock.monotonic() + seconds)

    def refuse(self, retry_after: float, turn: Turn | None = None) -> None:
        """Rest for the seconds that a 429 named, and come back slowly: one lane, or all of them."""
        now = self._clock.monotonic()
        refused = self._lanes[turn.lane if turn else 0]
        others = [lane for lane in self._lanes if lane is not refused]
        above = len(self._lanes) > 1 and now < self._narrowed_at + REMEMBERED
        if above or any(lane.refused_until > now for lane in others):
            self._rest(self._lanes, retry_after)
            self._narrowed_at = now
            if retry_after < WINDOW and self.limit is not None:
                # Whole seconds, rounded up: half a second more of the window is the likeliest.
                part = (WINDOW + 0.5 - retry_after) / WINDOW
                self._timetable.narrow(self._gate, self.limit * HEADROOM * len(self._lanes), part)
        else:
            self._rest([refused], retry_after)
            refused.refused_until = refused.resumed_at = now + retry_after

    def observe(self, count: int, allowed: int, reset: float, lane: int = 0) -> None:
        """Slow down by what an answer said of the window: requests counted, allowed, seconds to the next."""
        if self.limit is None or allowed <= 0:
            return
        now, seen, left = self._clock.monotonic(), self._lanes[lane], allowed - count
        seen.allowed = allowed
        if not 0 < reset <= WINDOW:
            return
        if left <= min(allowed, self.limit) * NEARLY_USED_UP:
            if now + reset > seen.rests_until + 1:  # every answer of a window says so; one rest is enough
                self._rest(self._lanes, reset)  # by its own turns no token comes so far: they share a window
            return
        passed = WINDOW + 1.0 - reset  # more than that it was not: the seconds are rounded up
        spent, aimed = (count - 1) / passed, allowed * NEARLY_ALL - count
        binds = passed > SURE and spent * (reset - 1.0) > aimed
        seen.part, seen.part_until = (max(aimed / (spent * reset), 0.2) if binds else 1.0), now + reset
        if binds and spent > 1.1 * self.limit / WINDOW and not self._noticed:
            self._noticed = True
            _log.warning(_OTHERS)

    def next_instant(self, waiting: int = 0) -> float:
        """The monotonic instant of the next slot. For one thread at a time.

        Leases a few if hardly any is in hand: never more than there are takers for, so that none go to waste
        while another process could use them.
        """
        now = self._clock.monotonic()
        if self.limit is None:
            return min(lane.rests_until for lane in self._lanes)
        rests = {lane.key: lane.rests_until for lane in self._lanes}
        kept = [slot for slot in self._slots if slot.at >= max(now - LATENESS, rests[slot.lane])]
        if not kept or kept[-1].at < now + AHEAD:
            free = [lane for lane in self._lanes if lane.rests_until <= now] or self._lanes
            lanes = {lane.key: lane.seconds_apart(self.limit, now) for lane in free}
            # A second's worth at the most: what we lease and let pass, no other process can use.
            most = min(waiting + 1, int(sum(1 / apart for apart in lanes.values())), MOST_LEASED)
            if (count := max(most - len(kept), 0 if kept else 1)) > 0:
                leased = self._timetable.reserve(lanes, count, self._gate)
                after = self._clock.monotonic()  # after the answer: a slow ledger makes no slot early
                kept = sorted([*kept, *(slot._replace(at=after + slot.at) for slot in leased)])
        self._slots = kept
        return kept[0].at

    def spend(self) -> Slot:
        """Use up the slot of `next_instant`."""
        now = self._clock.monotonic()
        return self._slots.pop(0) if self._slots else Slot(now, self._lanes[self._next_lane(now)].key, "")

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

    def _next_lane(self, now: float) -> int:
        """Where nothing is paced: one after the other, but for those that rest."""
        some = itertools.islice(self._rounds, len(self._lanes))
        return self._numbers[next((lane for lane in some if lane.rests_until <= now), self._lanes[0]).key]

    def _rest(self, lanes: Sequence["_Lane"], seconds: float) -> None:
        for lane in lanes:
            lane.rest(self._clock.monotonic() + seconds)
            if self.limit is not None:
                self._timetable.hold(lane.key, seconds)


class _Lane:
    """One token's part of a budget. Instants are monotonic."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.rests_until = self.refused_until = self.part_until = float("-inf")
        self.part = 1.0
        self.allowed: int | None = None
        self.resumed_at: float | None = None

    def rest(self, until: float) -> None:
        """No turn before."""
        self.rests_until = max(self.rests_until, until)

    def seconds_apart(self, limit: int, now: float) -> float:
        """Between two slots, by what was set, what the answers said, and how long ago it was refused."""
        rate = min(limit, self.allowed or limit) * HEADROOM / WINDOW
        if now < self.part_until:
            rate *= self.part
        if self.resumed_at is not None:
            rate *= 0.5 + 0.5 * min(max((now - self.resumed_at) / RECOVERY, 0.0), 1.0)
        return 1.0 / rate

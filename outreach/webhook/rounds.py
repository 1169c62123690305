"""One round of deliveries: take a group, post it from a few threads, settle what came back, and so on.

    outbox --take--> call pool: post, post, post --collect--> settle --> outbox

The round ends when nothing is due any more, at its limit or deadline, when the breaker opens, or on a 410.
What was taken and not tried is released, and keeps its number of attempts. A receiver that hangs cannot hold
the round beyond its deadline: attempts in the air are left to their leases, and the stable id makes the next
one safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import NamedTuple

from outreach.clock import Clock
from outreach.concurrency.adaptive_limit import AdaptiveLimit
from outreach.concurrency.call_pool import CallPool
from outreach.webhook.attempt import Attempt
from outreach.webhook.breaker import Breaker, State
from outreach.webhook.endpoint import Endpoint
from outreach.webhook.outbox import Message, Outbox, Settlement
from outreach.webhook.schedule import next_step

GROUP = 96
"""How many messages are out at once, or two a thread: they bound what is posted, but not settled, when the
process dies, and comes a second time.
"""

# By 16 cost the campaign beside it a twentieth of its speed.
SETTLED_TOGETHER = 32
"""How many results are settled at once, if so many come within TICK_SECONDS."""

TICK_SECONDS = 0.1
"""How long results are waited for before those that are there are settled: each settling is a commit."""

LEASE_SECONDS = 60.0
"""How long a message stays ours; after that another process may take it."""

GRACE_SECONDS = 0.1
"""How long a round waits, after its deadline, for attempts in the air."""


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """What was done, in messages.

    `left` were taken and given back untried, or were in the air at the deadline. `stopped` says why it ended
    before nothing was due: limit, deadline, breaker or disabled; "" when nothing was.
    """

    delivered: int = 0
    retried: int = 0
    dead: int = 0
    left: int = 0
    stopped: str = ""

    def __add__(self, later: DeliveryCounts) -> DeliveryCounts:
        return DeliveryCounts(
            self.delivered + later.delivered,
            self.retried + later.retried,
            self.dead + later.dead,
            self.left + later.left,
            later.stopped,  # the last round's: how it stands now
        )


class Limits(NamedTuple):
    """What a round may do: at most `messages` attempts, none after `deadline` (monotonic seconds)."""

    messages: float = float("inf")
    deadline: float = float("inf")
    ignore_schedule: bool = False


class Round:
    """One round: `run` it once. `cut` may be called from another thread."""

    def __init__(
        self,
        outbox: Outbox,
        endpoint: Endpoint,
        breaker: Breaker,
        *,
        clock: Clock,
        random: Random,
        limit: AdaptiveLimit,
        limits: Limits,
    ) -> None:
        self._outbox = outbox
        self._endpoint = endpoint
        self._breaker = breaker
        self._clock = clock
        self._random = random
        self._limits = limits
        self._limit = limit
        self._calls: CallPool[Message, Attempt | None] = CallPool(self._post, limit)
        self._group = max(GROUP, 2 * limit.ceiling)  # no thread is idle while results are settled
        self._leases: dict[str, float] = {}
        self._tried: set[str] = set()
        self._held: set[str] = set()
        self._taken = 0
        self._disabled = False
        self._counts = DeliveryCounts()
        self.silent_since: float | None = None
        """Since when messages are out and none came back, in monotonic seconds; None when none is out."""

    def cut(self, deadline: float) -> None:
        """Make the deadline an earlier one."""
        self._limits = self._limits._replace(deadline=min(self._limits.deadline, deadline))

    def run(self) -> DeliveryCounts:
        """Deliver what is due, and say what was done. Raises what the outbox raises."""
        try:
            self._check_disabled()
            self._fill()
            while self._calls.in_flight and not self._has_run_out():
                # Filled up whatever came back: else one answer that hangs would hold back all the others.
                self._settle(
                    self._calls.collect(min(SETTLED_TOGETHER, self._calls.in_flight), within=TICK_SECONDS)
                )
                self._fill()
            self._give_back()
        finally:
            self._calls.stop()  # after an error, too: nothing new is begun
        return replace(self._counts, stopped=self._why_stop())

    def _check_disabled(self) -> None:
        if self._limits.ignore_schedule:
            self._outbox.enable()
        self._disabled = self._outbox.is_disabled()

    def _why_stop(self) -> str:
        now = self._clock.monotonic()
        if self._disabled:
            return "disabled"
        if self._breaker.seconds_to_wait(now) > 0:
            return "breaker"
        if now >= self._limits.deadline:
            return "deadline"
        return "limit" if self._taken >= self._limits.messages else ""

    def _has_run_out(self) -> bool:
        return self._clock.monotonic() >= self._limits.deadline + GRACE_SECONDS

    def _fill(self) -> None:
        """Take as much as there is room for. Only what was not tried in this round is tried."""
        while self._calls.in_flight <= self._group // 2 and not self._why_stop():
            room = min(self._group - self._calls.in_flight, self._limits.messages - self._taken)
            if self._breaker.state is not State.CLOSED:
                room = min(room, 1 - self._calls.in_flight)  # a probe
            taken = self._take(int(room)) if room >= 1 else []
            fresh = [message for message in taken if message.id not in self._tried]
            self._held.update(message.id for message in taken if message.id in self._tried)
            self._launch(fresh)
            # When all of them were tried in this round, others may stand behind them.
            if fresh or not taken:
                return

    def _take(self, room: int) -> list[Message]:
        return self._outbox.take(
            room, self._clock.now(), LEASE_SECONDS, ignore_schedule=self._limits.ignore_schedule
        )

    def _launch(self, messages: Sequence[Message]) -> None:
        self._taken += len(messages)
        if self._limits.ignore_schedule:  # what fails now is due again at once
            self._tried.update(message.id for message in messages)
        now = self._clock.monotonic()
        self._leases.update((message.id, now + LEASE_SECONDS) for message in messages)
        if messages and self.silent_since is None:
            self.silent_since = now
        self._calls.submit(messages)

    def _post(self, message: Message) -> Attempt | None:
        """In the pool's threads: an attempt, unless there is a reason not to make one any more."""
        now = self._clock.monotonic()
        # An attempt that outlives its lease would be made by another process, too.
        lease_is_short = now > self._leases[message.id] - self._endpoint.limit_seconds
        if self._disabled or lease_is_short or now >= self._limits.deadline or not self._breaker.allows(now):
            return None
        delivered = False
        try:
            attempt = self._endpoint.post(message, self._clock.now())
            delivered = attempt.outcome == "delivered"
            if attempt.asks_for_fewer:
                self._limit.note_refusal(attempt.seconds)
        finally:
            # After a mistake of ours as well: a probe without a word would leave the breaker half open.
            self._breaker.record(self._clock.monotonic(), delivered=delivered)
        return attempt

    def _settle(self, results: Sequence[tuple[Message, Attempt | BaseException | None]]) -> None:
        if not results:
            return
        self.silent_since = self._clock.monotonic() if self._calls.in_flight else None
        now = self._clock.now()
        self._outbox.settle([self._settlement(message, attempt, now) for message, attempt in results], now)
        for message, attempt in results:
            self._leases.pop(message.id)
            if isinstance(attempt, BaseException):  # our own mistake, raised once the others are settled
                raise attempt

    def _settlement(
        self, message: Message, attempt: Attempt | BaseException | None, now: datetime
    ) -> Settlement:
        if not isinstance(attempt, Attempt):
            self._counts += DeliveryCounts(left=1)
            return Settlement(message.id, "release")
        if attempt.outcome == "gone" and not self._disabled:  # written once, however many 410s come
            self._disabled = True
            self._outbox.disable()
        settled = next_step(message, attempt, now, self._random)
        self._counts += DeliveryCounts(
            delivered=settled.result == "delivered",
            retried=settled.result == "retry",
            dead=settled.result == "dead",
        )
        return settled

    def _give_back(self) -> None:
        """Release what was taken and not tried; what is in the air is left to its lease."""
        untried = [message.id for message in self._calls.stop()]
        released = [Settlement(message_id, "release") for message_id in (*untried, *self._held)]
        if released:
            self._outbox.settle(released, self._clock.now())
        # Since the last look: left to its lease, what was delivered would go out again a minute later.
        self._settle(self._calls.collect(0))
        self._counts += DeliveryCounts(left=len(untried) + self._calls.in_flight)

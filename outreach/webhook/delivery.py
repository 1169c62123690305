"""The courier: takes messages from the outbox to the receiver, now or in the background of a campaign.

In the foreground `deliver` works until nothing is due. In the background a thread of its own does the same
again and again, so a receiver that is slow or dead never slows contacts: `start` it, `wake` it when there is
something new, `stop` it with a deadline. What it could not deliver stays in the outbox for the next one.
"""

import logging
import threading
from random import Random

from outreach.clock import Clock, SystemClock
from outreach.concurrency.careful_limit import CarefulLimit
from outreach.webhook.breaker import Breaker, State
from outreach.webhook.endpoint import Endpoint
from outreach.webhook.outbox import Outbox
from outreach.webhook.rounds import GRACE_SECONDS, DeliveryCounts, Limits, Round

POLL_SECONDS = 1.0
"""How often the background looks for retries that came due."""

LOOK_SECONDS = 0.05
"""How often `stop` looks whether the background is done."""

CALM_SECONDS = 0.2
"""The least time between two rounds in the background, so that one takes many messages."""

PATIENCE_SECONDS = 3.0
"""How long anybody waits for a receiver from which nothing comes back."""

LEAST_SECONDS = 1.0
"""How long `stop` waits for such a receiver in any case: something new may just have left."""

SETTLING_SECONDS = 10.0
"""How long `stop` waits, after the deadline, for the outbox to take the last settlements."""

_GIVEN_UP = {
    "breaker": "The webhook's receiver %s fails and is left alone for a while. Its events wait.",
    "disabled": "The webhook's receiver %s answered 410 and gets nothing more. Its events wait.",
}

logger = logging.getLogger(__name__)


class Courier:
    """Delivers one outbox to one endpoint.

    Args:
        outbox: where messages come from; the ledger's.
        endpoint: where they go; the caller closes it.
        clock: for schedules and deadlines.
        random: for the schedule's jitter.
        threads: how many attempts may be in the air at once, where the receiver takes as many.
    """

    def __init__(
        self,
        outbox: Outbox,
        endpoint: Endpoint,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
        threads: int = 8,
    ) -> None:
        self._outbox = outbox
        self._endpoint = endpoint
        self._clock = clock or SystemClock()
        self._random = random or Random()
        self._limit = CarefulLimit(threads)  # kept over the rounds, with what it learnt of the receiver
        self._breaker = Breaker()
        self._one_round = threading.Lock()  # an outbox is called from one thread at a time
        self._changed = threading.Condition()
        self._is_new = self._is_disabled = False
        self._stop_at: float | None = None
        self._round: Round | None = None
        self._thread: threading.Thread | None = None
        self._total = DeliveryCounts()

    def deliver(
        self,
        *,
        limit: int | None = None,
        deadline_seconds: float | None = None,
        ignore_schedule: bool = False,
    ) -> DeliveryCounts:
        """Deliver what is due until nothing is, each contact's events in their order.

        Args:
            limit: at most so many attempts.
            deadline_seconds: no attempt begins later; whatever the receiver does, it returns then.
            ignore_schedule: also try what waits for its time, once each, and a disabled endpoint.

        Raises:
            LedgerError: from the outbox.
        """
        deadline = float("inf") if deadline_seconds is None else self._clock.monotonic() + deadline_seconds
        messages = float("inf") if limit is None else limit
        with self._one_round:
            return self._said(self._new_round(Limits(messages, deadline, ignore_schedule)).run())

    def start(self) -> None:
        """Deliver in the background from now on."""
        if self._thread is not None:
            raise RuntimeError("the courier is in the background already")
        self._stop_at, self._total = None, DeliveryCounts()
        self._thread = threading.Thread(target=self._run, name="webhook-courier", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Have the background look at the outbox now: call it after each commit, it costs nothing."""
        with self._changed:
            self._is_new = True
            self._changed.notify()

    @property
    def is_stalled(self) -> bool:
        """Whether waiting is in vain: the receiver fails, answered 410, or nothing comes back from it."""
        return self._is_disabled or self._breaker.state is not State.CLOSED or self._is_silent()

    def stop(self, deadline_seconds: float) -> DeliveryCounts:
        """Deliver what is still due, for so long at the most, and say what was done since `start`.

        From a receiver that keeps silent it turns away sooner, after `PATIENCE_SECONDS`.
        """
        if self._thread is None:
            return DeliveryCounts()
        called = self._clock.monotonic()
        self._cut(called + deadline_seconds)
        while self._thread.is_alive() and not self._has_waited(called, deadline_seconds):
            self._thread.join(LOOK_SECONDS)
        self._cut(self._clock.monotonic())
        # Until the last settlements are in: whoever stops us closes the ledger next.
        self._thread.join(GRACE_SECONDS + SETTLING_SECONDS)
        self._thread = None
        return self._total

    def _cut(self, deadline: float) -> None:
        with self._changed:
            self._stop_at = deadline
            if self._round:
                self._round.cut(deadline)
            self._changed.notify()

    def _has_waited(self, since: float, seconds: float) -> bool:
        waited = self._clock.monotonic() - since
        # A run waited 20 s at its end for a receiver that never answers; now 0.8 s (docs/bench/figures.md).
        return waited >= seconds or (waited >= LEAST_SECONDS and self._is_silent())

    def _is_silent(self) -> bool:
        """Whether for too long nothing has come back in the round that is on."""
        current = self._round  # read once: the other thread may set it to None
        since = current.silent_since if current else None
        return since is not None and self._clock.monotonic() - since >= PATIENCE_SECONDS

    def _new_round(self, limits: Limits) -> Round:
        return Round(
            self._outbox,
            self._endpoint,
            self._breaker,
            clock=self._clock,
            random=self._random,
            limit=self._limit,
            limits=limits,
        )

    def _said(self, counts: DeliveryCounts) -> DeliveryCounts:
        """The counts, after a word on a receiver that this round gave up on."""
        self._is_disabled = counts.stopped == "disabled"
        if counts.retried and counts.stopped in _GIVEN_UP:  # not in each round in which it rests
            logger.warning(_GIVEN_UP[counts.stopped], self._endpoint.label)
        return counts

    def _run(self) -> None:
        is_last = False
        while not is_last:
            # Read before the round: what came before `stop` is in one more.
            is_last = self._stop_at is not None
            try:
                with self._one_round:
                    self._total += self._said(self._begin_round().run())
            except Exception as error:  # noqa: BLE001 - the campaign goes on, and the next round tries again
                logger.warning("Webhooks wait: %s. They stay in the outbox.", type(error).__name__)
            self._rest()

    def _begin_round(self) -> Round:
        with self._changed:
            self._is_new = False
            deadline = float("inf") if self._stop_at is None else self._stop_at
            self._round = self._new_round(Limits(deadline=deadline))
            return self._round

    def _rest(self) -> None:
        """Sleep until there is something new or a poll is due; never when it is time to stop."""
        with self._changed:
            self._round = None
            self._changed.wait_for(lambda: self._stop_at is not None, CALM_SECONDS)
            self._changed.wait_for(lambda: self._is_new or self._stop_at is not None, POLL_SECONDS)

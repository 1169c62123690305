"""How many threads make calls at once: one while the processor is busy, all while only the network is.

Threads that wait for an answer cost nothing, and where answers take long, many of them are needed. But
Python runs one thread at a time: once it is busy all the time, each further thread only adds changes from one
to the other, which cost as much as the work itself. So one begins, and more join while the processor idles.
"""

import threading
import time
from collections.abc import Callable

FEW = 1
"""So many may always work: while it waits, the steps decide and write. Beside a second, the steps alone took
a sixth more of the processor's time for a contact (1.35 ms instead of 1.15, on a busy machine).
"""

LOOK_SECONDS = 0.1
"""How often is looked how busy the process is, in shares of one core."""

IDLE, FREE, FULL = 0.2, 0.7, 0.9
"""Below IDLE all may join; below FREE twice as many, to see whether it helps; above FULL half may go."""

HELPS = 1.2
"""When so many times the work is done with twice as many, it helped: the core isn't somebody else's."""

LONGEST_PAUSE = 64
"""After so many looks at the most it is tried again."""


class AdaptiveLimit:
    """Who is at work. Safe for threads.

    Args:
        ceiling: never more than so many, but for those who are `needed`.
        floor: never fewer, while there is work.
        wall: monotonic seconds.
        processor: seconds of processor time that this process has used.
    """

    def __init__(
        self,
        ceiling: int,
        *,
        floor: int = FEW,
        wall: Callable[[], float] = time.monotonic,
        processor: Callable[[], float] = time.process_time,
    ) -> None:
        self.ceiling = ceiling
        self._floor = min(floor, ceiling)
        self._wall, self._processor = wall, processor
        self._wanted = self._floor  # few begin: the first calls show whether more would help
        self._present = 0
        self._share_before_trial: float | None = None
        self._pause = self._next_pause = 1
        self._lock = threading.Lock()
        self._looked_at, self._used = wall(), processor()

    @property
    def wanted(self) -> int:
        """How many may be at work now."""
        return self._wanted

    def try_acquire(self, *, needed: bool = False) -> bool:
        """Whether one more may begin; who is `needed` may in any case."""
        with self._lock:
            self._look()
            if self._present >= self._wanted and not needed:
                return False
            self._present += 1
            return True

    def release(self) -> None:
        """One who joined goes."""
        with self._lock:
            self._present -= 1

    def is_exceeded(self) -> bool:
        """Whether somebody could go."""
        with self._lock:
            self._look()
            return self._present > self._wanted

    def _look(self) -> None:
        seconds = self._wall() - self._looked_at
        if seconds < LOOK_SECONDS:  # asked for at each call, and the processor's time costs a system call
            return
        used = self._processor()
        share = (used - self._used) / seconds
        self._looked_at, self._used = self._looked_at + seconds, used
        if self._share_before_trial is not None:
            self._judge(share, self._share_before_trial)
        elif share > FULL:  # half go at once, and come back one trial at a time
            self._wanted = max(self._floor, self._wanted // 2)
        elif self._wanted <= self._present:  # only when all are at work: idle threads prove nothing
            self._add(share)

    def _add(self, share: float) -> None:
        if share < IDLE:  # everybody waits for the network: more threads cost nothing
            self._wanted = self.ceiling
        elif share < FREE and self._wanted < self.ceiling:
            self._pause -= 1
            if self._pause <= 0:  # a trial: twice as many, judged at the next look
                self._share_before_trial = share
                self._wanted = min(self.ceiling, self._wanted * 2)

    def _judge(self, share: float, before: float) -> None:
        self._share_before_trial = None
        if share >= before * HELPS:  # they did more work, so they stay
            self._next_pause = 1
        else:
            self._wanted = max(self._floor, self._wanted // 2)
            # What did not help is tried ever more seldom.
            self._next_pause = min(self._next_pause * 2, LONGEST_PAUSE)
        self._pause = self._next_pause

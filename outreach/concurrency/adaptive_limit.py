"""How many threads make calls at once: as many as the way to the far end is long.

    calls in the air = pace x seconds of a call;  the most pace = 1 / seconds of the processor for a call

Threads that wait for an answer cost nothing, and where answers take long, many of them are needed. But
Python runs one thread at a time: once it is busy all the time, each further thread only adds changes from one
to the other, which cost as much as the work itself. So one begins, and as many join as are in the air when
the processor is busy all the time: 1 where a call takes 0.7 ms, 60 where it takes 50.

Neither figure asks how idle the processor is: beside other programs it looks idle, and at 0 ms 50 to 63
threads worked. Where others have the cores from the start, calls look long all the same.
"""

import contextlib
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path

FEW = 1
"""So many may always work: while it waits, the steps decide and write. Beside a second, the steps alone took
a sixth more of the processor's time for a contact (1.35 ms instead of 1.15, on a busy machine).
"""

LOOK_SECONDS = 0.1
"""How often is looked how long calls take, and how busy the process is, in shares of one core."""

IDLE, MORE = 0.2, 4
"""Below IDLE so many times as many may join while no call has come back for a look: the way is long. With all
at once, their waiting for each other might pass for distance.
"""

SPARE = 1.5
"""So many times what is in the air then may be: calls don't take equally long."""

MEMORY = 0.5
"""What the looks before count beside this one, in what the processor takes for a call. By 0.8 webhooks took
3 s from 2 threads to 64: while few are made, the rest of the process makes each look dear.
"""

REGAINED = 8
"""After a refusal an eighth more may be at work each second, and one in any case: at the edge of what a far
end takes, few are refused.
"""

STUCK_SECONDS = 2.0
"""Where none comes back for so long, those in the air count no more, however busy the processor is: others
join in their place. One webhook that hung held back all the others for 15 s beside a busy campaign.
"""

RENEWED_AFTER = 20
"""After so many idle looks on end the far end has become slower, not the processor busy."""

A_TENTH = 0.1
"""A look while others have the cores counts so little: the calls may only look long. Not to count it would
leave one thread for a far end that has become slower, 11 calls a second at 90 ms.
"""


def is_starved() -> bool:
    """Whether this thread has waited longer for a core than it had one, as far as Linux says."""
    with contextlib.suppress(OSError, ValueError):
        worked, waited, _ = Path("/proc/thread-self/schedstat").read_bytes().split()
        return int(waited) > int(worked)
    return False


class AdaptiveLimit:
    """Who is at work. Safe for threads.

    Args:
        ceiling: never more than so many, but for those who are `needed`.
        floor: never fewer, while there is work.
        wall: monotonic seconds.
        processor: seconds of processor time that this process has used.
        starved: whether other programs have the cores.
    """

    def __init__(
        self,
        ceiling: int,
        *,
        floor: int = FEW,
        wall: Callable[[], float] = time.monotonic,
        processor: Callable[[], float] = time.process_time,
        starved: Callable[[], bool] = is_starved,
    ) -> None:
        self.ceiling = ceiling
        self._floor = min(floor, ceiling)
        self._wall, self._processor, self._starved = wall, processor, starved
        self._wanted = self._floor  # few begin: the first calls show whether more would help
        self._most = float(ceiling)  # by the refusals
        self._heard_until = -math.inf
        self._present = self._stuck = 0
        self._stuck_at = -math.inf
        self._landed, self._took = 0, 0.0  # since the last look
        self._distance = math.inf
        self._calls = self._cost = 0.0  # of the looks before, the latest counting most
        self._idle_looks = 0.0
        self._lock = threading.Lock()
        self._looked_at, self._used = wall(), processor()

    @property
    def wanted(self) -> int:
        """How many may be at work now."""
        return self._wanted

    def try_acquire(self, *, needed: bool = False) -> bool:
        """Whether one more may begin; who is `needed` may in any case."""
        with self._lock:
            if not self._at_work:  # what the processor did meanwhile was for no call
                self._begin()
            self._look()
            if not needed and (self._at_work >= self._wanted or self._present >= self.ceiling):
                return False
            self._present += 1
            return True

    def note_call(self, seconds: float) -> None:
        """A call has come back after so long."""
        with self._lock:
            self._landed += 1
            self._took += seconds
            self._count_in(seconds)

    def note_failure(self, seconds: float) -> None:
        """A call has failed after so long, which says nothing of the way."""
        with self._lock:
            self._count_in(seconds)

    def note_refusal(self, seconds: float) -> None:
        """The far end, or the way there, took no call, after so long: half as many, then slowly more."""
        with self._lock:
            now = self._wall()
            if now < self._heard_until:  # who was at work then hears the same
                return
            self._heard_until = now + max(seconds, LOOK_SECONDS)
            self._most = max(1.0, min(self._most, self._at_work) // 2)
            self._wanted = min(self._wanted, int(self._most))

    def release(self) -> None:
        """One who joined goes."""
        with self._lock:
            self._present -= 1
            self._stuck = min(self._stuck, self._present)

    def is_exceeded(self) -> bool:
        """Whether somebody could go."""
        with self._lock:
            self._look()
            return self._at_work > self._wanted

    @property
    def _at_work(self) -> int:
        return self._present - self._stuck

    def _count_in(self, seconds: float) -> None:
        """One whose call began before the others were counted out is back."""
        if self._stuck and self._wall() - seconds <= self._stuck_at:
            self._stuck -= 1

    def _begin(self) -> None:
        """The first joins."""
        self._looked_at, self._used = self._wall(), self._processor()

    def _look(self) -> None:
        seconds = self._wall() - self._looked_at
        if seconds < LOOK_SECONDS:  # asked for at each call, and the processor's time costs a system call
            return
        self._most = min(self.ceiling, self._most + seconds * max(1.0, self._most / REGAINED))
        used, is_full = self._processor() - self._used, self._at_work >= self._wanted
        is_idle = is_full and used < IDLE * seconds
        if self._landed:
            self._idle_looks = self._idle_looks + (A_TENTH if self._starved() else 1) if is_idle else 0
            self._judge(used)
        elif is_idle:  # an answer takes longer than a look
            self._wanted = self._within(self._wanted * MORE)
        elif is_full and seconds < STUCK_SECONDS:
            return  # it comes, and what the processor does meanwhile is a part of its cost
        elif is_full:
            self._stuck, self._stuck_at = self._present, self._wall()
        self._looked_at, self._used = self._looked_at + seconds, self._used + used

    def _judge(self, used: float) -> None:
        mean = self._took / self._landed
        # The shortest: with more threads than help, a call takes as long as they wait for each other.
        self._distance = min(self._distance, mean) if self._idle_looks < RENEWED_AFTER else mean
        self._calls = self._calls * MEMORY + self._landed
        self._cost = self._cost * MEMORY + used
        self._landed, self._took = 0, 0.0
        useful = int(SPARE * self._distance * self._calls / max(self._cost, 1e-6))
        self._wanted = self._within(max(self._floor, useful))

    def _within(self, useful: int) -> int:
        """So many, or as many as the far end takes."""
        return min(int(self._most), useful)

"""A receiver that is down is left alone, apart from a probe now and then.

             >= 10 attempts in 30 s, >= 70 % of them failed
    closed ────────────────────────────────────────────────> open, 30 s
       ^                                                       |  ^
       |                                                       v  | it failed: twice as long, to 5 min
       '────────────────── the probe got through ────────── one probe

Attempts that the breaker holds back are not attempts: the message keeps its place and its number.
"""

import threading
from enum import Enum

# As Convoy has it (neighbours' fact sheet, B).
SAMPLING_SECONDS = 30.0
LEAST_ATTEMPTS = 10
FAILURE_SHARE = 0.7
FIRST_REST_SECONDS = 30.0
LONGEST_REST_SECONDS = 300.0


class State(str, Enum):
    """Closed lets attempts through, open none, probing one."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"


class Breaker:
    """One endpoint's breaker. Times are monotonic seconds. Safe for threads."""

    def __init__(self) -> None:
        self.state = State.CLOSED
        self._lock = threading.Lock()
        # By the second, attempts and failures: one by one, those of half a minute took 2.4 MB.
        self._recent: dict[int, tuple[int, int]] = {}
        self._attempts = self._failures = 0
        self._prober = 0
        self._rest = FIRST_REST_SECONDS
        self._open_until = 0.0

    def seconds_to_wait(self, now: float) -> float:
        """Seconds until an attempt may be made, 0 when one may be made now."""
        with self._lock:
            return max(0.0, self._open_until - now) if self.state is State.OPEN else 0.0

    def allows(self, now: float) -> bool:
        """Whether to make an attempt now. When the rest is over, one caller is let through as the probe."""
        with self._lock:
            if self.state is State.CLOSED:
                return True
            if self.state is State.PROBING or now < self._open_until:
                return False
            self.state, self._prober = State.PROBING, threading.get_ident()
            return True

    def record(self, now: float, *, delivered: bool) -> None:
        """Count the calling thread's attempt. One that began before the breaker opened changes nothing."""
        with self._lock:
            # By its thread: an attempt from before the breaker opened may end while the probe is out.
            if self.state is State.PROBING and self._prober == threading.get_ident():
                self._judge_probe(now, delivered=delivered)
            elif self.state is State.CLOSED:
                self._judge_sample(now, failed=not delivered)

    def _judge_probe(self, now: float, *, delivered: bool) -> None:
        if delivered:
            self.state, self._rest = State.CLOSED, FIRST_REST_SECONDS
        else:
            self._rest = min(2 * self._rest, LONGEST_REST_SECONDS)
            self._open(now)

    def _judge_sample(self, now: float, *, failed: bool) -> None:
        second = int(now)
        if second not in self._recent:
            kept = {at: each for at, each in self._recent.items() if at >= now - SAMPLING_SECONDS}
            self._recent = {**kept, second: (0, 0)}
            self._attempts, self._failures = map(sum, zip(*self._recent.values(), strict=True))
        attempts, failures = self._recent[second]
        self._recent[second] = attempts + 1, failures + failed
        self._attempts += 1
        self._failures += failed
        if self._attempts >= LEAST_ATTEMPTS and self._failures >= FAILURE_SHARE * self._attempts:
            self._open(now)

    def _open(self, now: float) -> None:
        self.state = State.OPEN
        self._open_until = now + self._rest
        self._recent.clear()  # these had their say: once closed, it counts afresh

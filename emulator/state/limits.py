"""Rate windows: so many requests a minute, in fixed or sliding windows, on the real clock."""

import math
from collections import deque

from emulator.errors import ApiError

_ROUNDING = 1e-6
"""Seconds by which sums of binary fractions may miss the end of a window."""


class RateWindow:
    """One budget. Refused requests don't count against it."""

    __slots__ = ("_arrivals", "_count", "_opened")

    def __init__(self) -> None:
        self._opened = -math.inf
        self._count = 0
        self._arrivals: deque[float] = deque()

    def take(self, now: float, allowed: int, seconds: float, kind: str) -> tuple[bool, int, int]:
        """Whether one more request fits at `now` (seconds, monotonic), how many were taken, and in how many
        whole seconds there is room again.
        """
        if kind == "sliding":
            return self._slide(now, allowed, seconds)
        if now - self._opened >= seconds - _ROUNDING:
            self._opened, self._count = now, 0
        fits = self._count < allowed
        self._count += fits
        return fits, self._count, max(1, math.ceil(self._opened + seconds - now))

    def give_back(self) -> None:
        """The last request that was taken was refused by another budget."""
        self._count -= 1
        if self._arrivals:
            self._arrivals.pop()

    def _slide(self, now: float, allowed: int, seconds: float) -> tuple[bool, int, int]:
        arrivals = self._arrivals
        while arrivals and now - arrivals[0] >= seconds - _ROUNDING:
            arrivals.popleft()
        fits = len(arrivals) < allowed
        if fits:
            arrivals.append(now)
        return fits, len(arrivals), max(1, math.ceil(arrivals[0] + seconds - now))


def too_many(seconds: int) -> ApiError:
    """429 with an integer `Retry-After` (platform fact sheet 2.2)."""
    message = "Rate limit exceeded the maximum. Retry the request in [{retryAfter}] seconds"
    return ApiError(
        429,
        "too.many.requests.retry.after",
        message,
        {"retryAfter": str(seconds)},
        headers=[("Retry-After", str(seconds))],
    )

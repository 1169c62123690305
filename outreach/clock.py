"""Where time comes from: aware UTC, from a clock that tests can set."""

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    """The three things that time is asked for."""

    def now(self) -> datetime:
        """The instant, as aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, for measuring."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; a negative number does not wait."""
        ...


LOOK_SECONDS = 1.0
"""How often whoever waits looks whether to stop: a stop holds for everybody within three."""


def pause(clock: Clock, seconds: float, is_over: Callable[[], object]) -> None:
    """Wait so long, or until it is over."""
    until = clock.monotonic() + seconds
    while not is_over() and (left := until - clock.monotonic()) > 0:
        clock.sleep(min(left, LOOK_SECONDS))


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The instant, as aware UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for real."""
        if seconds > 0:  # time.sleep refuses a negative number
            time.sleep(seconds)

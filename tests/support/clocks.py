"""A clock that tests set."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone


class SetClock:
    """A clock that stands still until somebody moves it; sleeping moves it."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(timezone.utc)
        self._elapsed = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The instant it was set to, plus everything slept since."""
        return self._now + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds slept or advanced so far."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Return at once, later."""
        self.advance(max(seconds, 0.0))

    def advance(self, seconds: float) -> None:
        """Move the clock forward by so many seconds."""
        with self._lock:
            self._elapsed += seconds

"""One thread at a time, lowest number first, and among equals whoever waits since longest."""

import bisect
import contextlib
import itertools
import threading
from collections.abc import Iterator


class PriorityLock:
    """A lock with priorities. Whoever is inside stays until done; the rest line up behind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line: list[tuple[int, float, int, threading.Lock]] = []
        self._numbers = itertools.count()
        self._occupied = False

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._line)

    @contextlib.contextmanager
    def turn(self, priority: int, since: float = 0.0) -> Iterator[None]:
        """Wait for a turn, and have it for the length of the block."""
        # A gate for each who waits: who leaves wakes the next, and not everybody.
        gate = threading.Lock()
        gate.acquire()
        place = (priority, since, next(self._numbers), gate)  # the number, as locks do not compare
        with self._lock:
            bisect.insort(self._line, place)
            self._call_next()
        try:
            gate.acquire()
            yield
        finally:
            with self._lock:
                if place in self._line:  # an interrupt, before it was called
                    self._line.remove(place)
                else:
                    self._occupied = False
                    self._call_next()

    def _call_next(self) -> None:
        """Under the lock."""
        if self._line and not self._occupied:
            self._occupied = True
            self._line.pop(0)[-1].release()

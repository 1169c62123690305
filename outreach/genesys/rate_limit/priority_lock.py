"""One thread at a time, lowest number first, and among equals whoever waits since longest."""

import contextlib
import heapq
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
        self._enter(priority, since)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, priority: int, since: float) -> None:
        with self._lock:
            if not self._occupied:
                self._occupied = True
                return
            # One for each who waits: who leaves wakes the next, and not everybody.
            gate = threading.Lock()
            gate.acquire()
            place = (priority, since, next(self._numbers), gate)  # the number, as locks do not compare
            heapq.heappush(self._line, place)
        try:
            gate.acquire()
        except BaseException:  # an interrupt: leave the line, or hand the turn on
            self._give_up(place)
            raise

    def _leave(self) -> None:
        with self._lock:
            if self._line:
                heapq.heappop(self._line)[-1].release()  # still occupied: nobody slips in between
            else:
                self._occupied = False

    def _give_up(self, place: tuple[int, float, int, threading.Lock]) -> None:
        with self._lock:
            if place in self._line:
                self._line.remove(place)
                heapq.heapify(self._line)
                return
        self._leave()  # it was called meanwhile: the turn goes to the next

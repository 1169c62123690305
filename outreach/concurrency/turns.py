"""Turns: who waits gets them one after the other, the lowest number first."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

LOOK_SECONDS = 1.0


class Turns:
    """One for all threads of a run."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[int] = []
        self._is_taken = False

    @contextlib.contextmanager
    def take(self, number: int, *, within: float, unless: Callable[[], object]) -> Iterator[bool]:
        """Wait for the turn, and give whether it is one's own within the block.

        Args:
            number: of whoever waits; the lowest comes first.
            within: seconds after which one goes on without it: another may hang.
            unless: true once nobody needs to wait any more.
        """
        is_own = self._wait(number, time.monotonic() + within, unless)
        try:
            yield is_own
        finally:
            if is_own:
                with self._changed:
                    self._is_taken = False
                    self._changed.notify_all()

    def _wait(self, number: int, until: float, unless: Callable[[], object]) -> bool:
        with self._changed:
            self._waiting.append(number)
            try:
                while self._is_taken or number != min(self._waiting):
                    left = until - time.monotonic()
                    if left <= 0 or unless():
                        return False
                    self._changed.wait(min(left, LOOK_SECONDS))
                self._is_taken = True
                return True
            finally:
                self._waiting.remove(number)

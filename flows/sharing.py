"""What the tasks of one flow run share in a process, each thing opened once.

In the flow's process the flow offers it for as long as it works, and every task borrows it. In any other
process the first task that needs it opens it, and it is closed when nobody needed it for a while, or when the
process ends.
"""

import atexit
import contextlib
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")

IDLE_SECONDS = 30.0
"""A process that isn't the flow's never hears of its end. A flow's next batch comes sooner than this."""


class Shared(Generic[T]):
    """Open things by key. Safe for threads; two keys never meet."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._offered: dict[Hashable, T | None] = {}
        self._opened: dict[Hashable, _Opened[T]] = {}
        self._lock = threading.Lock()
        atexit.register(self.close)

    @contextlib.contextmanager
    def offer(self, key: Hashable, value: T) -> Iterator[None]:
        """Let borrowers find what is open already, for the length of the block."""
        self._offered[key] = value
        try:
            yield
        finally:
            self._offered[key] = None

    @contextlib.contextmanager
    def borrow(self, key: Hashable, opening: Callable[[], AbstractContextManager[T]]) -> Iterator[T]:
        """The one of that key, opened when nobody has yet.

        Raises:
            RuntimeError: it was offered here, and is no more: a cancelled flow's last tasks begin nothing.
        """
        if key in self._offered:
            if (offered := self._offered[key]) is None:
                raise RuntimeError("The flow run has ended.")
            yield offered
            return
        with self._lock:
            opened = self._opened.setdefault(key, _Opened(opening))
            opened.borrowers += 1
            opened.closing.cancel()
        try:
            yield opened.value()
        finally:
            with self._lock:
                opened.borrowers -= 1
                if not opened.borrowers:
                    opened.close_later(self._idle_seconds, partial(self.close, key))

    def close(self, key: Hashable | None = None) -> None:
        """Close what nobody borrows: of that key, or all."""
        with self._lock:
            keys = [k for k, opened in self._opened.items() if key in (k, None) and not opened.borrowers]
            idle = [self._opened.pop(each) for each in keys]
        for each in idle:
            each.stack.close()


class _Opened(Generic[T]):
    def __init__(self, opening: Callable[[], AbstractContextManager[T]]) -> None:
        self.stack = contextlib.ExitStack()
        self.borrowers = 0
        self.closing = threading.Timer(0, self.stack.close)
        self._opening = opening
        self._found: list[T] = []
        self._lock = threading.Lock()

    def close_later(self, seconds: float, close: Callable[[], None]) -> None:
        """Unless somebody borrows it before."""
        self.closing = threading.Timer(seconds, close)
        self.closing.daemon = True
        self.closing.start()

    def value(self) -> T:
        """Opened by the first who asks; again by the next where that failed."""
        with self._lock:
            if not self._found:
                self._found.append(self.stack.enter_context(self._opening()))
            return self._found[0]

"""A few threads that post messages, and hand back what came of each.

Daemon threads, and not an executor: a process must be able to end while a receiver keeps one of them waiting.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from outreach.webhook.attempt import Attempt
from outreach.webhook.outbox import Message

GATHER_SECONDS = 0.05
"""How long results are gathered after the first, so that they are settled together."""

TICK_SECONDS = 0.1
"""How long the first result is waited for."""


class Result(NamedTuple):
    """A message, and its attempt; None when there was none; the exception when we made a mistake."""

    message: Message
    attempt: Attempt | Exception | None


class Crew:
    """Threads around one `post` function. All but `post` runs in the caller's one thread.

    Args:
        post: makes the attempt, or returns None when it should not be made any more.
        threads: at most so many.
    """

    def __init__(self, post: Callable[[Message], Attempt | None], threads: int) -> None:
        self._post = post
        self._threads = threads
        self._workers: list[threading.Thread] = []
        self._jobs: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self.busy = 0
        """How many messages were launched and not gathered."""

    def launch(self, messages: Iterable[Message]) -> None:
        """Have the messages posted."""
        for message in messages:
            self._jobs.put(message)
            self.busy += 1
        while len(self._workers) < min(self._threads, self.busy):
            worker = threading.Thread(target=self._work, name="webhook-post", daemon=True)
            self._workers.append(worker)
            worker.start()

    def gather(self, most: int) -> list[Result]:
        """A result and those that follow closely; none when nothing came for a tick."""
        results = list(self._arriving(min(most, self.busy)))
        self.busy -= len(results)
        return results

    def dismiss(self) -> list[Message]:
        """Send the threads home, and return the messages that none had begun."""
        untried: list[Message] = []
        if not self._workers:
            return untried
        with contextlib.suppress(queue.Empty):
            while message := self._jobs.get_nowait():
                untried.append(message)
        for _ in self._workers:
            self._jobs.put(None)
        self._workers.clear()
        self.busy -= len(untried)
        return untried

    def _arriving(self, most: int) -> Iterator[Result]:
        timeout = TICK_SECONDS
        until = time.monotonic() + TICK_SECONDS + GATHER_SECONDS
        with contextlib.suppress(queue.Empty):
            for _ in range(most):
                yield self._results.get(timeout=timeout)
                until = min(until, time.monotonic() + GATHER_SECONDS)
                timeout = max(until - time.monotonic(), 0)

    def _work(self) -> None:
        while (message := self._jobs.get()) is not None:
            self._results.put(Result(message, self._outcome(message)))

    def _outcome(self, message: Message) -> Attempt | Exception | None:
        try:
            return self._post(message)
        except Exception as error:  # noqa: BLE001 - raised again in the thread that gathers
            return error

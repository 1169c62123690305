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

from outreach.concurrency.adaptive_limit import AdaptiveLimit
from outreach.webhook.attempt import Attempt
from outreach.webhook.outbox import Message

GATHER_SECONDS = 0.05
"""How long results are gathered after the first, so that they are settled together."""

LOOK_SECONDS = 0.01
"""How often is looked for those that follow."""

TICK_SECONDS = 0.1
"""How long the first result is waited for."""


class Result(NamedTuple):
    """A message, and its attempt; None when there was none; the exception when we made a mistake."""

    message: Message
    attempt: Attempt | Exception | None


class WorkerThreads:
    """Threads around one `post` function. All but `post` runs in the caller's one thread.

    Args:
        post: makes the attempt, or returns None when it should not be made any more.
        limit: how many there may be.
    """

    def __init__(self, post: Callable[[Message], Attempt | None], limit: AdaptiveLimit) -> None:
        self._post = post
        self._limit = limit
        self._workers = 0
        self._staffing = threading.Lock()
        self._jobs: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self.busy = 0
        """How many messages were launched and not gathered."""

    def submit(self, messages: Iterable[Message]) -> None:
        """Have the messages posted."""
        for message in messages:
            self._jobs.put(message)
            self.busy += 1
        self._staff()

    def collect(self, most: int) -> list[Result]:
        """A result and those that follow closely; none when nothing came for a tick."""
        self._staff()
        results = list(self._arriving(min(most, self.busy)))
        self.busy -= len(results)
        return results

    def stop(self) -> list[Message]:
        """Send the threads home, and return the messages that none had begun."""
        untried: list[Message] = []
        if not self._workers:
            return untried
        with contextlib.suppress(queue.Empty):
            while message := self._jobs.get_nowait():
                untried.append(message)
        with self._staffing:
            while self._workers:
                self._jobs.put(None)
                self._lose_one()
        self.busy -= len(untried)
        return untried

    def _arriving(self, most: int) -> Iterator[Result]:
        if not most:
            return
        with contextlib.suppress(queue.Empty):
            yield self._results.get(timeout=TICK_SECONDS)
            until = time.monotonic() + GATHER_SECONDS
            for _ in range(most - 1):
                yield self._next(until)

    def _next(self, until: float) -> Result:
        """One that is there until then; raises queue.Empty. To be woken for each costs more than to look."""
        while self._results.empty() and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        return self._results.get_nowait()

    def _staff(self) -> None:
        with self._staffing:
            while self._workers < self.busy and self._limit.try_acquire(needed=not self._workers):
                threading.Thread(target=self._work, name="webhook-post", daemon=True).start()
                self._workers += 1

    def _lose_one(self) -> None:
        self._workers -= 1
        self._limit.release()

    def _work(self) -> None:
        while (message := self._jobs.get()) is not None:
            self._results.put(Result(message, self._outcome(message)))
            if self._limit.is_exceeded() and self._may_go():
                return

    def _may_go(self) -> bool:
        with self._staffing:
            if self._workers <= 1:  # the last one, or dismissed: then a word to go waits in the queue
                return False
            self._lose_one()
            return True

    def _outcome(self, message: Message) -> Attempt | Exception | None:
        try:
            return self._post(message)
        except Exception as error:  # noqa: BLE001 - raised again in the thread that gathers
            return error

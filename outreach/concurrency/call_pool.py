"""Calls in the air: handed to the run's crew in groups, and gathered as they land.

    launch ──> waiting ──> crew: call, call, call ──> landed ──> land

A group goes to the crew as a few shifts that take from one queue, and whoever waits is woken once, when
enough have landed: a future for each call, and a wake for each landing, cost as much as writing them down.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from outreach.concurrency.adaptive_limit import LOOK_SECONDS, AdaptiveLimit

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

CALLS_PER_TURN = 32
"""After so many calls a shift goes to the back of the crew's line, for the crew is shared."""


class CallPool(Generic[Item, Outcome]):
    """The calls of one step. All but `call` runs in the thread of the step.

    Args:
        threads: makes the calls; it may be shared.
        limit: how many of the crew; shared by all who share the crew.
        call: one call; what it raises is its outcome.
    """

    def __init__(
        self, threads: ThreadPoolExecutor, limit: AdaptiveLimit, call: Callable[[Item], Outcome]
    ) -> None:
        self._threads = threads
        self._limit = limit
        self._call = call
        self._waiting: deque[Item] = deque()
        self._landed: list[tuple[Item, Outcome | BaseException]] = []
        self._shifts = 0
        self._wanted = 0
        self._enough = threading.Condition()
        self.in_flight = 0
        """How many are in the air, or landed and not gathered."""

    def submit(self, items: Sequence[Item]) -> None:
        """Have the calls made, in about this order."""
        with self._enough:
            self._waiting.extend(items)
            self.in_flight += len(items)
            try:
                self._staff()
            except RuntimeError:  # the crew has gone home: nobody would ever land
                self.in_flight -= len(self._waiting)
                self._waiting.clear()
                raise

    def collect(self, at_least: int) -> list[tuple[Item, Outcome | BaseException]]:
        """Wait until so many have landed, and take every one that has."""
        with self._enough:
            self._wanted = at_least
            while len(self._landed) < at_least:
                self._enough.wait(LOOK_SECONDS)
                with contextlib.suppress(RuntimeError):  # the crew is going home: who is there goes on
                    self._staff()
            landed, self._landed = self._landed, []
        self.in_flight -= len(landed)
        return landed

    def _staff(self) -> None:
        """As many shifts as there may be; one in any case. Under the lock."""
        for _ in range(len(self._waiting)):
            if not self._limit.try_acquire(needed=not self._shifts):
                return
            try:
                self._threads.submit(self._work)
            except RuntimeError:
                self._limit.release()
                raise
            self._shifts += 1

    def _work(self) -> None:
        """A shift: some calls, and then whoever is wanted next."""
        while True:
            self._make_some()
            with self._enough:
                self._shifts -= 1
                self._limit.release()
                try:
                    self._staff()
                except RuntimeError:  # the crew is going home: nobody can follow, so this one stays
                    self._limit.try_acquire(needed=True)
                    self._shifts += 1
                else:
                    return

    def _make_some(self) -> None:
        for _ in range(CALLS_PER_TURN):
            try:
                item = self._waiting.popleft()
            except IndexError:
                return
            try:
                outcome: Outcome | BaseException = self._call(item)
            except BaseException as error:  # noqa: BLE001 - it is what became of the call
                outcome = error
            with self._enough:
                self._landed.append((item, outcome))
                if len(self._landed) >= self._wanted:
                    self._enough.notify()
            if self._limit.is_exceeded():
                return

"""Calls in the air: handed to the run's crew in groups, and gathered as they land.

    launch ──> waiting ──> crew: call, call, call ──> landed ──> land

A group goes to the crew as a few shifts that take from one queue, and whoever waits is woken once, when
enough have landed: a future for each call, and a wake for each landing, cost as much as writing them down.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Flights(Generic[Item, Outcome]):
    """The calls of one step. All but `call` runs in the thread of the step.

    Args:
        crew: makes the calls; it may be shared.
        threads: how many of the crew.
        call: one call; what it raises is its outcome.
    """

    def __init__(self, crew: ThreadPoolExecutor, threads: int, call: Callable[[Item], Outcome]) -> None:
        self._crew = crew
        self._threads = threads
        self._call = call
        self._waiting: SimpleQueue[Item] = SimpleQueue()
        self._landed: list[tuple[Item, Outcome | BaseException]] = []
        self._wanted = 0
        self._enough = threading.Condition()
        self.count = 0
        """How many are in the air, or landed and not gathered."""

    def launch(self, items: Sequence[Item]) -> None:
        """Have the calls made, in about this order."""
        for item in items:
            self._waiting.put(item)
        self.count += len(items)
        try:
            for _ in range(min(self._threads, len(items))):
                self._crew.submit(self._fly, len(items))
        except RuntimeError:  # the crew has gone home: nobody would ever land
            self._call_off()
            raise

    def land(self, at_least: int) -> list[tuple[Item, Outcome | BaseException]]:
        """Wait until so many have landed, and take every one that has."""
        with self._enough:
            self._wanted = at_least
            self._enough.wait_for(lambda: len(self._landed) >= at_least)
            landed, self._landed = self._landed, []
        self.count -= len(landed)
        return landed

    def _call_off(self) -> None:
        with contextlib.suppress(Empty):
            while True:
                self._waiting.get_nowait()
                self.count -= 1

    def _fly(self, most: int) -> None:
        """One shift: the calls that are next, so many at the most, for the crew is shared."""
        for _ in range(most):
            try:
                item = self._waiting.get_nowait()
            except Empty:
                return
            try:
                outcome: Outcome | BaseException = self._call(item)
            except BaseException as error:  # noqa: BLE001 - it is what became of the call
                outcome = error
            with self._enough:
                self._landed.append((item, outcome))
                if len(self._landed) >= self._wanted:
                    self._enough.notify()

"""Calls in the air: handed over in groups, made by a few threads, collected as they land.

    submit ──> waiting ──> thread: call, call, call ──> landed ──> collect
                  └──> stop: what nobody has begun

The threads take from one queue and go home when it stays empty, and whoever collects is woken once, when
enough have landed: a future for each call, a wake for each landing, and a new thread for each group cost as
much as writing the outcome down. Where calls wait for different things, each has a line: threads go to the
line with the fewest, and one to each in any case, so that none waits behind those of another.
They are daemons, and no executor's: a process must be able to end while a far end keeps one of them waiting.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from outreach.concurrency.adaptive_limit import LOOK_SECONDS, AdaptiveLimit

LINGER_SECONDS = 0.5
"""So long a thread waits for another group; meanwhile it does not count as one at work."""

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class CallPool(Generic[Item, Outcome]):
    """The calls of one step. All but `call` runs in the thread of the step.

    Args:
        call: one call; what it raises is its outcome.
        limit: how many threads there may be; shared by all steps of a run.
        line_of: what a call waits for; all for the same, unless said.
        share: of the threads that the limit allows, the part that works here whatever others do; one a line
            in any case.
    """

    def __init__(
        self,
        call: Callable[[Item], Outcome],
        limit: AdaptiveLimit,
        line_of: Callable[[Item], str] = lambda _: "",
        share: float = 0.0,
    ) -> None:
        self._call = call
        self._limit = limit
        self._line_of = line_of
        self._share = share
        self._waiting: dict[str, deque[Item]] = {}  # no line is empty
        self._calling: Counter[str] = Counter()
        self._landed: list[tuple[Item, Outcome | BaseException]] = []
        self._threads = 0
        self._idle = self._called_back = 0
        self._wanted = 0
        lock = threading.Lock()
        self._enough, self._more = threading.Condition(lock), threading.Condition(lock)
        self.in_flight = 0
        """How many were submitted and not collected."""

    def submit(self, items: Iterable[Item]) -> None:
        """Have the calls made, in about this order. RuntimeError when this process has no thread for them."""
        with self._enough:
            for item in items:
                self._waiting.setdefault(self._line_of(item), deque()).append(item)
                self.in_flight += 1
            try:
                self._staff()
            except RuntimeError:
                self._take_back()  # or `collect` would wait for them for ever
                raise

    def collect(
        self, at_least: int, *, within: float = float("inf")
    ) -> list[tuple[Item, Outcome | BaseException]]:
        """Wait until so many have landed, or `within` seconds are over, and take every one that has."""
        until = time.monotonic() + within
        with self._enough:
            self._wanted = at_least
            while len(self._landed) < at_least and (left := until - time.monotonic()) > 0:
                self._enough.wait(min(left, LOOK_SECONDS))
                self._staff()  # the limit may have grown meanwhile
            landed, self._landed = self._landed, []
            self.in_flight -= len(landed)
        return landed

    def stop(self) -> list[Item]:
        """Take back what no thread has begun; what is in the air lands, if it ever does."""
        with self._enough:
            return self._take_back()

    def _take_back(self) -> list[Item]:
        """Under the lock."""
        untried = [item for line in self._waiting.values() for item in line]
        self._waiting.clear()
        self.in_flight -= len(untried)
        return untried

    def _staff(self) -> None:
        """As many threads as there is work for and the limit allows; its share a line in any case.

        Under the lock.
        """
        work = sum(map(len, self._waiting.values()))
        without = sum(max(0, self._least - self._calling[line]) for line in self._waiting)
        while (coming := self._threads - self._calling.total()) < work and self._limit.try_acquire(
            needed=coming < without
        ):
            try:
                self._fetch_one()
            except RuntimeError:
                self._limit.release()
                if not self._threads:
                    raise
                return
            self._threads += 1

    @property
    def _least(self) -> int:
        return max(1, int(self._share * self._limit.wanted))

    def _fetch_one(self) -> None:
        """One who lingers is called back, else a new one comes. Under the lock."""
        if self._idle:
            self._idle -= 1
            self._called_back += 1
            self._more.notify()
        else:
            threading.Thread(target=self._work, name="outreach-call", daemon=True).start()

    def _work(self) -> None:
        """In a thread: call after call, as long as somebody calls it back."""
        with self._enough:
            taken = self._take()
        while True:
            self._call_all(taken)
            with self._enough:
                self._idle += 1
                if not self._more.wait_for(lambda: self._called_back, timeout=LINGER_SECONDS):
                    self._idle -= 1
                    return
                self._called_back -= 1
                taken = self._take()

    def _call_all(self, taken: tuple[str, Item] | None) -> None:
        """Until there is none, or fewer threads do."""
        while taken:
            line, item = taken
            began = time.monotonic()
            try:
                outcome: Outcome | BaseException = self._call(item)
                self._limit.note_call(time.monotonic() - began)
            except BaseException as error:  # noqa: BLE001 - it is what became of the call
                outcome = error
                self._limit.note_failure(time.monotonic() - began)
            with self._enough:  # once a call: landing and taking under one lock
                self._calling[line] -= 1
                self._landed.append((item, outcome))
                if len(self._landed) >= self._wanted:
                    self._enough.notify()
                taken = self._take()

    def _take(self) -> tuple[str, Item] | None:
        """The next item and its line; None for a thread that is not needed. Under the lock."""
        line = min(self._waiting, key=self._calling.__getitem__, default=None)
        # A line's last threads stay while there is work, whatever the limit says: somebody must.
        if line is None or (self._calling[line] >= self._least and self._limit.is_exceeded()):
            self._threads -= 1
            self._limit.release()
            return None
        self._calling[line] += 1
        item = self._waiting[line].popleft()
        if not self._waiting[line]:
            del self._waiting[line]
        return line, item

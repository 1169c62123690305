"""How far a run is, live: as a progress artifact in the Prefect UI, and wherever a caller wants it shown."""

from __future__ import annotations

import contextlib
import contextvars
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from outreach.campaign.run import Run
from outreach.clock import SystemClock
from outreach.genesys.http.usage import UsageSnapshot
from outreach.report.figures.counts import count_states
from outreach.report.progress import ProgressMeter
from tasks.patience import asking_again

REST_PER_COST = 100
"""So many times what a look took is waited before the next: looking costs a run less than one percent."""

log = logging.getLogger(__name__)


class Sink(Protocol):
    """Where progress is shown, every so many seconds or less often: numbers only, nobody's data."""

    every_seconds: float

    def show(self, states: Mapping[str, int], usage: UsageSnapshot) -> None:
        """Show how many contacts are in which state, and what this process has asked of Genesys."""
        ...

    def tell(self, notice: str) -> None:
        """Say what a person must do before the run goes on."""
        ...


_SINKS: contextvars.ContextVar[tuple[Sink, ...]] = contextvars.ContextVar("sinks", default=())


@contextlib.contextmanager
def shown_in(sink: Sink) -> Iterator[None]:
    """Show there whatever flow this thread runs within the block: a flow's parameters are only data."""
    token = _SINKS.set((*_SINKS.get(), sink))
    try:
        yield
    finally:
        _SINKS.reset(token)


def tell(notice: str) -> None:
    """Say it wherever a caller has this thread's progress shown."""
    for sink in _SINKS.get():
        sink.tell(notice)


@contextlib.contextmanager
def progress_shown(run: Run, spent: Callable[[], UsageSnapshot], key: str) -> Iterator[list[Watcher]]:
    """Show the campaign's progress for the length of the block, in Prefect's UI first."""
    sinks = [ProgressArtifact(key), *_SINKS.get()]
    watchers = [Watcher(run, spent, sink) for sink in sinks]
    with contextlib.ExitStack() as stack:
        for watcher in watchers:
            stack.enter_context(watcher.watching())
        yield watchers


class Watcher:
    """Looks now and then for one sink, and once at the end.

    `looks` counts them, `processor_seconds` is what they took of a processor; both are known at the end.
    """

    def __init__(self, run: Run, spent: Callable[[], UsageSnapshot], sink: Sink) -> None:
        self.sink = sink
        self.looks = 0
        self.processor_seconds = 0.0
        self._run = run
        self._spent = spent
        self._ended = threading.Event()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Look in a thread of its own for the length of the block."""
        # The artifact belongs to the flow run, which the thread knows by its context.
        thread = threading.Thread(target=contextvars.copy_context().run, args=(self._watch,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _watch(self) -> None:
        # Asked once: what waited for a server that is away would hold up the run's end.
        with asking_again():
            self._look_on()

    def _look_on(self) -> None:
        rest = 0.0
        while not self._ended.wait(rest):
            rest = max(self.sink.every_seconds, REST_PER_COST * self._look())
        self._look()
        self.processor_seconds = time.thread_time()

    def _look(self) -> float:
        """Count, show, and say how many seconds that took."""
        self.looks += 1
        began = time.monotonic()
        # What cannot be shown is no reason to stop a campaign.
        try:
            self.sink.show(count_states(self._run.ledger, self._run.campaign), self._spent())
        except Exception as error:  # noqa: BLE001 - Prefect's server may be away, in many ways
            log.debug("Progress is not shown: %s", type(error).__name__)
        return time.monotonic() - began


class ProgressArtifact:
    """Progress in the Prefect UI; a pause says there itself what it waits for."""

    every_seconds = 5.0

    def __init__(self, key: str) -> None:
        self._key = f"progress-{key}"
        self._meter = ProgressMeter(SystemClock())
        self._made: UUID | None = None

    def show(self, states: Mapping[str, int], usage: UsageSnapshot) -> None:
        """Write it into the artifact."""
        seen = self._meter.look(states, usage)
        text = f"{seen.sentence}: {seen.outcomes}"
        if self._made:
            update_progress_artifact(self._made, seen.percent, text)
        else:
            # Typed for both worlds; without an event loop it is the plain one.
            self._made = cast("UUID", create_progress_artifact(seen.percent, self._key, text))

    def tell(self, notice: str) -> None:
        """Nothing: the form of the paused run stands beside it."""

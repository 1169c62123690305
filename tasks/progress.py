"""How far a run is, live, as a progress artifact in the Prefect UI: numbers only, nobody's data."""

from __future__ import annotations

import contextlib
import contextvars
import logging
import threading
import time
from collections.abc import Iterator
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from outreach.campaign.run import Run
from outreach.clock import SystemClock
from outreach.report.figures.counts import count_states
from outreach.report.progress import Progress, ProgressMeter
from tasks.reporting import artifact_key

LOOK_EVERY_SECONDS = 5.0

REST_PER_COST = 100
"""So many times what a look took is waited before the next: looking costs a run less than one percent."""

log = logging.getLogger(__name__)


@contextlib.contextmanager
def progress_shown(run: Run, every: float = LOOK_EVERY_SECONDS) -> Iterator[Watcher]:
    """Show the campaign's progress for the length of the block, every so many seconds or less often."""
    watcher = Watcher(run, every)
    # The artifact belongs to the flow run, which the thread knows by its context.
    thread = threading.Thread(target=contextvars.copy_context().run, args=(watcher.watch,), daemon=True)
    thread.start()
    try:
        yield watcher
    finally:
        watcher.ended.set()
        thread.join()


class Watcher:
    """Looks now and then, and once at the end.

    `looks` counts them, `processor_seconds` is what they took of a processor; both are known at the end.
    """

    def __init__(self, run: Run, every: float) -> None:
        self.ended = threading.Event()
        self.looks = 0
        self.processor_seconds = 0.0
        self._run = run
        self._every = every
        self._meter = ProgressMeter(SystemClock())
        self._artifact: UUID | None = None

    def watch(self) -> None:
        """Look until the end; for a thread of its own."""
        rest = 0.0
        while not self.ended.wait(rest):
            rest = max(self._every, REST_PER_COST * self._look())
        self._look()
        self.processor_seconds = time.thread_time()

    def _look(self) -> float:
        """Count, tell, and say how many seconds that took."""
        self.looks += 1
        began = time.monotonic()
        # What cannot be shown is no reason to stop a campaign.
        try:
            usage = self._run.usage.snapshot() if self._run.usage else None
            self._tell(self._meter.look(count_states(self._run.ledger, self._run.campaign), usage))
        except Exception as error:  # noqa: BLE001 - Prefect's server may be away, in many ways
            log.debug("Progress is not shown: %s", type(error).__name__)
        return time.monotonic() - began

    def _tell(self, seen: Progress) -> None:
        text = f"{seen.sentence}: {seen.outcomes}"
        if self._artifact:
            update_progress_artifact(self._artifact, seen.percent, text)
        else:
            key = f"progress-{artifact_key(self._run.campaign.name)}"
            # Typed for both worlds; without an event loop it is the plain one.
            self._artifact = cast("UUID", create_progress_artifact(seen.percent, key, text))

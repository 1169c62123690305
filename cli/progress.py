"""Progress of a campaign in the terminal, while its flow works in this process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from rich.live import Live

from cli.console import err
from outreach.campaign.run import OPEN
from outreach.errors import OutreachError
from outreach.genesys.http.usage import Usage, UsageSnapshot
from outreach.report.figures.counts import count_states
from outreach.report.live import ProgressView

EVERY_SECONDS = 0.5


class Watcher(threading.Thread):
    """Looks at a run now and then; remembers what its client spent, for the figures at the end."""

    def __init__(self, campaign: str) -> None:
        super().__init__(name="progress", daemon=True)
        self._campaign = campaign
        self._view = ProgressView(campaign)
        self._ended = threading.Event()
        self._usage: Usage | None = None
        self._told = ""

    @property
    def usage(self) -> UsageSnapshot | None:
        """What the run's client has spent; None when no run was seen."""
        return self._usage.snapshot() if self._usage else None

    def run(self) -> None:
        """Until `finish`."""
        shown = Live(self._view, console=err, transient=True, refresh_per_second=4)
        with shown if err.is_terminal else contextlib.nullcontext():
            while not self._ended.wait(EVERY_SECONDS):
                self._look()

    def finish(self) -> None:
        """The run is over."""
        self._ended.set()
        self.join()

    def _look(self) -> None:
        # What cannot be shown is no reason to stop a campaign.
        with contextlib.suppress(OutreachError):
            if run := OPEN.get(self._campaign):
                self._usage = run.usage or self._usage
                self._tell(run.notice)
                self._view.update(count_states(run.ledger, run.campaign), self.usage)

    def _tell(self, notice: str) -> None:
        """Once, and also where no bar is shown."""
        if notice and notice != self._told:
            err.print(notice, soft_wrap=True)
        self._told = notice


@contextlib.contextmanager
def progress_of(campaign: str) -> Iterator[Watcher]:
    """Show how far the campaign is, with time left and budget used, for the length of the block."""
    watcher = Watcher(campaign)
    watcher.start()
    try:
        yield watcher
    finally:
        watcher.finish()

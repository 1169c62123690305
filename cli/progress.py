"""Progress of a campaign in the terminal, while its flow works in this process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from rich.live import Live

from cli.console import err
from outreach.errors import OutreachError
from outreach.report.live import ProgressView
from outreach.report.tallies import count_states
from outreach.run import OPEN

EVERY_SECONDS = 0.5


@contextlib.contextmanager
def progress_of(campaign: str, *, show: bool) -> Iterator[None]:
    """Show how far the campaign is, with time left and budget used, for the length of the block."""
    if not show or not err.is_terminal:
        yield
        return
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(campaign, ended), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _watch(campaign: str, ended: threading.Event) -> None:
    view = ProgressView(campaign)
    with Live(view, console=err, transient=True, refresh_per_second=4):
        while not ended.wait(EVERY_SECONDS):
            # What cannot be shown is no reason to stop a campaign.
            with contextlib.suppress(OutreachError):
                if run := OPEN.get(campaign):
                    usage = run.usage.snapshot() if run.usage else None
                    view.update(count_states(run.ledger, run.campaign), usage)

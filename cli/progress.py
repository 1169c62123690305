"""Progress of a campaign in the terminal, read from its ledger while the flow works."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from sqlalchemy import func, select

from cli.console import err
from cli.ledgers import open_named
from outreach.errors import OutreachError
from outreach.ledger.ledger import Ledger
from outreach.ledger.schema import campaigns, contacts
from outreach.report.terminal import ProgressView

EVERY_SECONDS = 0.5


@contextlib.contextmanager
def progress_of(campaign: str, ledger: str, *, show: bool) -> Iterator[None]:
    """Show how far the campaign is, with time left and budget used, for the length of the block."""
    if not show or not err.is_terminal:
        yield
        return
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(campaign, ledger, ended), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _watch(campaign: str, name: str, ended: threading.Event) -> None:
    # What cannot be shown is no reason to stop a campaign.
    with contextlib.suppress(OutreachError), open_named(name, "progress") as ledger:
        from rich.live import Live  # noqa: PLC0415 - only where there is a terminal

        began = time.monotonic()
        view = ProgressView(campaign)
        with Live(view, console=err, transient=True, refresh_per_second=4):
            while not ended.wait(EVERY_SECONDS):
                view.update(_counts(ledger, campaign), time.monotonic() - began)


def _counts(ledger: Ledger, campaign: str) -> dict[str, int]:
    mine = contacts.join(campaigns, campaigns.c.id == contacts.c.campaign_id)
    query = (
        select(contacts.c.state, func.count())
        .select_from(mine)
        .where(campaigns.c.name == campaign)
        .group_by(contacts.c.state)
    )
    with ledger.db.read() as connection:
        return {state: count for state, count in connection.execute(query).tuples()}

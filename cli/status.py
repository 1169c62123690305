"""The verb `status`: what runs, what waits, what went wrong."""

import contextlib
from datetime import datetime
from typing import Annotated

from cyclopts import Parameter

from cli.console import AsJson, LedgerName, err, out, print_json
from cli.ledgers import open_named
from cli.next_runs import find_next_runs
from cli.plain_api import find_plain_api
from cli.prefect_api import api_url


def status(
    *, all: Annotated[bool, Parameter(negative="")] = False, ledger: LedgerName = None, json: AsJson = False
) -> None:
    """Show every campaign of a ledger on one screen: how it is, its last run, doubts, webhooks, budgets.

    `unfinished` is a campaign whose run left no end in the ledger: it loads, or its process is gone; run it
    again. Where Prefect is configured, the next run of each schedule stands below.

    Args:
        all: every campaign, not the first fifteen.
    """
    from outreach.report.figures.status import read_status
    from outreach.report.status import show_status

    with open_named(ledger, "status") as book:
        found = read_status(book)
    next_runs = _ask_schedules()
    if json:
        schedules = None if next_runs is None else [{"name": name, "at": at} for name, at in next_runs]
        print_json({**found.as_json(), "next_runs": schedules})
    else:
        out.print(show_status(found, next_runs=next_runs or (), everything=all))


def _ask_schedules() -> list[tuple[str, datetime]] | None:
    """The next run of each of our schedules, the soonest first; None where nobody knows."""
    if plain := find_plain_api():
        # Where that is no answer, Prefect says what is wrong.
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
            return find_next_runs(plain.post)
    if not api_url():
        return None
    import httpx
    from prefect.client.orchestration import get_client

    from tasks.patience import asking_again

    try:
        with asking_again(), get_client(sync_client=True) as client:
            return find_next_runs(lambda path, asked: client.request("POST", path, json=asked).json())
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        err.print(f"Prefect was not asked for schedules: {type(error).__name__}.", style="dim")
        return None

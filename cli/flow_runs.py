"""Running a flow by hand: against the configured Prefect server, or one of our own for the time being."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import complain, err, out, print_json
from cli.processes import QUIET, prefect_server
from outreach.errors import CampaignStopped, NobodyContacted, OutreachError, SumsDoNotHold, UsageError
from outreach.genesys.http.usage import UsageSnapshot
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


@contextlib.contextmanager
def prefect_api() -> Iterator[None]:
    """A Prefect API for the length of the block: the configured one, else a server of our own."""
    os.environ.update({name: os.environ.get(name, value) for name, value in QUIET.items()})
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME

    if PREFECT_API_URL.value():
        yield
        return
    err.print("No Prefect server is configured: starting one for this command.", style="dim")
    with prefect_server(Path(PREFECT_HOME.value())):
        yield


def run_source(
    source: str,
    campaign: str,
    settings: CampaignSettings,
    genesys: str,
    senders: str,
    webhook: str | None,
    ledger: str,
    *,
    as_json: bool,
) -> int:
    """`outreach run`: the campaign's flow, with progress; exit 1 when its verdict is red."""
    look_at(source, settings)
    with prefect_api():
        from cli.progress import progress_of
        from flows.campaign import run_campaign

        with progress_of(campaign) as terminal:
            state = run_campaign(
                source, campaign, genesys, senders, webhook, ledger, settings, return_state=True
            )
        return tell_verdict(state, campaign, ledger, terminal.usage, as_json=as_json)


def look_at(source: str, settings: CampaignSettings) -> None:
    """Read the first row, so that a wrong path or column is said before anything is started.

    Raises:
        SourceError: the source cannot be read.
    """
    rows = open_source(source, columns=settings.columns, strict_numbers=settings.strict_numbers).rows()
    next(rows, None)


def tell_verdict(
    state: State[Any], campaign: str, ledger: str, usage: UsageSnapshot | None, *, as_json: bool
) -> int:
    """Show how a campaign's run ended; the exit code.

    Raises:
        UsageError: the run failed because of something that the caller can mend.
        OutreachError: a system failed.
    """
    try:
        state.result()
    except UsageError:
        raise
    except (CampaignStopped, NobodyContacted, SumsDoNotHold) as error:
        complain(error, 1)
    except OutreachError:
        raise
    except Exception as error:  # noqa: BLE001 - the run has the traceback
        return complain(f"The run failed ({type(error).__name__}): {state.message}. Its log has more.", 1)
    return _show(campaign, ledger, usage, green=state.is_completed(), as_json=as_json)


def _show(campaign: str, ledger: str, usage: UsageSnapshot | None, *, green: bool, as_json: bool) -> int:
    from cli.ledgers import open_named
    from outreach.ledger.campaigns import find_campaign
    from outreach.report import terminal
    from outreach.report.figures.gather import gather

    with open_named(ledger, "run") as book:
        figures = gather(book, find_campaign(book, campaign), usage=usage)
    if as_json:
        print_json(figures.proof.as_json())
    else:
        out.print(terminal.show_report(figures))
    return 0 if green else 1


def redeliver_events(webhook: str, ledger: str, *, ignore_schedule: bool, as_json: bool) -> int:
    """`outreach redeliver`: the flow of that name; exit 1 while something is left."""
    with prefect_api():
        from flows.redeliver import redeliver

        state = redeliver(webhook, ledger, ignore_schedule=ignore_schedule, return_state=True)
        return _tell_counts(state, as_json=as_json, left="pending")


def follow_conversations(
    genesys: str, senders: str, webhook: str, ledger: str, campaign: str | None, *, as_json: bool
) -> int:
    """`outreach follow-up`: the flow of that name."""
    with prefect_api():
        from flows.follow_up import follow_up

        state = follow_up(genesys, senders, webhook, ledger, campaign, return_state=True)
        return _tell_counts(state, as_json=as_json)


def _tell_counts(state: State[Any], *, as_json: bool, left: str = "") -> int:
    counts = state.result()
    if as_json:
        print_json(counts)
    else:
        out.print(state.message or "Done.")
    return 0 if state.is_completed() and not (left and counts[left]) else 1

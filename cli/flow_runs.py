"""Running a flow by hand: against the configured Prefect server, or one of our own for the time being."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from cli.console import complain, err, out, print_json
from cli.ending import INTERRUPTED, LAST_WORDS
from cli.idle_run import run_idly
from cli.prefect_api import prefect_api, say_away
from cli.processes import load_flows, stop_by_signals
from cli.reading import look_at
from outreach.compliance import Gate
from outreach.errors import (
    CampaignStopped,
    NobodyContacted,
    OutreachError,
    SettingsError,
    SumsDoNotHold,
    UsageError,
)
from outreach.genesys.http.usage import UsageSnapshot
from outreach.ledger.campaigns import settle_name
from outreach.report.summary import ALL_BEFORE
from outreach.settings import CampaignSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from prefect.client.schemas.objects import State

    from flows.telling import Ending
    from outreach.ledger.proof import Proof
    from outreach.operations.catch_up import CaughtUp
    from outreach.report.figures.gather import Figures

FORGOTTEN = (
    "Prefect's server knows this run no more: somebody deleted it, or emptied the server's database. "
    "The ledger has all of it, and report and proof lie where they always do."
)


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
    """`outreach run`: the campaign's flow, with progress; exit 1 when its verdict is red, 130 if stopped.

    Where it would find nothing to do, it says so without the flow.
    """
    stop_by_signals()
    settle_name(None, campaign)
    check_output(settings)
    packs_hash = Gate(settings).packs_hash
    look_at(source, settings)
    blocks = {"genesys": genesys, "senders": senders, "webhook": webhook, "ledger": ledger}
    if idle := run_idly(source, campaign, settings, packs_hash, blocks):
        proof, name = idle
        err.print(Text(f"Ledger: {name}", "dim"), soft_wrap=True)
        return _show(proof, settings, green=True, as_json=as_json)
    with prefect_api(meanwhile=load_flows):
        from cli.progress import progress_of
        from flows.campaign import run_campaign
        from flows.telling import ending_known

        with progress_of(campaign) as terminal, ending_known(wait_no_longer) as ending:
            state = run_to_its_end(
                lambda: run_campaign(source, campaign, **blocks, settings=settings, return_state=True), ending
            )
        if ending.figures:
            err.print(Text(f"Ledger: {ending.ledger}", "dim"), soft_wrap=True)
        return tell_verdict(
            state, campaign, ledger, terminal.usage, settings, as_json=as_json, figures=ending.figures
        )


def run_to_its_end(flow: Callable[[], State[Any]], ending: Ending) -> State[Any]:
    """How the run ended: what it says itself, where Prefect could not tell its server."""
    import httpx
    from prefect.exceptions import ObjectNotFound

    try:
        return _settle(flow(), ending)
    except ObjectNotFound:
        if ending.state is None:
            raise
        complain(FORGOTTEN, 0)
        return ending.state
    except httpx.HTTPError:
        if ending.state is None:
            raise
        if not ending.is_kept:  # away since a moment ago
            complain(ending.keep(), 0)
            wait_no_longer()
        return ending.state


def _settle(state: State[Any], ending: Ending) -> State[Any]:
    """The run's own word where Prefect's is the same: that of a server which was told twice has no data."""
    if ending.state is None:
        return state
    if not state.is_final():
        return _cancel_done(state, ending.state)
    return ending.state if ending.state.type is state.type else state


def _cancel_done(cancelling: State[Any], done: State[Any]) -> State[Any]:
    """End a run that somebody cancelled when its work was done: Prefect takes no other end of it then."""
    from prefect.client.orchestration import get_client
    from prefect.states import Cancelled

    end: State[Any] = Cancelled(message=done.message)
    if run_id := cancelling.state_details.flow_run_id:
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(run_id, end)
    return end


def wait_no_longer() -> None:
    """Have Prefect ask a server that is away once, not for minutes, and end without last words."""
    from prefect.context import refresh_global_settings_context

    os.environ["PREFECT_CLIENT_MAX_RETRIES"] = "0"
    refresh_global_settings_context()
    LAST_WORDS.clear()


def check_output(settings: CampaignSettings) -> None:
    """Raise SettingsError where the run's files could not be written, before anybody is contacted."""
    folder = Path(settings.output)
    there = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise SettingsError(
            f"The output {settings.output} cannot be written: {there} is no folder of yours.",
            "Name a folder.",
        )


def tell_verdict(
    state: State[Any],
    campaign: str,
    ledger: str,
    usage: UsageSnapshot | None,
    settings: CampaignSettings,
    *,
    as_json: bool,
    figures: Figures | None = None,
) -> int:
    """Show how a campaign's run ended; the exit code.

    Args:
        state: it ended in.
        campaign: its name.
        ledger: the block's name.
        usage: what the run asked of Genesys.
        settings: say where its files lie.
        as_json: for machines.
        figures: as the run found them; else the ledger is asked.

    Raises:
        UsageError: the run failed because of something that the caller can mend.
        OutreachError: a system failed.
    """
    if state.is_cancelled():
        complain(state.message, INTERRUPTED)
        if as_json:
            print_json((figures or gather_from(ledger, campaign, usage)).proof.as_json())
        return INTERRUPTED
    try:
        state.result()
    except UsageError:
        raise
    except (CampaignStopped, NobodyContacted, SumsDoNotHold) as error:
        complain(error, 1)
    except OutreachError:
        raise
    except Exception as error:  # noqa: BLE001 - the run has the traceback
        return _tell_failure(error, state)
    shown = figures or gather_from(ledger, campaign, usage)
    return _show(shown.proof, settings, green=state.is_completed(), as_json=as_json, figures=shown)


def _tell_failure(error: Exception, state: State[Any]) -> int:
    import httpx

    if isinstance(error, httpx.HTTPError):  # those of Genesys and of receivers are ours by then
        raise say_away(error, "Then ask again: what was done is done, and it goes on.")
    said = " ".join((state.message or "").split())[:500]
    return complain(f"The run failed ({type(error).__name__}): {said}. Its log has more.", 1)


def gather_from(ledger: str, campaign: str, usage: UsageSnapshot | None) -> Figures:
    """The campaign's figures, from the ledger of a block."""
    from cli.ledgers import open_named
    from outreach.ledger.campaigns import find_campaign
    from outreach.report.figures.gather import gather

    with open_named(ledger, "run") as book:
        return gather(book, find_campaign(book, campaign), usage=usage)


def _show(
    proof: Proof, settings: CampaignSettings, *, green: bool, as_json: bool, figures: Figures | None = None
) -> int:
    """What a run came to; without figures, it is one that had nothing to do."""
    if as_json:
        print_json(proof.as_json())
        return 0 if green else 1
    from outreach.campaign.files import file_of
    from outreach.report import terminal

    files = (file_of(settings, proof.campaign, kind) for kind in ("report.html", "rejects.csv"))
    report, rejects = (file if file.exists() else None for file in files)
    if figures:
        out.print(terminal.show_report(figures, report=report, rejects=rejects))
    else:
        out.print(terminal.show_end(proof, remark=ALL_BEFORE, report=report, rejects=rejects))
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


def catch_up_ledger(genesys: str, senders: str, ledger: str, whole: str | None) -> CaughtUp:
    """`outreach ledger catch-up`: with the stored blocks; Prefect learns how far the ledger is now."""
    with prefect_api():
        from flows.opening import BlockNames, open_blocks
        from flows.witness import PrefectWitness
        from outreach.operations.catch_up import catch_up

        with open_blocks(BlockNames(genesys, senders, None, ledger)) as opened:
            return catch_up(opened.ledger, opened.genesys, [PrefectWitness()], whole=whole)


def _tell_counts(state: State[Any], *, as_json: bool, left: str = "") -> int:
    try:
        counts = state.result()
    except OutreachError:
        raise
    except Exception as error:  # noqa: BLE001 - the run has the traceback
        return _tell_failure(error, state)
    if as_json:
        print_json(counts)
    else:
        out.print(state.message or "Done.")
    return 0 if state.is_completed() and not (left and counts[left]) else 1

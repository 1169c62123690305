"""The campaign: contacts in, interactions started, the CRM told, the sums proven."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Literal

from prefect import flow, unmapped
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture, wait
from prefect.task_runners import ThreadPoolTaskRunner

from flows.approval import ask
from flows.dispatch import dispatch as hand_out
from flows.dispatch import widen
from flows.dry_run import rehearse_campaign
from flows.opening import BlockNames, open_run
from flows.parameters import BlockName, CampaignName, SourceName
from flows.verdict import Ended, conclude, decline
from outreach.campaign.reconciliation import recover
from outreach.campaign.run import Run
from outreach.contacts import Channel
from outreach.ledger.claims import BatchRef, plan
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from tasks.interaction import interact
from tasks.loading import load, mirror, ready_senders
from tasks.policies import BATCHES_AT_MOST, BATCHES_AT_ONCE, RUNNER_THREADS
from tasks.progress import progress_shown
from tasks.registration import register
from tasks.validation import validate
from tasks.webhook import deliver


@flow(
    name="run-campaign",
    flow_run_name="{campaign}",
    description="Contact everybody in a source, exactly once, and prove it.",
    task_runner=ThreadPoolTaskRunner(max_workers=RUNNER_THREADS),  # type: ignore[arg-type]  # Prefect's own example
)
def run_campaign(
    source: SourceName,
    campaign: CampaignName,
    genesys: BlockName = "default",
    senders: BlockName = "default",
    webhook: BlockName | None = "default",
    ledger: BlockName = "default",
    settings: CampaignSettings = CampaignSettings(),  # noqa: B008 - frozen
    dispatch: Literal["here", "work-pool"] = "here",
) -> State[dict[str, Any]]:
    """Load what is new in the source and advance every contact of the campaign that is due.

    Running it again resumes it, retries what may be retried, and takes up deferred contacts; nobody is
    contacted twice.

    Args:
        source: Path or URL of .csv, .jsonl or .parquet, or a database URL with a query.
        campaign: Its name; the same name is the same campaign.
        genesys: Name of the credentials block.
        senders: Name of the senders block.
        webhook: Name of the CRM webhook block; none tells nobody.
        ledger: Name of the ledger block.
        settings: How the campaign behaves.
        dispatch: 'here' works in this process, 'work-pool' hands batches to the workers of the pool.

    Returns:
        The proof; with `settings.dry_run` the dry run's numbers.
    """
    names = BlockNames(genesys, senders, webhook, ledger)
    contacts = partial(open_source, source, columns=settings.columns, strict_numbers=settings.strict_numbers)
    if settings.dry_run:
        return rehearse_campaign(contacts(), campaign, settings, names)
    with open_run(campaign, settings, names) as run, progress_shown(run):
        recover(run)
        load(campaign, run, contacts(), run.rejects_file)
        prepare(run, genesys)
        batches = plan_batches(run)
        if refusal := ask(run, sum(batch.size for batch in batches), contacts):
            return decline(run, refusal)
        work: Sequence[Ended] = (
            advance(run, batches)
            if dispatch == "here"
            else hand_out(run, names, widen(batches, run.batch_size))
        )
        recover(run)
        return conclude(run, work)


def prepare(run: Run, name: str) -> None:
    """Ask the organisation what it says of our senders, and whom it leaves alone."""
    ready = ready_senders(name, run.senders_key, run)
    run.senders = {Channel(channel): verdict for channel, verdict in ready.items()}
    mirror(name, run)


def contact_everybody(run: Run) -> list[PrefectFuture[Any]]:
    """The steps over everything that is due."""
    return advance(run, plan_batches(run))


def plan_batches(run: Run) -> list[BatchRef]:
    """Everything that is due, oldest first."""
    return plan(run.ledger, run.campaign, size=run.batch_size, at_most=BATCHES_AT_MOST)


def advance(run: Run, batches: Sequence[BatchRef]) -> list[PrefectFuture[Any]]:
    """The steps over batches: a few of them in the pipeline, the oldest first."""
    work: list[PrefectFuture[Any]] = []
    for wave in waves(batches):
        registered = register.map(wave, unmapped(run))
        validated = validate.map(registered, unmapped(run))
        interacted = interact.map(validated, unmapped(run))
        work += [*registered, *validated, *interacted, *deliver.map(interacted, unmapped(run))]
    wait(work)
    return work


def waves(batches: Sequence[BatchRef]) -> Iterator[Sequence[BatchRef]]:
    """A few batches at a time, in order, so that the first people are contacted before the last are known."""
    for start in range(0, len(batches), BATCHES_AT_ONCE):
        yield batches[start : start + BATCHES_AT_ONCE]

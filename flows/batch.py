"""One batch of a campaign, by whatever worker of the pool takes it: the same steps, ledger and budget."""

from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Cancelled, Completed, Crashed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.dispatch import EXECUTOR_TAG
from flows.events import signal_refusals
from flows.opening import BlockNames, open_ledger, open_run
from flows.parameters import BlockName, CampaignName
from flows.parentage import find_loss, parent_executor
from flows.prefect_watch import prefect_heeded
from flows.steps import advance, prepare
from flows.stopping import INTERRUPTED, describe_stop, end_early
from flows.verdict import first_failure
from outreach.campaign.run import Run
from outreach.counting import counted
from outreach.ledger.claims import BatchRef
from outreach.ledger.release import release_dead_executors


@flow(
    name="outreach-batch",
    flow_run_name="{campaign}-{number}",
    description="Work on one batch of a campaign that another run handed out.",
    retries=0,
    task_runner=ThreadPoolTaskRunner(max_workers=4),  # type: ignore[arg-type]  # Prefect's own example
)
def outreach_batch(
    campaign: CampaignName,
    number: int,
    first: int,
    last: int,
    size: int,
    genesys: BlockName = "default",
    senders: BlockName = "default",
    webhook: BlockName | None = "default",
    ledger: BlockName = "default",
) -> State[dict[str, Any]]:
    """Advance the contacts of one batch that are due. Running it again repeats nothing.

    Args:
        campaign: Its name; it must be in the ledger.
        number: The batch's number in its campaign's run; the lower one has the budget first.
        first: The ledger's number of its first contact.
        last: The ledger's number of its last contact.
        size: How many contacts were due when it was handed out.
        genesys: Name of the credentials block.
        senders: Name of the senders block.
        webhook: Name of the CRM webhook block; none tells nobody.
        ledger: Name of the ledger block.

    Returns:
        The batch's reference.
    """
    batch = BatchRef(campaign, number, size, first, last)
    with open_ledger(ledger) as book:  # before Genesys: where nobody answers, it would be asked for minutes
        if loss := find_loss(book, parent_executor()):
            return Cancelled(message=f"{loss} The campaign's next run goes on from there.")
    with (
        open_run(campaign, BlockNames(genesys, senders, webhook, ledger), settings=None) as opened,
        prefect_heeded(opened.run) as watch,
    ):
        run = opened.run
        if run.campaign.stopped:
            return Failed(message=f"The campaign was stopped: {run.campaign.stopped}")
        show_executor(run)
        release_dead_executors(run.ledger)
        try:
            work = advance(opened, [batch], prepare(opened, genesys))
        except INTERRUPTED as interrupt:
            return end_early(run, interrupt)
        signal_refusals(campaign, opened.spent())
        if run.auto_stop.is_called_off:
            end = Crashed if watch.is_orphaned else Cancelled  # crashed: another worker takes it
            return end(message=describe_stop(run))
        if failure := run.auto_stop.reason or first_failure(work):
            return Failed(message=failure)
    return Completed(
        message=counted(size, "contact seen to", "contacts seen to"),
        data={"campaign": campaign, "number": number},
    )


def show_executor(run: Run) -> None:
    """Tag this run with our name in the ledger, so that whoever handed it out sees when we die."""
    if not flow_run.id:
        return
    tags = [*flow_run.tags, f"{EXECUTOR_TAG}{run.ledger.executor.enter()}"]
    with get_client(sync_client=True) as client:
        client.update_flow_run(UUID(flow_run.id), tags=tags)

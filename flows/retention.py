"""Retention: what is older than it may be kept loses everything personal; a dry run by default."""

from dataclasses import asdict
from functools import partial
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.opening import open_ledger
from flows.parameters import BlockName, Days
from flows.rounds import left_out, taking_round
from outreach.counting import counted
from tasks.retention import purge_old


@flow(
    name="retention",
    flow_run_name="retention-{ledger}",
    description="Forget people's data by age; sums, audit and keyed hashes stay.",
    retries=0,
)
def retention(
    keep_days: Days = 365,
    ledger: BlockName = "default",
    dry_run: bool = True,  # noqa: FBT001, FBT002 - a form's tick
) -> State[dict[str, Any]]:
    """Forget what nothing happened to for so many days, in all campaigns.

    Args:
        keep_days: Days since the last change of a contact, or since a rejected row was read.
        ledger: Name of the ledger block.
        dry_run: Only count; untick it once the numbers are right.

    Returns:
        How many contacts, rows and files; how many are as old but still open.
    """
    with taking_round(ledger, "retention") as mine:
        if not mine:
            return left_out()
        done = purge_old(partial(open_ledger, ledger), keep_days, dry_run=dry_run)
    would = "would be forgotten" if dry_run else "forgotten"
    contacts, rows = counted(done.contacts, "contact", "contacts"), counted(done.rows, "row", "rows")
    message = f"{contacts}, {rows} and {counted(done.files, 'file', 'files')} {would}"
    if not done.rewritten:
        message += (
            "; another program held the ledger, so copies may stand in its file until the next retention"
        )
    return Completed(message=message, data=asdict(done))

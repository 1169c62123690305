"""Validating a batch."""

from dataclasses import replace

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from outreach.campaign.run import Run
from outreach.campaign.validation import validate_batch
from outreach.ledger.claims import BatchRef
from outreach.reachability import Availability
from tasks.policies import RETRIES, RETRY_DELAYS, is_transient
from tasks.references import Reference


@task(
    name="validate",
    task_run_name="validate-{batch.campaign}-{batch.number}",
    cache_policy=NO_CACHE,  # whether a person may be contacted changes by the minute
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_transient,
)
def validate(batch: BatchRef, run: Reference[Run], senders: Availability) -> BatchRef:
    """Decide who of the batch may be contacted, now, and on which channel; the batch goes on."""
    with run() as opened, opened.heeding_stop():
        verdicts = validate_batch(replace(opened, senders=senders), batch)
    get_run_logger().info("batch %s: %s", batch.number, dict(verdicts))
    return batch

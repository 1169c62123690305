"""Registering a batch."""

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.ledger.claims import BatchRef
from tasks.policies import RETRIES, RETRY_DELAYS, is_transient
from tasks.references import Reference


@task(
    name="register",
    task_run_name="register-{batch.campaign}-{batch.number}",
    cache_policy=NO_CACHE,  # the ledger knows who is registered
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_transient,
)
def register(batch: BatchRef, run: Reference[Run]) -> BatchRef:
    """Make the batch's contacts known to Genesys; the batch goes on."""
    with run() as opened, opened.heeding_stop():
        counts = register_batch(opened, batch)
    get_run_logger().info(
        "batch %s: %s registered, %s failed", batch.number, counts.registered, counts.failed
    )
    return batch

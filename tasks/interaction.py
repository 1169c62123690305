"""Contacting a batch."""

from dataclasses import replace

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from outreach.campaign.interaction import interact_batch
from outreach.campaign.run import Run
from outreach.ledger.claims import BatchRef
from outreach.reachability import Availability
from tasks.policies import RETRIES, RETRY_DELAYS, is_transient
from tasks.references import Reference


@task(
    name="interact",
    task_run_name="interact-{batch.campaign}-{batch.number}",
    # Never cached, and safe to run again: only the ledger's intents decide who is contacted.
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_transient,
)
def interact(batch: BatchRef, run: Reference[Run], senders: Availability) -> BatchRef:
    """Start one interaction with everybody in the batch who is cleared; the batch goes on."""
    with run() as opened, opened.heeding_stop():
        counts = interact_batch(replace(opened, senders=senders), batch)
    get_run_logger().info("batch %s: %s", batch.number, dict(counts))
    return batch

"""Contacting a batch."""

from __future__ import annotations

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from outreach.campaign.interaction import interact_batch
from outreach.campaign.run import Run
from outreach.ledger.claims import BatchRef
from tasks.policies import RETRIES, RETRY_DELAYS, is_transient


@task(
    name="interact",
    task_run_name="interact-{batch.campaign}-{batch.number}",
    # Never cached, and safe to run again: only the ledger's intents decide who is contacted.
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_transient,
)
def interact(batch: BatchRef, run: Run) -> BatchRef:
    """Start one interaction with everybody in the batch who is cleared; the batch goes on."""
    counts = interact_batch(run, batch)
    get_run_logger().info("batch %s: %s", batch.number, dict(counts))
    return batch

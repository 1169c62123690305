"""Telling the CRM about a batch."""

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from outreach.campaign.notification import await_first_attempts
from outreach.campaign.run import Run
from outreach.ledger.claims import BatchRef
from tasks.policies import FIRST_DELIVERY_SECONDS, RETRIES, RETRY_DELAYS, is_transient
from tasks.references import Reference


@task(
    name="deliver-webhooks",
    task_run_name="deliver-webhooks-{batch.campaign}-{batch.number}",
    cache_policy=NO_CACHE,  # the outbox knows what is delivered
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_transient,
)
def deliver(batch: BatchRef, run: Reference[Run]) -> int:
    """See the batch's events off; returns how many still wait for a later attempt.

    The courier works in the background, so a slow receiver costs contacts nothing: this only waits a few
    seconds for the first attempts, and `redeliver` has the rest.
    """
    with run() as opened:
        waiting = await_first_attempts(opened, batch, FIRST_DELIVERY_SECONDS)
    if waiting:
        get_run_logger().warning("batch %s: %s events wait for a later attempt", batch.number, waiting)
    return waiting

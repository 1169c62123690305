"""Giving people to Genesys' own engine."""

from dataclasses import replace

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from outreach.campaign.hand_overs.hand_over import hand_over_cleared
from outreach.campaign.run import Run
from outreach.reachability import Availability
from tasks.policies import RETRIES, RETRY_DELAYS, is_transient
from tasks.references import Reference


@task(
    name="hand-over",
    # Never cached, and safe to run again: the ledger says what was started.
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_transient,
)
def give_to_engine(run: Reference[Run], senders: Availability) -> dict[str, int]:
    """Give everybody who is cleared for the campaign route to Genesys' engine, and see it through."""
    with run() as opened, opened.heeding_stop():
        counts = hand_over_cleared(replace(opened, senders=senders))
    get_run_logger().info("handed over: %s", dict(counts))
    return dict(counts)

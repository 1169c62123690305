"""Following one campaign's open interactions."""

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from outreach.campaign.run import Run
from outreach.follow_up.rounds import describe_round, follow_up
from tasks.references import Reference


@task(
    name="follow",
    task_run_name="follow-{campaign}",
    # Never cached, never retried: the next round is the retry.
    cache_policy=NO_CACHE,
    retries=0,
)
def follow(campaign: str, run: Reference[Run], seconds: float) -> dict[str, int]:  # noqa: ARG001 - the run's name
    """One round over the campaign; returns its counts."""
    with run() as opened:
        counts = follow_up(opened, seconds=seconds)
    get_run_logger().info(describe_round(counts))
    return dict(counts)

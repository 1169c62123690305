"""Forgetting by age."""

from dataclasses import asdict

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from outreach.ledger.ledger import Ledger
from outreach.ledger.privacy.retention import Purged, purge
from outreach.privacy.erasure import written_files
from tasks.policies import RETRIES, RETRY_DELAYS, is_transient
from tasks.references import Reference


@task(
    name="purge",
    task_run_name="purge-{keep_days}-days",
    cache_policy=NO_CACHE,  # what is old enough changes by the day
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_transient,
)
def purge_old(ledger: Reference[Ledger], keep_days: int, *, dry_run: bool) -> Purged:
    """Forget what is older than so many days; with `dry_run`, count it."""
    with ledger() as book:
        done = purge(book, keep_days, written_files(book), dry_run=dry_run)
    get_run_logger().info("older than %s days: %s", keep_days, asdict(done))
    return done

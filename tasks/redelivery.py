"""Delivering what the CRM has not taken yet, and showing what it does not take."""

from prefect import get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from outreach.ledger.deliveries import find_undelivered
from outreach.ledger.ledger import Ledger
from outreach.operations.redelivery import Redelivered, redeliver
from outreach.webhook.endpoint import Endpoint
from tasks.references import Reference


@task(
    name="deliver-waiting",
    task_run_name="deliver-waiting-{name}",
    cache_policy=NO_CACHE,  # the outbox knows what is delivered, and when to try again
)
def deliver_waiting(
    name: str, outbox: Reference[tuple[Ledger, Endpoint]], seconds: float, *, ignore_schedule: bool = False
) -> Redelivered:
    """Every event for the webhook that is due, in order; what fails waits for its next time."""
    with outbox() as (ledger, endpoint):
        done = redeliver(ledger, name, endpoint, ignore_schedule=ignore_schedule, seconds=seconds)
    get_run_logger().info(done.sentence())
    return done


@task(name="publish-undelivered", task_run_name="publish-undelivered-{name}", cache_policy=NO_CACHE)
def publish_undelivered(name: str, ledger: Reference[Ledger]) -> int:
    """What was not taken, and why, as a table: by event and code, never by contact."""
    with ledger() as book:
        rows = find_undelivered(book, name)
    if rows:
        key = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in name.lower())
        create_table_artifact(
            rows, key=f"undelivered-{key}", description="Events that were not taken, and why"
        )
    return len(rows)

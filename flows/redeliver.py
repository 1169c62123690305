"""Redeliver: what the CRM has not taken yet, by its schedule, until it has."""

from datetime import datetime, timezone
from functools import partial
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.events import signal_dead
from flows.opening import open_ledger, open_outbox
from flows.parameters import BlockName
from flows.rounds import left_out, taking_round
from outreach.errors import WebhookError
from outreach.ledger.ledger import Ledger
from outreach.ledger.outbox import replay
from outreach.webhook.endpoint import Endpoint
from tasks.policies import REDELIVER_SECONDS
from tasks.redelivery import deliver_waiting, publish_undelivered
from tasks.references import Reference


@flow(
    name="redeliver",
    flow_run_name="redeliver-{webhook}",
    description="Deliver the events that wait for the CRM, each contact's in their order.",
    retries=0,
)
def redeliver(
    webhook: BlockName = "default",
    ledger: BlockName = "default",
    ignore_schedule: bool = False,  # noqa: FBT001, FBT002 - a field of Prefect's form
    since: datetime | None = None,
) -> State[dict[str, Any]]:
    """One round; made to be scheduled, safe to run by hand. Red when events were given up.

    Args:
        webhook: Name of the CRM webhook block.
        ledger: Name of the ledger block.
        ignore_schedule: Also what waits for its time, and a receiver that answered 410.
        since: First make everything since then due again, delivered and dead alike; ids stay.

    Returns:
        delivered, retried and dead in this round; pending and dead letters after it.
    """
    outbox = partial(open_outbox, webhook, ledger)
    with taking_round(ledger, f"redeliver/{webhook}") as mine:
        if not mine and since is None:
            return left_out()
        return deliver_round(webhook, ledger, outbox, ignore_schedule=ignore_schedule, since=since)


def deliver_round(
    webhook: str,
    ledger: str,
    outbox: Reference[tuple[Ledger, Endpoint]],
    *,
    ignore_schedule: bool,
    since: datetime | None,
) -> State[dict[str, Any]]:
    """Deliver what is due, and say how that went."""
    if since is not None:
        with outbox() as (book, _):
            replay_since(book, since)
    done = deliver_waiting(webhook, outbox, REDELIVER_SECONDS, ignore_schedule=ignore_schedule)
    if done.pending or done.dead_letters:
        publish_undelivered(webhook, partial(open_ledger, ledger))
    signal_dead(webhook, done.dead)
    if done.stopped == "disabled" or done.dead:
        code = "E_GONE" if done.stopped == "disabled" else "E_HTTP"
        advice = "Mend the receiver; then `outreach redeliver --all`, and `outreach replay` for what is dead."
        return Failed(message=done.sentence(), data=WebhookError(code, f"{done.sentence()}. {advice}"))
    return Completed(message=done.sentence(), data=done.as_json())


def replay_since(ledger: Ledger, since: datetime) -> None:
    """An instant without a zone is UTC, as in Prefect's form."""
    aware = since if since.tzinfo else since.replace(tzinfo=timezone.utc)
    count = replay(ledger, since=aware, until=ledger.clock.now())
    get_run_logger().info("%s events are due again", count)

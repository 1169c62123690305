"""Delivering what waits in the outbox for one webhook, outside a campaign; what is not delivered, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select

from outreach.ledger.database.schema import outbox
from outreach.ledger.ledger import Ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.webhook.delivery import Courier
from outreach.webhook.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Redelivered:
    """One round in events. `delivered`, `retried` and `dead` are this round's; `pending` and `dead_letters`
    what the outbox holds after it. `stopped`: deadline, breaker, disabled, or "" when nothing more was due.
    """

    delivered: int
    retried: int
    dead: int
    pending: int
    dead_letters: int
    stopped: str

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)

    def sentence(self) -> str:
        """For people: "40 delivered, 2 pending, 0 dead"."""
        words = f"{self.delivered} delivered, {self.pending} pending, {self.dead_letters} dead"
        why = {
            "breaker": "the receiver fails and is left alone for a while",
            "disabled": "the receiver answered 410 and gets nothing more",
            "deadline": "more is due",
        }.get(self.stopped)
        return f"{words}; {why}" if why else words


def redeliver(
    ledger: Ledger,
    name: str,
    endpoint: Endpoint,
    *,
    ignore_schedule: bool = False,
    seconds: float | None = None,
) -> Redelivered:
    """Deliver what is due for a webhook, over all campaigns, each contact's events in their order.

    Args:
        ledger: its outbox.
        name: of the webhook block, as the outbox knows it.
        endpoint: opened; the caller closes it.
        ignore_schedule: also what waits for its time, once each, and a receiver that answered 410.
        seconds: no attempt begins later.

    Raises:
        LedgerError: the ledger does not answer.
    """
    courier = Courier(LedgerOutbox(ledger, name), endpoint, clock=ledger.clock)
    done = courier.deliver(deadline_seconds=seconds, ignore_schedule=ignore_schedule)
    states = _count(ledger, name)
    pending, dead = states.get("pending", 0), states.get("dead", 0)
    return Redelivered(done.delivered, done.retried, done.dead, pending, dead, done.stopped)


NOT_TRIED = "not_tried"
"""The code of events that wait for their first attempt."""


def find_undelivered(
    ledger: Ledger, name: str | None = None, campaign_id: int | None = None
) -> list[dict[str, Any]]:
    """What was not taken yet, and why, most first: event, state, code, status, how many, and since when.

    Args:
        ledger: its outbox.
        name: only this webhook's.
        campaign_id: only this campaign's.
    """
    o = outbox.c
    groups = (o.event, o.state, o.code, o.status)
    query = select(*groups, func.count().label("events"), func.min(o.created_at).label("oldest"))
    query = query.where(o.state != "delivered")
    if name is not None:
        query = query.where(o.endpoint == name)
    if campaign_id is not None:
        query = query.where(o.campaign_id == campaign_id)
    with ledger.db.read() as connection:
        rows = connection.execute(query.group_by(*groups).order_by(func.count().desc(), *groups)).all()
    return [
        {
            "event": row.event,
            "state": row.state,
            "code": row.code or NOT_TRIED,
            "status": row.status,
            "events": row.events,
            "oldest": row.oldest.isoformat(timespec="seconds"),
        }
        for row in rows
    ]


def _count(ledger: Ledger, name: str) -> dict[str, int]:
    states = select(outbox.c.state, func.count().label("events")).where(outbox.c.endpoint == name)
    with ledger.db.read() as connection:
        return {
            str(row.state): int(row.events) for row in connection.execute(states.group_by(outbox.c.state))
        }

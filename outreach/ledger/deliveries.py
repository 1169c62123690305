"""What became of the outbox's events: counted and listed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select

from outreach.ledger.claims import BatchRef
from outreach.ledger.database.schema import outbox
from outreach.ledger.ledger import Ledger

_O = outbox.c


def count_untried(ledger: Ledger, campaign_id: int, batch: BatchRef) -> int:
    """How many events of a batch's contacts wait for their first attempt."""
    theirs = _O.contact_id.between(batch.first, batch.last)
    untried = (_O.state == "pending", _O.attempts == 0, _O.campaign_id == campaign_id)
    return ledger.db.value(select(func.count()).where(theirs, *untried)) or 0


def find_undelivered(
    ledger: Ledger, name: str | None = None, campaign_id: int | None = None
) -> list[dict[str, Any]]:
    """What was not taken yet, and why, most first: event, state, code, status, how many, and since when.

    Of all webhooks and campaigns, or of the webhook of that name and of one campaign. `not_tried` is the code
    of what waits for its first attempt.
    """
    groups = (_O.event, _O.state, _O.code, _O.status)
    query = select(*groups, func.count().label("events"), func.min(_O.created_at).label("oldest"))
    asked = {_O.endpoint: name, _O.campaign_id: campaign_id}
    chosen = (column == value for column, value in asked.items() if value is not None)
    # Delivered ones, nearly all, are passed over by the index on the state: to read a million took 0.1 s.
    query = query.where(_O.state.in_(("pending", "dead")), *chosen)
    rows = ledger.db.rows(query.group_by(*groups).order_by(func.count().desc(), *groups))
    return [
        {
            "event": row.event,
            "state": row.state,
            "code": row.code or "not_tried",
            "status": row.status,
            "events": row.events,
            "oldest": row.oldest.isoformat(timespec="seconds"),
        }
        for row in rows
    ]


def find_last_endpoint(ledger: Ledger, campaign_id: int) -> str | None:
    """The webhook that was told of this campaign last."""
    last = select(_O.endpoint).where(_O.campaign_id == campaign_id).order_by(_O.id.desc()).limit(1)
    return ledger.db.value(last)


def list_events_of(ledger: Ledger, contact_id: int) -> Sequence[Row[Any]]:
    """All events that tell of a contact, in order."""
    return ledger.db.rows(select(outbox).where(_O.contact_id == contact_id).order_by(_O.id))


def was_enqueued(ledger: Ledger, campaign_id: int, event: str, *, key: str) -> bool:
    """Whether `outbox.enqueue_once` would put nothing in for this key."""
    known = select(_O.id).where(_O.webhook_id == once_id(ledger, campaign_id, event, key))
    return ledger.db.value(known) is not None


def once_id(ledger: Ledger, campaign_id: int, event: str, key: str) -> str:
    """The id of an event of the campaign itself, which is told once for each `key`."""
    return f"msg_{ledger.vault.key('event', f'{campaign_id}/{event}/{key}')[:32]}"

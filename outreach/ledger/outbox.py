"""The outbox in SQL: what the courier takes messages from, one endpoint's at a time."""

import functools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import Integer, Select, Update, bindparam, case, delete, exists, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from outreach.ledger.changes import OutboundEvent, message_row
from outreach.ledger.database.bulk_write import write_rows
from outreach.ledger.database.schema import Instant, campaigns, contacts, facts, outbox
from outreach.ledger.deliveries import once_id
from outreach.ledger.facts import recall, remember
from outreach.ledger.ledger import Ledger
from outreach.ledger.webhook_replies import UNCLEAR, obey
from outreach.webhook.outbox import Message, Settlement

EXCERPT = 4096

_TAKEN = tuple(
    outbox.c[name] for name in ("id", "webhook_id", "event", "contact_id", "body", "attempts", "created_at")
)
_IS_ERASED = exists().where(contacts.c.id == outbox.c.contact_id, contacts.c.payload.is_(None))


@dataclass(frozen=True, slots=True)
class LedgerOutbox:
    """`webhook.outbox.Outbox` over the ledger: one webhook block's messages, of one campaign or of all."""

    _ledger: Ledger
    _endpoint: str
    _campaign_id: int | None = None

    def take(
        self, limit: int, now: datetime, lease_seconds: float, *, ignore_schedule: bool = False
    ) -> list[Message]:
        """Lease up to `limit` due messages, oldest first, at most one per contact."""
        until = now + timedelta(seconds=lease_seconds)
        of_campaign = {} if self._campaign_id is None else {"campaign": self._campaign_id}
        values = {"at": now, "until": until, "to": self._endpoint, "most": limit, **of_campaign}
        taking = _taking(ignores_schedule=ignore_schedule, of_campaign=bool(of_campaign))
        with self._ledger.db.write(lasting=False) as connection:  # undone, it is leased again
            rows = connection.execute(taking, values).all()
        return [
            Message(name, event, str(contact) if contact is not None else "", body, attempts, created_at)
            for _, name, event, contact, body, attempts, created_at in sorted(rows, key=itemgetter(0))
        ]

    def settle(self, settlements: Sequence[Settlement], now: datetime) -> None:
        """Record what became of leased messages, in one transaction.

        What was settled meanwhile by another taker stays so, but for good news: delivered is delivered.
        A receiver that answers `{"suppress": true}` is obeyed first.
        """
        unclear = obey(self._ledger, settlements)
        groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for each in settlements:
            settlement = replace(each, code=UNCLEAR) if each.id in unclear else each
            groups[settlement.result].append(_outcome(self._ledger, settlement, now))
        with self._ledger.db.write(lasting=False) as connection:  # undone, it is told again: same id
            for result, rows in groups.items():
                write_rows(connection, _settling(result), rows)

    def disable(self) -> None:
        """Nothing more goes to this endpoint until `enable`."""
        remember(self._ledger, self._fact, "disabled")

    def enable(self) -> None:
        """Another chance."""
        self._ledger.db.execute(delete(facts).where(facts.c.name == self._fact))

    def is_disabled(self) -> bool:
        """Whether it answered 410."""
        return recall(self._ledger, self._fact) is not None

    @property
    def _fact(self) -> str:
        return f"endpoint_disabled:{self._endpoint}"


@functools.lru_cache(maxsize=4)
def _taking(*, ignores_schedule: bool, of_campaign: bool) -> ReturningUpdate[Any]:
    heads = _heads(ignores_schedule=ignores_schedule, of_campaign=of_campaign)
    heads = heads.limit(bindparam("most", type_=Integer)).with_for_update(skip_locked=True)
    chosen = heads.cte("chosen")  # a subquery may run more than once, and lock more than the limit
    leased = update(outbox).where(outbox.c.id.in_(select(chosen.c.id)))
    return leased.values(leased_until=bindparam("until", type_=Instant)).returning(*_TAKEN)


def _heads(*, ignores_schedule: bool, of_campaign: bool) -> Select[tuple[int]]:
    o, earlier, at = outbox.c, outbox.alias("earlier").c, bindparam("at", type_=Instant)
    before = select(earlier.id).where(
        earlier.contact_id == o.contact_id,
        earlier.state == "pending",
        earlier.endpoint == o.endpoint,
        earlier.id < o.id,  # one contact's events keep their order, though one fails
    )
    heads = select(o.id).where(o.state == "pending", o.endpoint == bindparam("to"))
    heads = heads.where(or_(o.leased_until.is_(None), o.leased_until <= at))
    if of_campaign:
        heads = heads.where(o.campaign_id == bindparam("campaign"))
    if not ignores_schedule:
        heads = heads.where(o.due_at <= at)
    return heads.where(~before.exists()).order_by(o.due_at, o.id)


@functools.lru_cache(maxsize=8)
def _settling(result: str) -> Update:
    open_states = ("pending", "dead") if result == "delivered" else ("pending",)
    named = update(outbox).where(outbox.c.webhook_id == bindparam("_id"))
    # Not `in_`: its parameters expand, which a statement for many rows at once cannot have.
    named = named.where(or_(*(outbox.c.state == state for state in open_states)))
    if result == "release":
        return named.values(leased_until=None)
    return named.values(
        leased_until=None,
        attempts=outbox.c.attempts + 1,
        status=bindparam("_status"),
        code=bindparam("_code"),
        # Of somebody who was erased, nothing that anybody says is kept.
        excerpt=case((_IS_ERASED, ""), else_=bindparam("_excerpt")),
        state="pending" if result == "retry" else result,
        due_at=bindparam("_due") if result == "retry" else outbox.c.due_at,
        delivered_at=bindparam("_now") if result == "delivered" else outbox.c.delivered_at,
    )


def _outcome(ledger: Ledger, settlement: Settlement, now: datetime) -> dict[str, Any]:
    return {
        "_id": settlement.id,
        "_status": settlement.status,
        "_code": settlement.code,
        # What a receiver says may be about a person. PostgreSQL refuses the NUL byte in text.
        "_excerpt": ledger.vault.seal(settlement.excerpt[:EXCERPT].replace("\0", "")),
        "_due": settlement.next_at or now,
        "_now": now,
    }


def enqueue_once(ledger: Ledger, campaign_id: int, telling: OutboundEvent, *, key: str) -> bool:
    """Put an event of the campaign itself into the outbox, once for each `key`; whether it was new."""
    webhook_id = once_id(ledger, campaign_id, telling.event, key)
    row = message_row(telling, webhook_id, campaign_id, None, ledger.clock.now())
    new = ledger.db.insert(outbox).on_conflict_do_nothing().returning(outbox.c.id)
    with ledger.db.write() as connection:
        return connection.execute(new, [row]).scalar() is not None


def replay(
    ledger: Ledger, *, since: datetime, until: datetime, event: str | None = None, campaign: str | None = None
) -> int:
    """Make messages created in [since, until) due again, delivered and dead ones alike; how many.

    Their ids stay, so a receiver that has one knows it.
    """
    chosen = [outbox.c.created_at >= since, outbox.c.created_at < until]
    if event:
        chosen.append(outbox.c.event == event)
    if campaign:
        chosen.append(outbox.c.campaign_id.in_(select(campaigns.c.id).where(campaigns.c.name == campaign)))
    again = {"state": "pending", "attempts": 0, "due_at": ledger.clock.now(), "delivered_at": None}
    return ledger.db.execute(update(outbox).where(*chosen).values(again))

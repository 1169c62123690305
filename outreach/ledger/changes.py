"""Changing contacts: the state, its audit record and the event that tells of it, in one transaction."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from outreach.ledger.audit import record_for
from outreach.ledger.schema import audit, contacts, intents, outbox
from outreach.ledger.states import State, may_follow

if TYPE_CHECKING:
    from outreach.ledger.ledger import Ledger

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Telling:
    """An event for the CRM: to which endpoint (a webhook block's name), which event, and its body."""

    endpoint: str
    event: str
    body: bytes


@dataclass(slots=True)
class Change:
    """One contact's next state.

    `reason` is a code, None to leave it as it is. `fields` are further columns of the contact, `detail` goes
    to the audit (identifiers, codes and times only). `events` are told to the CRM. `intent` says what becomes
    of the intent: its outcome is known ("started"), in doubt ("unknown"), or it is given back ("release").
    With a `reference` the change only holds while that attempt is the contact's last one.
    """

    contact_id: int
    after: State
    action: str
    reason: str | None = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    events: Sequence[Telling] = ()
    intent: Literal["keep", "started", "unknown", "release"] = "keep"
    keep_lease: bool = False
    reference: str | None = None


def apply(ledger: Ledger, changes: Sequence[Change], *, only_own: bool = True) -> set[int]:
    """Make the changes that still hold and return the contacts that they were made to.

    A change is left out when the contact has moved on meanwhile (its step is not drawn in `states`), or,
    with `only_own`, when this process lost its lease.
    """
    if not changes:
        return set()
    with ledger.db.write() as connection:
        return apply_within(ledger, connection, changes, only_own=only_own)


def apply_within(
    ledger: Ledger, connection: Connection, changes: Sequence[Change], *, only_own: bool
) -> set[int]:
    """The same inside a transaction that is already open."""
    rows = lock(connection, [change.contact_id for change in changes])
    held = [
        (change, rows[change.contact_id])
        for change in changes
        if change.contact_id in rows and _holds(ledger, rows[change.contact_id], change, only_own=only_own)
    ]
    _write(ledger, connection, held)
    return {change.contact_id for change, _ in held}


def lock(connection: Connection, ids: Sequence[int]) -> dict[int, Any]:
    """The rows as they are now, nobody else's until the transaction ends."""
    c = contacts.c
    query = select(c.id, c.campaign_id, c.state, c.lease_owner, c.reference, c.audit_count, c.audit_head)
    query = query.where(c.id.in_(ids)).order_by(c.id).with_for_update()
    return {row.id: row for row in connection.execute(query)}


def _holds(ledger: Ledger, row: Row[Any], change: Change, *, only_own: bool) -> bool:
    if only_own and row.lease_owner != ledger.executor:
        return False
    if change.reference is not None and change.reference != row.reference:
        log.error("contact %s moved on to another attempt before the outcome of this one came", row.id)
        return False
    before = State(row.state)
    return before is change.after or may_follow(before, change.after)


def _write(ledger: Ledger, connection: Connection, held: Iterable[tuple[Change, Row[Any]]]) -> None:
    now = ledger.clock.now()
    updates: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    records: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for change, row in held:
        record = record_for(ledger, row, change.action, {**change.detail, "state": change.after.value}, now)
        records.append(record)
        values = _columns(change, row, record, now)
        updates[tuple(values)].append(values)
        told = enumerate(change.events)
        events.extend(_event(telling, place, row, record, now) for place, telling in told)
    for names, rows in updates.items():
        _update(connection, names, rows)
    if records:
        connection.execute(insert(audit), records)
    if events:
        connection.execute(insert(outbox), events)
    _settle_intents(connection, [change for change, _ in held])


def _columns(change: Change, row: Row[Any], record: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    values = {
        "_id": change.contact_id,
        "state": change.after.value,
        "updated_at": now,
        "lease_owner": row.lease_owner if change.keep_lease else None,
        "audit_count": record["n"],
        "audit_head": record["hash"],
        **change.fields,
    }
    if change.reason is not None:
        values["reason"] = change.reason
    return values


def _update(connection: Connection, names: Sequence[str], values: Sequence[Mapping[str, Any]]) -> None:
    columns: dict[str, Any] = {name: bindparam(name) for name in names if name != "_id"}
    connection.execute(update(contacts).where(contacts.c.id == bindparam("_id")).values(columns), values)


def _event(
    telling: Telling, place: int, row: Row[Any], record: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    return {
        # The audit record's hash is unique to this very change, so that no change is told of twice.
        "webhook_id": f"msg_{record['hash'][:32]}{place or ''}",
        "campaign_id": row.campaign_id,
        "contact_id": row.id,
        "endpoint": telling.endpoint,
        "event": telling.event,
        "body": telling.body,
        "created_at": now,
        "state": "pending",
        "due_at": now,
    }


def _settle_intents(connection: Connection, changes: Sequence[Change]) -> None:
    released = [change.contact_id for change in changes if change.intent == "release"]
    if released:
        connection.execute(delete(intents).where(intents.c.contact_id.in_(released)))
    for outcome in ("started", "unknown"):
        settled = [change.contact_id for change in changes if change.intent == outcome]
        if settled:
            named = update(intents).where(intents.c.contact_id.in_(settled))
            connection.execute(named.values(outcome=outcome))

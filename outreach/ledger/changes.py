"""Changing contacts: the state, its audit record and the event that tells of it, in one transaction.

The outcome of an attempt may come late: its process was thought dead, its contact looked for, found, or
released meanwhile. An outcome told twice changes nothing. An answer that says "started" is a fact from
whatever state it is told in, and where another attempt was made meanwhile, the audit says `contacted_twice`,
and the proof is red.
"""

import contextlib
import functools
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Executable, Result, Update, bindparam, select

from outreach.errors import LedgerError
from outreach.ledger.audit.chain import ChainEnd, record_for
from outreach.ledger.database.bulk_write import write_rows
from outreach.ledger.database.schema import audit, contacts, intents, outbox
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import CONTACTED, State, may_follow

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 60.0
"""How long what happened at Genesys waits for a ledger that is away."""

_C = contacts.c


def _chosen_by(number: ColumnElement[int]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """By a list of ids, and by a range of them: see `_execute_for`."""
    between = number.between(bindparam("first"), bindparam("last"))
    return number.in_(bindparam("ids", expanding=True)), between


_LOCKED = select(*(_C[name] for name in ChainEnd._fields))
# In one order everywhere, so that nobody waits in a circle.
_LOCK = [_LOCKED.where(c).order_by(_C.id).with_for_update(key_share=True) for c in _chosen_by(_C.id)]
_AUDIT, _OUTBOX = audit.insert(), outbox.insert()
_OUTCOMES = ("started", "unknown")
_OF_INTENTS = _chosen_by(intents.c.contact_id)
_SETTLE: dict[str, list[Executable]] = {
    "release": [intents.delete().where(c) for c in _OF_INTENTS],
    **{said: [intents.update().where(c).values(outcome=said) for c in _OF_INTENTS] for said in _OUTCOMES},
}
"""Built once: building a statement takes SQLAlchemy longer than SQLite takes to run it."""

_IN_DOUBT = (State.INTENT, State.UNKNOWN)


@dataclass(slots=True)
class OutboundEvent:
    """An event for the CRM: to which endpoint (a webhook block's name), which event, and its body."""

    endpoint: str
    event: str
    body: bytes


KEEP: Final = None
"""What a change may say instead of a reason: leave it as it is."""


@dataclass(slots=True, kw_only=True)
class Change:
    """One contact's next state.

    `reason` is a code, "" for none, or KEEP. `fields` are further columns of the contact, `detail` goes
    to the audit (identifiers, codes and times only). `events` are told to the CRM. `intent` says what becomes
    of the intent: its outcome is known ("started"), in doubt ("unknown"), or it is given back ("release").
    With a `reference` the change is the outcome of that attempt, and holds while it is the contact's last
    one; `restore` is its intent's row, for an outcome that comes after the intent was given back.
    """

    contact_id: int
    after: State
    action: str
    reason: str | None = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    events: Sequence[OutboundEvent] = ()
    intent: Literal["keep", "started", "unknown", "release"] = "keep"
    keep_lease: bool = False
    reference: str | None = None
    restore: Mapping[str, Any] | None = None


to_started = functools.partial(Change, after=State.STARTED, intent="started")
"""The person was reached: their intent has its outcome."""

to_cleared = functools.partial(Change, after=State.CLEARED, intent="release")
"""Nobody was reached: the intent is given back, and the contact may be tried again."""

to_accepted = functools.partial(Change, after=State.ACCEPTED)
"""From the beginning, with whatever was corrected."""

still = functools.partial(Change, action="looked", reason=KEEP)
"""Somebody looked, and the contact stays where it is; `fields` say when to look again."""


def apply(
    ledger: Ledger, changes: Sequence[Change], *, only_own: bool = True, owner: str | None = None
) -> set[int]:
    """Make the changes that still hold and return the contacts that they were made to.

    A change is left out when the contact has moved on meanwhile (its step is not drawn in `states`), or,
    with `only_own`, when this process lost its lease; with an `owner`, when that executor did.
    """
    if not changes:
        return set()
    holder = owner or (ledger.executor.id if only_own else None)
    with ledger.db.write() as connection:
        return apply_within(ledger, connection, changes, holder=holder)


def apply_outcomes(ledger: Ledger, changes: Sequence[Change]) -> set[int]:
    """Write down what happened, whoever holds the contacts; tries for a minute while the ledger is away.

    Raises:
        LedgerError: it stayed away; this process keeps them for the next who writes outcomes, and the intents
            without an outcome are found in doubt should it end before.
    """
    deadline = ledger.clock.monotonic() + PATIENCE_SECONDS
    everything = [*_take_unwritten(ledger), *changes]
    while True:
        try:
            return apply(ledger, everything, only_own=False)
        except LedgerError:  # noqa: PERF203 - it waits anyway
            if ledger.clock.monotonic() >= deadline:
                ledger.unwritten.extend(everything)
                raise
            ledger.clock.sleep(1.0)


def _take_unwritten(ledger: Ledger) -> Iterator[Change]:
    with contextlib.suppress(IndexError):
        while True:
            yield ledger.unwritten.popleft()


def apply_within(
    ledger: Ledger,
    connection: Connection,
    changes: Sequence[Change],
    *,
    holder: str | None = None,
    rows: Mapping[int, ChainEnd] | None = None,
    at: datetime | None = None,
) -> set[int]:
    """The same inside a transaction that is already open, which may have locked the `rows` before.

    With a `holder` changes are left out where that executor has no lease. `at` is the instant of what else
    it writes, now by default.
    """
    if rows is None:
        rows = lock(connection, [change.contact_id for change in changes])
    fitted = ((_fit(connection, rows.get(c.contact_id), c, holder), c.contact_id) for c in changes)
    held = [(change, rows[contact_id]) for change, contact_id in fitted if change]
    _write(ledger, connection, held, at or ledger.clock.now())
    return {change.contact_id for change, _ in held}


def lock(connection: Connection, ids: Sequence[int]) -> dict[int, ChainEnd]:
    """The rows as they are now, nobody else's until the transaction ends."""
    found = _execute_for(connection, _LOCK, ids)
    # All at once: one by one, each took SQLAlchemy as long as SQLite.
    return {row[0]: ChainEnd._make(row) for row in found.all()}


def _execute_for(
    connection: Connection, by_list_or_range: Sequence[Executable], ids: Sequence[int]
) -> Result[Any]:
    """The second statement where no other id lies between the first and the last: as a group is, mostly.

    A list's parameters are written out anew for each statement: of 560 microseconds a contact, 20.
    """
    by_list, by_range = by_list_or_range
    first, last = min(ids, default=0), max(ids, default=0)
    if len(ids) == last - first + 1 == len(set(ids)):
        return connection.execute(by_range, {"first": first, "last": last})
    return connection.execute(by_list, {"ids": list(ids)})


def _fit(connection: Connection, row: ChainEnd | None, change: Change, holder: str | None) -> Change | None:
    """The change as it holds for the row now, or None."""
    if row is None or (holder is not None and row.lease_owner != holder):
        return None
    before = State(row.state)
    if change.reference is None:
        return change if before is change.after or may_follow(before, change.after) else None
    is_last = change.reference == row.reference
    if change.intent == "started" and not (is_last and before in _IN_DOUBT):
        return None if is_last and before in CONTACTED else _late(connection, change, before, is_last=is_last)
    return change if is_last and may_follow(before, change.after) else None


def _late(connection: Connection, change: Change, before: State, *, is_last: bool) -> Change:
    """An answer that says "started" for an attempt that was given up."""
    log.error("contact %s: it started, as was said after the attempt was given up", change.contact_id)
    if not is_last and before in (*CONTACTED, *_IN_DOUBT, State.HELD):  # the newer try's state stands
        kept = replace(change, after=before, reason=KEEP, fields={}, intent="keep", keep_lease=True)
        return replace(kept, action="contacted_twice")
    fields = {**change.fields, "reference": change.reference}
    action = change.action if _restored(connection, change) else "contacted_twice"
    return replace(change, action=action, fields=fields)


def _restored(connection: Connection, change: Change) -> bool:
    """Put the intent of a late answer back; False when its address was contacted for another row since."""
    mine = select(intents.c.contact_id).where(intents.c.contact_id == change.contact_id)
    if change.restore is None or connection.execute(mine).first():  # it was never given back
        return True
    return insert_fact(connection, change.restore)


def insert_fact(connection: Connection, intent: Mapping[str, Any]) -> bool:
    """Insert the intent of what did happen; False when its address was contacted for another row as well."""
    slot = intents.c.address_slot == intent["address_slot"]
    taken = select(intents.c.contact_id).where(intents.c.campaign_id == intent["campaign_id"], slot)
    free = connection.execute(taken).first() is None
    # The key would refuse the row, and the fact would be lost.
    own = {} if free else {"address_slot": f"{intent['address_key']}/{intent['contact_id']}"}
    connection.execute(intents.insert(), {**intent, **own})
    return free


def _write(
    ledger: Ledger, connection: Connection, held: Sequence[tuple[Change, ChainEnd]], now: datetime
) -> None:
    updates: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    records: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for change, row in held:
        record = record_for(ledger, row, change.action, {**change.detail, "state": change.after.value}, now)
        records.append(record)
        values = _columns(change, row, record, now)
        updates[tuple(values)].append(values)
        told = enumerate(change.events)
        # The audit record's hash is unique to this very change, so that no change is told of twice.
        stem = f"msg_{record['hash'][:32]}"
        events.extend(
            message_row(telling, f"{stem}{place or ''}", row.campaign_id, row.id, now)
            for place, telling in told
        )
    for names, rows in updates.items():
        write_rows(connection, _updating(names), rows)
    write_rows(connection, _AUDIT, records)
    write_rows(connection, _OUTBOX, events)
    for said, statements in _SETTLE.items():
        if settled := [change.contact_id for change, _ in held if change.intent == said]:
            _execute_for(connection, statements, settled)


def _columns(change: Change, row: ChainEnd, record: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    values = {
        "_id": change.contact_id,  # SQLAlchemy keeps a column's own name for SET
        "state": change.after.value,
        "updated_at": now,
        "lease_owner": row.lease_owner if change.keep_lease else None,
        "audit_count": record["n"],
        "audit_head": record["hash"],
        **change.fields,
    }
    if change.reason is not KEEP:
        values["reason"] = change.reason
    return values


@functools.lru_cache(maxsize=256)  # the same object each time: what `write_rows` compiled goes by it
def _updating(names: tuple[str, ...]) -> Update:
    columns: dict[str, Any] = {name: bindparam(name) for name in names if name != "_id"}
    return contacts.update().where(contacts.c.id == bindparam("_id")).values(columns)


def message_row(
    telling: OutboundEvent, webhook_id: str, campaign_id: int, contact_id: int | None, now: datetime
) -> dict[str, Any]:
    """A new row of the outbox, due at once; `contact_id` is None for what tells of the campaign itself."""
    return {
        "webhook_id": webhook_id,
        "campaign_id": campaign_id,
        "contact_id": contact_id,
        "endpoint": telling.endpoint,
        "event": telling.event,
        "body": telling.body,
        "created_at": now,
        "state": "pending",
        "due_at": now,
    }

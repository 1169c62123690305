"""The audit: append-only records, each bound by a keyed hash to the one before it in its contact's chain.

A record holds identifiers, codes and times, never an address, name or message, so the chain still verifies
after the person is erased.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from sqlalchemy import BigInteger, Connection, Row, func, select, text, type_coerce

from outreach.ledger.database.schema import audit, microseconds
from outreach.ledger.ledger import Ledger

_NAMES = ("campaign_id", "contact_id", "n", "action", "detail", "actor", "previous")
_COVERED = itemgetter(*_NAMES)


class ChainEnd(NamedTuple):
    """How a contact's chain ends, and where they stand; a campaign's own chain has None as its `id`.

    No row of SQLAlchemy's: that looks a name up in half a microsecond, and a contact takes 60 looks.
    """

    id: Any
    campaign_id: int
    audit_count: int
    audit_head: str
    state: str = ""
    lease_owner: str | None = None
    reference: str | None = None


def record_for(
    ledger: Ledger, contact: ChainEnd, action: str, detail: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """The next record of one contact."""
    record: dict[str, Any] = {
        "campaign_id": contact.campaign_id,
        "contact_id": contact.id,
        "n": contact.audit_count + 1,
        "at": at,
        "action": action,
        "detail": orjson.dumps(detail, option=orjson.OPT_SORT_KEYS).decode(),
        "actor": ledger.actor,
        "previous": contact.audit_head,
    }
    record["hash"] = ledger.vault.chain(contact.audit_head, canonical(record))
    return record


def canonical(record: Mapping[str, Any]) -> bytes:
    """What a record's hash covers, as bytes that never change their form."""
    return orjson.dumps([microseconds(record["at"]), *_COVERED(record)])  # neither has a second spelling


COVERED = (type_coerce(audit.c.at, BigInteger()).label("at"), *(audit.c[name] for name in _NAMES))
"""What a record's hash covers, as it is read to be verified, first of its columns; `at` in microseconds."""


def canonical_values(values: tuple[Any, ...]) -> bytes:
    """What `canonical` gives, of the values of `COVERED` in its order, and no more."""
    return orjson.dumps(values, default=repr)  # bytes in a text's place are another record, and no error


def end_of(campaign_id: int) -> str:
    """The name of the fact that says where a campaign's own chain ends: `n hash`."""
    return f"audit_end:{campaign_id}"  # a contact's end stands in its row; a campaign's needs a fact


def find_last(connection: Connection) -> int:
    """The number of the last record of all: each up to it is there, or never will be. Writers wait."""
    if connection.dialect.name != "sqlite":  # there numbers are taken before the record is to be seen
        connection.execute(text("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE"))
    return connection.execute(select(func.max(audit.c.id))).scalar_one() or 0


def read_histories(ledger: Ledger, contact_ids: Sequence[int], having: Sequence[str]) -> Sequence[Row[Any]]:
    """`contact_id, at, action, detail` of those of these contacts who have one of the actions, in order."""
    a = audit.c
    whose = select(a.contact_id).where(a.contact_id.in_(contact_ids), a.action.in_(having))
    query = select(a.contact_id, a.at, a.action, a.detail).where(a.contact_id.in_(whose))
    return ledger.db.rows(query.order_by(a.contact_id, a.n))


def read_history(ledger: Ledger, contact_id: int) -> list[dict[str, Any]]:
    """What happened to a contact, in order: `at` (ISO-8601 UTC), `action`, `actor`, `detail`."""
    a = audit.c
    query = select(a.at, a.action, a.actor, a.detail).where(a.contact_id == contact_id).order_by(a.n)
    return [
        {"at": at.isoformat(), "action": action, "actor": actor, "detail": orjson.loads(detail)}
        for at, action, actor, detail in ledger.db.rows(query)
    ]

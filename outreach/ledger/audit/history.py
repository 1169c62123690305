"""One contact's audit, for people."""

from typing import Any

import orjson
from sqlalchemy import select

from outreach.ledger.database.schema import audit
from outreach.ledger.ledger import Ledger


def read_history(ledger: Ledger, contact_id: int) -> list[dict[str, Any]]:
    """What happened to a contact, in order: `at` (ISO-8601 UTC), `action`, `actor`, `detail`."""
    a = audit.c
    query = select(a.at, a.action, a.actor, a.detail).where(a.contact_id == contact_id).order_by(a.n)
    return [
        {
            "at": row.at.isoformat(),
            "action": row.action,
            "actor": row.actor,
            "detail": orjson.loads(row.detail),
        }
        for row in ledger.db.rows(query)
    ]

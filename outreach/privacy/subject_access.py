"""Everything that the ledger holds about one person, for the person: the answer to a request for access."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, select

from outreach.ledger.database.schema import audit, campaigns, contacts, outbox, rejects
from outreach.ledger.ledger import Ledger
from outreach.ledger.privacy.person_search import Findings, Known, find_person
from outreach.ledger.suppressions import find_suppressed

_STANDING = ("state", "reason", "channel", "genesys_id", "conversation_id", "disconnect_type", "delivery")
_TIMES = ("started_at", "connected_at", "ended_at", "until", "updated_at")


def disclose(ledger: Ledger, who: str) -> dict[str, Any]:
    """One person's data in all campaigns, ready for JSON; `contacts` and `rows` are empty for a stranger.

    Args:
        ledger: where to look.
        who: an external contact id or an address.
    """
    found = find_person(ledger, who)
    return {
        "asked_for": who,
        "ids": sorted(found.person.ids) if found.people else [],
        "suppressed": sorted(find_suppressed(ledger, sorted(found.person.addresses))),
        "contacts": [_contact(ledger, known) for known in found.people],
        "rows": _rows(ledger, found),
    }


def _contact(ledger: Ledger, known: Known) -> dict[str, Any]:
    c = contacts.c
    named = select(contacts, campaigns.c.name).join(campaigns, campaigns.c.id == c.campaign_id)
    with ledger.db.read() as connection:
        row = connection.execute(named.where(c.id == known.id)).one()
        records = select(audit).where(audit.c.contact_id == known.id).order_by(audit.c.n)
        history = [_record(record) for record in connection.execute(records)]
        sent = select(outbox).where(outbox.c.contact_id == known.id).order_by(outbox.c.id)
        told = [_message(ledger, message) for message in connection.execute(sent)]
    return {
        "campaign": row.name,
        "external_contact_id": known.external_contact_id,
        "data": known.contact.model_dump(mode="json", exclude_defaults=True) if known.contact else None,
        **{name: getattr(row, name) or None for name in _STANDING},
        **{name: _iso(getattr(row, name)) for name in _TIMES},
        "decision": orjson.loads(row.decision) if row.decision else None,
        "history": history,
        "webhooks": told,
    }


def _record(row: Row[Any]) -> dict[str, Any]:
    return {
        "at": _iso(row.at),
        "action": row.action,
        "detail": orjson.loads(row.detail),
        "actor": row.actor,
    }


def _message(ledger: Ledger, row: Row[Any]) -> dict[str, Any]:
    return {
        "endpoint": row.endpoint,
        "event": row.event,
        "at": _iso(row.created_at),
        "state": row.state,
        "body": orjson.loads(row.body),
        "status": row.status,
        "answer": ledger.vault.open(row.excerpt),  # a receiver may have named the person in it
    }


def _rows(ledger: Ledger, found: Findings) -> list[dict[str, Any]]:
    r = rejects.c
    named = select(r.id, r.line, r.code, r.reason, campaigns.c.name).join(
        campaigns, campaigns.c.id == r.campaign_id
    )
    with ledger.db.read() as connection:
        rows = connection.execute(named.where(r.id.in_(list(found.rows))).order_by(r.id)).all()
    return [
        {
            "campaign": row.name,
            "line": row.line,
            "code": row.code,
            "reason": row.reason,
            "data": dict(found.rows[row.id]),
        }
        for row in rows
    ]


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None

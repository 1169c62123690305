"""The audit as lines of JSON, for whoever keeps or reads it elsewhere."""

import contextlib
from collections.abc import Iterator
from typing import Any

import orjson
from sqlalchemy import Row, select

from outreach.ledger.campaigns import Campaign
from outreach.ledger.database.schema import audit, contacts
from outreach.ledger.ledger import Ledger


def export_records(ledger: Ledger, campaign: Campaign) -> Iterator[bytes]:
    """Every record of a campaign as one line of JSON, its own chain first, then contact by contact."""
    columns = (*audit.c, contacts.c.external_contact_id)
    joined = select(*columns).select_from(audit.outerjoin(contacts, contacts.c.id == audit.c.contact_id))
    query = joined.where(audit.c.campaign_id == campaign.id)
    # Not by NULL itself: SQLite sorts it first, PostgreSQL last.
    ordered = query.order_by(audit.c.contact_id.is_not(None), audit.c.contact_id, audit.c.n)
    with ledger.db.read() as connection:
        for row in connection.execute(ordered.execution_options(yield_per=1000)):
            yield orjson.dumps(_as_line(campaign, row), option=orjson.OPT_APPEND_NEWLINE)


def _as_line(campaign: Campaign, row: Row[Any]) -> dict[str, Any]:
    names = ("n", "at", "action", "detail", "actor", "previous", "hash")
    shown = {name: getattr(row, name) for name in names}
    with contextlib.suppress(orjson.JSONDecodeError):  # somebody altered it: shown as it stands
        shown["detail"] = orjson.loads(row.detail)
    return {"campaign": campaign.name, "contact": row.external_contact_id, **shown}

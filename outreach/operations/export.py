"""Exporting what to mend: contacts and rejected rows in the input's format, each with its code and reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Row, select

from outreach.contacts import Contact
from outreach.errors import UsageError
from outreach.ledger.campaigns import Campaign, note_file
from outreach.ledger.database.pages import read_pages
from outreach.ledger.database.schema import contacts, rejects
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import State
from outreach.sources.columns import PLAIN, Headings
from outreach.sources.csv_writer import EXPORT_COLUMNS, PrivateCsv, cells_of

REJECTED = "rejected"
DUPLICATE = "duplicate"


def export_contacts(ledger: Ledger, campaign: Campaign, states: Sequence[str], path: Path) -> int:
    """Write contacts in the states, and rows that were `rejected`, in the input's format; how many rows.

    Each has its code, reason, whether it may be retried and when it is next allowed. Fed back after mending,
    only the mended rows are new. The file is private: it holds people's data.

    Raises:
        UsageError: there is no such state, or the file cannot be written.
    """
    known = {*(state.value for state in State), REJECTED, DUPLICATE}
    if wrong := sorted(set(states) - known):
        raise UsageError(
            f"There is no state {', '.join(wrong)}.", f"The states are {', '.join(sorted(known))}."
        )
    with PrivateCsv(path, PLAIN, EXPORT_COLUMNS) as file:
        for cells in _exported(ledger, campaign, states):
            file.write(cells)
    note_file(ledger, campaign.id, "exported", path, states=sorted(states), rows=file.count)
    return file.count


def _exported(ledger: Ledger, campaign: Campaign, states: Sequence[str]) -> Iterator[dict[str, str]]:
    c, r = contacts.c, rejects.c
    chosen = select(c.id, c.payload, c.reason, c.state, c.retryable, c.until, c.decision).where(
        c.campaign_id == campaign.id, c.state.in_(states), c.payload.is_not(None)
    )
    for page in read_pages(ledger, chosen):
        yield from (_contact_cells(ledger, row) for row in page)
    kinds = [kind == DUPLICATE for kind in (REJECTED, DUPLICATE) if kind in states]
    refused = select(r.id, r.raw, r.code, r.reason, r.retryable).where(
        r.campaign_id == campaign.id, r.duplicate.in_(kinds), r.raw.is_not(None)
    )
    headings = Headings.of(campaign.name, campaign.settings.columns)
    for page in read_pages(ledger, refused) if kinds else ():
        yield from (_reject_cells(ledger, headings, row) for row in page)


def _contact_cells(ledger: Ledger, row: Row[Any]) -> dict[str, str]:
    contact = Contact.model_validate_json(ledger.vault.open(row.payload))
    reasons = orjson.loads(row.decision).get("reasons", []) if row.decision else []
    # A failure comes from Genesys, after the decision: that one's reasons no longer matter.
    also = [reason for reason in reasons if reason != row.reason] if row.state != State.FAILED else []
    return {
        **cells_of(contact),
        "code": row.reason or row.state,
        "reason": ", ".join([row.reason or row.state, *also]),
        "retryable": "yes" if row.retryable else "no",
        "next_allowed_at": row.until.isoformat() if row.until and row.state == State.DEFERRED else "",
    }


def _reject_cells(ledger: Ledger, headings: Headings, row: Row[Any]) -> dict[str, str]:
    raw: dict[str, str] = orjson.loads(ledger.vault.open(row.raw))
    # Under our names, so that contacts and rejected rows fit into one file.
    cells = {headings.column(header) or header: cell for header, cell in raw.items()}
    facts = {"code": row.code, "reason": row.reason, "retryable": "yes" if row.retryable else "no"}
    return {**cells, **facts}

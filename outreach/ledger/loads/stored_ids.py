"""Ids as an older version stored them: `2134.0`, from a spreadsheet, which is read as 2134 now.

Whoever is known by such an id stays known by it, else one person would be two.
"""

from sqlalchemy import select

from outreach.ledger.database.schema import contacts
from outreach.ledger.ledger import Ledger
from outreach.sources.rows import Row

_FLOAT = ".0"


class StoredIds:
    """The ids of a campaign that end in a float's zero; nearly always none."""

    def __init__(self, ledger: Ledger | None = None, campaign_id: int | None = None) -> None:
        query = select(contacts.c.external_contact_id).where(
            contacts.c.campaign_id == campaign_id, contacts.c.external_contact_id.like(f"%{_FLOAT}")
        )
        self._ids = frozenset(ledger.db.values(query)) if ledger and campaign_id is not None else frozenset()

    def row(self, row: Row) -> Row:
        """The row under the id by which its person is known."""
        if not self._ids or row.contact is None:
            return row
        stored = row.contact.external_contact_id + _FLOAT
        if stored not in self._ids:
            return row
        return row._replace(contact=row.contact.model_copy(update={"external_contact_id": stored}))

"""Ids as an older version stored them: `2134.0`, from a spreadsheet, which is read as 2134 now.

Whoever is known by such an id stays known by it, else one person would be two.
"""

from typing import NamedTuple

from outreach.sources.rows import Row

FLOAT = ".0"


class StoredIds(NamedTuple):
    """The ids of a campaign that end in a float's zero; nearly always none."""

    ids: frozenset[str] = frozenset()

    def row(self, row: Row) -> Row:
        """The row under the id by which its person is known."""
        if not self.ids or (stored := row.external_contact_id + FLOAT) not in self.ids:
            return row
        contact = row.contact and row.contact.model_copy(update={"external_contact_id": stored})
        return Row(row.record, contact, row.reject, named=stored, refusal=row.refusal)

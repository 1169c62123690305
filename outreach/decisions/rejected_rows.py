"""Rows of a source that never became contacts, found again by the id that stands in them."""

from collections.abc import Mapping

from outreach.ledger.campaigns import Campaign
from outreach.ledger.ledger import Ledger
from outreach.ledger.rejects import RejectedRow, read_rejects
from outreach.sources.columns import Headings

LONGEST_ID = 255  # of a real id (guide sheet); a bad row may hold any text


def read_id(raw: Mapping[str, str], headings: Headings) -> str:
    """The external contact id as it stands in a row that is no contact; "" when there is none."""
    return headings.under_our_names(raw).get("external_contact_id", "")[:LONGEST_ID]


def find_rejected(ledger: Ledger, campaign: Campaign, external_contact_id: str) -> list[RejectedRow]:
    """The rows with this id that could not become contacts. Opens every rejected row of the campaign."""
    headings = Headings.of("The source", campaign.settings.columns)
    # They are sealed whole, so the database cannot look for an id in them.
    rows = read_rejects(ledger, campaign.id, duplicate=(False,))
    return [row for row in rows if read_id(row.raw, headings) == external_contact_id]

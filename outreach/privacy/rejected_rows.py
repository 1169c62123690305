"""What rows that never became contacts say of a person whom somebody asks for."""

from collections.abc import Mapping, Sequence

from outreach.ledger.campaigns import list_campaigns
from outreach.ledger.ledger import Ledger
from outreach.ledger.privacy.person_search import Findings
from outreach.sameness import same_form
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_list


def read_addresses(ledger: Ledger, found: Findings) -> set[str]:
    """Those that can be read in the rejected rows with one of the person's ids, or else with the address.

    Others mention the person only, as who was referred by them does.
    """
    person, addresses = found.person, set[str]()
    for campaign in list_campaigns(ledger) if found.rows else ():
        rows = [row.raw for row in found.rows if row.campaign_id == campaign.id]
        for name, own in _read(rows, campaign.settings) if rows else ():
            is_theirs = name in person.ids if person.ids else own & person.addresses
            addresses |= own if is_theirs else set()
    return addresses


def _read(rows: Sequence[Mapping[str, str]], settings: CampaignSettings) -> list[tuple[str, set[str]]]:
    """Each row's id, "" where that cannot be read, and those of its addresses that can."""
    # As if each said no: to what is read also of a row of which nothing else can be.
    refusing = [{**row, "opt_out": "yes"} for row in rows]
    read = open_list(refusing, settings).rows()
    return [
        (row.external_contact_id, {*map(same_form, row.refusal.addresses if row.refusal else ())})
        for row in read
    ]

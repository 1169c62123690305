"""One hand-over at work: its list, whom it has, and whether each of them may still be sent to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from outreach.campaign.run import Run
from outreach.campaign.validation import gather_facts, inspected_before
from outreach.compliance import Decision, Facts, Verdict
from outreach.contacts import Channel, Contact
from outreach.genesys.campaign_route import CampaignRoute, ListRow, id_of
from outreach.ledger.claims import Claimed
from outreach.ledger.hand_overs import HandOver, list_members
from outreach.ledger.suppressions import find_suppressed
from outreach.messages.wording import Said

_CHUNK = 500
"""So many addresses a query."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A hand-over with its people, by the id of their row in the list there."""

    run: Run
    route: CampaignRoute
    hand_over: HandOver
    rows: Mapping[str, Claimed]

    @property
    def now(self) -> datetime:
        """The ledger's time."""
        return self.run.ledger.clock.now()

    def write_row(self, key: str) -> ListRow:
        """A person's row, as the list has it."""
        contact, channel = self.rows[key].contact, self.hand_over.channel
        return ListRow(key, contact.channels.address(channel) or "", text_of(self.run, contact, channel))

    def find_suppressed(self) -> set[str]:
        """The ids of the rows whose address nobody may contact by now."""
        channel = self.hand_over.channel
        addresses = {key: row.contact.channels.address(channel) or "" for key, row in self.rows.items()}
        every = sorted(set(addresses.values()))
        off: set[str] = set()
        for first in range(0, len(every), _CHUNK):
            off |= find_suppressed(self.run.ledger, every[first : first + _CHUNK])
        return {key for key, address in addresses.items() if address in off}


def gather(run: Run, route: CampaignRoute, hand_over: HandOver) -> Sending:
    """A hand-over with whom it still has."""
    members = list_members(run.ledger, hand_over)
    return Sending(run, route, hand_over, {id_of(each.reference): each for each in members})


def text_of(run: Run, contact: Contact, channel: Channel) -> str:
    """What the person is told; "" where the campaign has nothing to say to them any more."""
    said = run.gate.wording.say(contact, channel)
    return said.text if isinstance(said, Said) else ""


def find_obstacle(
    run: Run, row: Claimed, facts: Facts, hand_over: HandOver, now: datetime
) -> Decision | None:
    """What forbids it to reach the person at some time from now until its end; None where nothing does."""
    until = hand_over.until
    for at in (now, now + (until - now) / 2, until):
        decision = run.gate.decide(row.contact, facts, at)
        if decision.verdict is not Verdict.ALLOWED or decision.channel is not hand_over.channel:
            return decision
    return None


def withdraw_forbidden(sending: Sending) -> None:
    """Mark whoever may not be contacted any more, before anything is sent."""
    run, now = sending.run, sending.now
    rows = list(sending.rows.values())
    facts = gather_facts(run, rows, inspected_before(rows))
    for key, row in sending.rows.items():
        known = replace(facts[row.id], recent=())  # caps were taken with the intent
        if find_obstacle(run, row, known, sending.hand_over, now):
            sending.route.withdraw(sending.hand_over.list_id, sending.write_row(key))

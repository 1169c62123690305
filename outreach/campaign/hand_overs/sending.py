"""One hand-over at work: its list, whom it has, and whether each of them may still be sent to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from outreach.campaign.hand_overs.hours import common_hours
from outreach.campaign.run import Run
from outreach.campaign.validation import gather_facts, inspected_before
from outreach.chunks import cut
from outreach.compliance import Decision, Facts, Verdict
from outreach.contacts import Channel, Contact
from outreach.genesys.campaign_route import Hours, ListRow, id_of
from outreach.genesys.platform.api import Engine
from outreach.genesys.platform.campaigns import CampaignRoute
from outreach.ledger.claims import Claimed
from outreach.ledger.hand_overs import HandOver, list_members
from outreach.ledger.suppressions import find_opt_outs, find_suppressed
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
        said, found = say(self.run, contact, channel), self.run.gate.hours(contact, channel)
        zone, _ = found or ("", None)
        return ListRow(key, contact.channels.address(channel) or "", said.text, said.subject, zone)

    def list_hours(self) -> Hours:
        """When its people may be reached in the week from now, by their time zones."""
        contacts = (row.contact for row in self.rows.values())
        found = (self.run.gate.hours(contact, self.hand_over.channel) for contact in contacts)
        return common_hours((each for each in found if each is not None), self.now)

    def find_suppressed(self) -> set[str]:
        """The ids of the rows whose address nobody may contact by now."""
        off: set[str] = set()
        for addresses in self._addresses():
            off |= find_suppressed(self.run.ledger, addresses)
        return {key for key in self.rows if self._address(key) in off}

    def find_opted_out(self) -> dict[str, datetime]:
        """By the id of their row: who has opted out since the start was decided on, and when."""
        since, late = self.hand_over.start_at, dict[str, datetime]()
        if since is None:
            return late
        for addresses in self._addresses():
            late |= find_opt_outs(self.run.ledger, addresses, since)
        return {key: late[self._address(key)] for key in self.rows if self._address(key) in late}

    def _address(self, key: str) -> str:
        return self.rows[key].contact.channels.address(self.hand_over.channel) or ""

    def _addresses(self) -> Iterator[list[str]]:
        every = sorted({self._address(key) for key in self.rows})
        return cut(every, _CHUNK)


def gather(run: Run, engine: Engine, hand_over: HandOver) -> Sending:
    """A hand-over with whom it still has."""
    members = list_members(run.ledger, hand_over)
    route = engine.open_route(hand_over.channel, hand_over.sender)
    return Sending(run, route, hand_over, {id_of(each.reference): each for each in members})


def say(run: Run, contact: Contact, channel: Channel) -> Said:
    """What the person is told; nothing where the campaign has nothing to say to them any more."""
    said = run.gate.wording.say(contact, channel)
    return said if isinstance(said, Said) else Said("")


def find_obstacle(
    run: Run, row: Claimed, facts: Facts, channel: Channel, now: datetime, until: datetime
) -> Decision | None:
    """What forbids to reach the person so at some time from now until then; None where nothing does."""
    for at in (now, now + (until - now) / 2, until):
        decision = run.gate.decide(row.contact, facts, at)
        if decision.verdict is not Verdict.ALLOWED or decision.channel is not channel:
            return decision
    return None


def withdraw_forbidden(sending: Sending) -> None:
    """Mark whoever may not be contacted any more, before anything is sent."""
    run, now = sending.run, sending.now
    rows = list(sending.rows.values())
    facts = gather_facts(run, rows, inspected_before(rows))
    for key, row in sending.rows.items():
        known = replace(facts[row.id], recent=())  # caps were taken with the intent
        if find_obstacle(run, row, known, sending.hand_over.channel, now, sending.hand_over.until):
            sending.route.withdraw(sending.hand_over.list_id, sending.write_row(key))

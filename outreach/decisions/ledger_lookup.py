"""What the ledger knows of a source's people before anybody decides, for the dry run; it is only read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.compliance.reasons import ROWS_CONTRADICT
from outreach.contacts import Contact
from outreach.decisions.contact_status import ContactStatus, find_recent, find_statuses
from outreach.errors import UnknownCampaign
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.contacts import find_ids_ending
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.contradicted import has_seen_to
from outreach.ledger.loads.entries import dump_content
from outreach.ledger.loads.stored_ids import FLOAT, StoredIds
from outreach.ledger.recent_contacts import find_taken, find_undelivered
from outreach.ledger.suppressions import find_suppressed
from outreach.sources.rows import Row


@dataclass(frozen=True, slots=True)
class PriorFacts:
    """What the ledger knows of one chunk's people: addresses that are `suppressed`, addresses that the
    campaign has `taken` and for which contact, by the row's number when the person was contacted, and
    addresses to which the last message was `undelivered`, for good.
    """

    suppressed: Collection[str]
    taken: Mapping[str, int]
    recent: Mapping[int, Sequence[datetime]]
    undelivered: Collection[str] = ()


class LedgerLookup:
    """The ledger, if there is one, and the campaign, if it is in it, as of the instant `at` (aware)."""

    def __init__(self, ledger: Ledger | None, campaign: str, at: datetime) -> None:
        self._ledger = ledger
        self._campaign_id = _find_id(ledger, campaign)
        self._at = at
        self.stored_ids = StoredIds()
        """How the campaign knows people whose ids were read otherwise once."""
        if ledger and self._campaign_id is not None:
            self.stored_ids = StoredIds(find_ids_ending(ledger, self._campaign_id, FLOAT))

    def standings(self, names: Collection[str]) -> dict[str, ContactStatus]:
        """Where the campaign has those of these ids that it knows."""
        if self._ledger is None or self._campaign_id is None:
            return {}
        return find_statuses(self._ledger, self._campaign_id, names)

    def content_key(self, row: Row) -> str:
        """Of a row's content, as a load would write it; "" without a ledger."""
        # The load's own key: both must agree on what is a correction.
        if self._ledger is None or row.contact is None:
            return ""
        (key,) = self._ledger.vault.keys("content", [dump_content(row)])
        return key

    def has_seen_to(self, standing: ContactStatus, row: Row) -> bool:
        """Whether a person released the contact, knowing that this row contradicts."""
        if self._ledger is None or standing.reason == ROWS_CONTRADICT:
            return False
        return has_seen_to(self._ledger, standing.id, self.content_key(row))

    def facts(
        self, people: Mapping[int, Contact], cap_hours: float | None, *, leaves_out_undelivered: bool = False
    ) -> PriorFacts:
        """Of people by their row's number; `cap_hours` is how far back any cap looks."""
        if self._ledger is None:
            return PriorFacts((), {}, {})
        addresses = sorted({a for contact in people.values() for a in contact.channels.addresses().values()})
        recent = find_recent(self._ledger, list(people.values()), cap_hours, self._at)
        taken = find_taken(self._ledger, self._campaign_id, addresses) if self._campaign_id else {}
        found = dict(zip(people, recent, strict=True))
        dead = find_undelivered(self._ledger, addresses) if leaves_out_undelivered else ()
        return PriorFacts(find_suppressed(self._ledger, addresses), taken, found, dead)


def _find_id(ledger: Ledger | None, campaign: str) -> int | None:
    try:
        return find_campaign(ledger, campaign).id if ledger else None
    except UnknownCampaign:
        return None

"""What the ledger knows of a source's people before anybody decides, for the dry run; it is only read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from outreach.compliance.reasons import ROWS_CONTRADICT
from outreach.contacts import Channel, Contact
from outreach.decisions.contact_status import ContactStatus, find_recent, find_statuses
from outreach.errors import UnknownCampaign
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.contacts import find_ids_ending
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.contradicted import has_seen_to
from outreach.ledger.loads.entries import dump_content, key_refusals, refuser_of
from outreach.ledger.loads.stored_ids import FLOAT, StoredIds
from outreach.ledger.recent_contacts import find_taken, find_undelivered
from outreach.ledger.refusals import Refused, find_known, find_refused
from outreach.ledger.suppressions import find_suppressed, has_erased
from outreach.sources.refusal import KeyedNo, named_in
from outreach.sources.rows import Row


@dataclass(frozen=True, slots=True)
class PriorFacts:
    """What the ledger knows of one chunk's people: addresses that are `suppressed`, addresses that the
    campaign has `taken` and for which contact, by the row's number when the person was contacted, and
    addresses to which the last message was `undelivered`, for good; and by id the channels that others
    `refused` who share an address.
    """

    suppressed: Collection[str]
    taken: Mapping[str, int]
    recent: Mapping[int, Sequence[datetime]]
    undelivered: Collection[str] = ()
    refused: Refused = field(default_factory=dict)


class Noes(NamedTuple):
    """What a chunk's rows say no to: by address and channels where the ledger does not know it; all they have
    `said`, and who of the chunk was `met`, as the ledger keeps them.
    """

    new: Sequence[tuple[str, frozenset[Channel]]] = ()
    said: Collection[KeyedNo] = ()
    met: Collection[int] = ()


_NO_NOES = Noes()


class LedgerLookup:
    """The ledger, if there is one, and the campaign, if it is in it, as of the instant `at` (aware)."""

    def __init__(self, ledger: Ledger | None, campaign: str, at: datetime) -> None:
        self._ledger = ledger
        self._campaign_id = _find_id(ledger, campaign)
        self._at = at
        self._has_erased = bool(ledger and has_erased(ledger))
        self.stored_ids = StoredIds()
        """How the campaign knows people whose ids were read otherwise once."""
        if ledger and self._campaign_id is not None:
            self.stored_ids = StoredIds(find_ids_ending(ledger, self._campaign_id, FLOAT))

    def standings(self, names: Collection[str]) -> dict[str, ContactStatus]:
        """Where the campaign has those of these ids that it knows."""
        if self._ledger is None or self._campaign_id is None:
            return {}
        return find_statuses(self._ledger, self._campaign_id, names)

    def find_erased(self, people: Mapping[int, Contact]) -> set[int]:
        """By their row's number whom a load would forget: an erased person has the id, or an address."""
        if self._ledger is None or not self._has_erased:
            return set()
        own = {number: set(contact.channels.addresses().values()) for number, contact in people.items()}
        ids = {number: contact.external_contact_id for number, contact in people.items()}
        addresses = find_suppressed(self._ledger, [*set[str]().union(*own.values())], is_erased=True)
        names = find_suppressed(self._ledger, (), [*ids.values()], is_erased=True)
        return {number for number, name in ids.items() if name in names or own[number] & addresses}

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

    def read_noes(self, chunk: Sequence[Row]) -> Noes:
        """Those of a source's rows."""
        refusals = [(row, refusal) for row in chunk if (refusal := row.refusal)]
        new = [(address, named_in(no.channels)) for _, no in refusals for address in no.addresses]
        if self._ledger is None or self._campaign_id is None:
            return Noes(new)
        vault = self._ledger.vault
        said = key_refusals(vault, [(refuser_of(vault, row), no) for row, no in refusals])
        known = find_known(self._ledger, self._campaign_id, said)
        fresh = [each for each, no in zip(new, said, strict=True) if no not in known]
        met = vault.numbers("person", [row.external_contact_id.encode() for row in chunk if row.contact])
        return Noes(fresh, set(said), set(met))

    def facts(
        self,
        people: Mapping[int, Contact],
        cap_hours: float | None,
        *,
        leaves_out_undelivered: bool = False,
        noes: Noes = _NO_NOES,
    ) -> PriorFacts:
        """Of people by their row's number; `cap_hours` is how far back any cap looks."""
        if self._ledger is None:
            return PriorFacts((), {}, {})
        addresses = sorted({a for contact in people.values() for a in contact.channels.addresses().values()})
        recent = find_recent(self._ledger, list(people.values()), cap_hours, self._at)
        taken = find_taken(self._ledger, self._campaign_id, addresses) if self._campaign_id else {}
        found = dict(zip(people, recent, strict=True))
        dead = find_undelivered(self._ledger, addresses) if leaves_out_undelivered else ()
        off = find_suppressed(self._ledger, addresses)
        return PriorFacts(off, taken, found, dead, self._refused(people.values(), noes))

    def _refused(self, people: Collection[Contact], noes: Noes) -> Refused:
        if self._ledger is None or self._campaign_id is None:
            return {}
        return find_refused(self._ledger, self._campaign_id, people, met=noes.met, said=noes.said)


def _find_id(ledger: Ledger | None, campaign: str) -> int | None:
    try:
        return find_campaign(ledger, campaign).id if ledger else None
    except UnknownCampaign:
        return None

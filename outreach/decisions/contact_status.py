"""What a campaign says of a person before anybody decides afresh: for the dry run, and for `outreach why`.

started, ended                           blocked: already_contacted
intent, unknown, held with an intent     held: outcome_unknown, or the reason it is held for
blocked, held                            decided afresh where the reason is ours or may be gone
failed, others blocked or held           as they are, until the source brings a corrected row
deferred                                 as it is, until its time has come or the row is corrected
accepted, registered, cleared            decided afresh, by a corrected row where there is one

All but those of the first two lines are held once the list of today has a row of theirs that cannot be read.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from outreach.compliance import Decision, Verdict
from outreach.compliance.owners import may_change, rests_on_us
from outreach.contacts import Channel, Contact
from outreach.decisions.record import read_facts, read_record
from outreach.ledger.claims import Claimed
from outreach.ledger.contacts import ContactRow, find_contacts
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.known_contacts import ERASED
from outreach.ledger.recent_contacts import recent_contacts
from outreach.ledger.states import CONTACTED, CORRECTABLE, SET_ASIDE, State
from outreach.reachability import Inspection

ALREADY_CONTACTED = "already_contacted"
OUTCOME_UNKNOWN = "outcome_unknown"
_NO_CHANNEL = frozenset[Channel]()


@dataclass(frozen=True, slots=True)
class ContactStatus:
    """One contact of a campaign as its ledger has it. `contact` is None when the person was erased."""

    id: int
    external_contact_id: str
    state: State
    reason: str
    until: datetime | None
    channel: Channel | None
    content_key: str
    contact: Contact | None
    inspection: Inspection | None
    recorded: Mapping[str, Any]
    has_intent: bool

    @property
    def reasons(self) -> tuple[str, ...]:
        """All reasons of the recorded decision, where it is what the contact rests on."""
        told = tuple(str(code) for code in self.recorded.get("reasons", ()))
        # Where another reason came since (a resolution, an erasure), the recorded others went with theirs.
        if told[:1] == (self.reason,):
            return told
        return (self.reason,) if self.reason else ()

    def is_corrected_by(self, content_key: str) -> bool:
        """Whether a row of the source with this content starts the contact afresh."""
        return self.goes_by_lists and content_key != self.content_key

    @property
    def goes_by_lists(self) -> bool:
        """Whether what a source says still counts: not contacted, in doubt, or erased."""
        return self.state in CORRECTABLE and not self.has_intent and self.reason != ERASED

    def standing_decision(self, at: datetime) -> Decision | None:
        """What stands without deciding afresh, None when it is time to decide."""
        if self.state in CONTACTED:
            return Decision(Verdict.BLOCKED, None, (ALREADY_CONTACTED,))
        if self.state in (State.INTENT, State.UNKNOWN):
            return Decision(Verdict.HELD, self.channel, (OUTCOME_UNKNOWN,))
        if self.state is State.HELD and not self._is_decided_again:
            return Decision(Verdict.HELD, self.channel, self.reasons)
        if self.state in (State.BLOCKED, State.FAILED) and not self._is_decided_again:
            return Decision(Verdict.BLOCKED, None, self.reasons)
        waits = self.state is State.DEFERRED and self.until is not None and self.until > at
        return Decision(Verdict.DEFERRED, self.channel, self.reasons, self.until) if waits else None

    @property
    def kept_unless_freed(self) -> Decision | None:
        """What stays said of whom no reason of ours set aside, for as long as they are kept back."""
        if not self._is_decided_again or rests_on_us(self.reason, self.recorded):
            return None
        verdict = Verdict.HELD if self.state is State.HELD else Verdict.BLOCKED
        return Decision(verdict, self.channel, self.reasons)

    @property
    def lost(self) -> frozenset[Channel]:
        """The channels that the recorded decision lost for an address: off, another's, refused by another."""
        facts = read_facts(self.recorded.get("facts", {}))
        return facts.suppressed | facts.taken | facts.refused

    @property
    def _is_decided_again(self) -> bool:
        """Whether each run decides again: set aside for a reason of ours, or one that may be gone."""
        is_open = self.state in SET_ASIDE and self.contact is not None and not self.has_intent
        return is_open and may_change(self.reason, self.recorded)


def find_statuses(ledger: Ledger, campaign_id: int, names: Collection[str]) -> dict[str, ContactStatus]:
    """External contact id to where the campaign has it; those that it does not know are left out."""
    rows = find_contacts(ledger, campaign_id, names)
    return {row.external_contact_id: _standing(ledger, row) for row in rows}


def _standing(ledger: Ledger, row: ContactRow) -> ContactStatus:
    plain = ledger.vault.open(row.payload) if row.payload is not None else None
    availability = orjson.loads(row.availability) if row.availability else None
    shown = {Channel(name): verdict for name, verdict in (availability or {}).items()}
    return ContactStatus(
        id=row.id,
        external_contact_id=row.external_contact_id,
        state=State(row.state),
        reason=row.reason,
        until=row.until,
        channel=Channel(row.channel) if row.channel else None,
        content_key=row.content_key,
        contact=Contact.model_validate_json(plain) if plain is not None else None,
        inspection=Inspection("passed", shown) if availability is not None else None,
        recorded=read_record(row.decision),
        has_intent=row.intended_at is not None,
    )


def find_recent(
    ledger: Ledger, people: Sequence[Contact], hours: float | None, at: datetime
) -> list[Sequence[datetime]]:
    """For each person, when they or any of their addresses were contacted, as far back as any cap looks."""
    if not hours:
        return [()] * len(people)
    ago = (ledger.clock.now() - at).total_seconds() / 3600  # of an earlier instant: look back further
    rows = [_as_claimed(number, contact) for number, contact in enumerate(people)]
    recent = recent_contacts(ledger, rows, hours + max(ago, 0.0))
    return [recent.get(number, ()) for number in range(len(people))]


def _as_claimed(number: int, contact: Contact) -> Claimed:
    # The ledger's search for earlier contacts takes claimed rows; nobody has claimed these.
    return Claimed(number, 0, contact, State.ACCEPTED, "", {}, None, 0, 0, "")


def channels_at(addresses: Mapping[Channel, str], found: Collection[str]) -> frozenset[Channel]:
    """The channels whose address is one of these, mostly none."""
    return frozenset(name for name, at in addresses.items() if at in found) if found else _NO_CHANNEL

"""The dry run: a decision for each row of a source, by the same gate as the real run, and nothing changes.

    row ──> rejected (its code, `duplicate`, or `rows_contradict`: where the first row stands among the 500
     │      before, that one is told to be held)
     │ ───> what the campaign's ledger already says of the person      contact_status.py
     └────> the gate, with what the ledger knows (suppressions, earlier contacts) and with what this very
            dry run has decided so far: an address is contacted once, and counts towards the caps; one that
            a row refuses holds others, of the 500 before that row and of all after it

Nothing is asked of Genesys: what its registration, its validation and its do-not-contact lists will say is
known only as far as the ledger has it. Rows stream; ids and addresses seen so far lie as keyed hashes in a
temporary database that spills to disk, so memory stays bounded.
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from outreach.chunks import cut
from outreach.compliance import Decision, Facts, Gate, Verdict
from outreach.compliance.reasons import ROWS_CONTRADICT
from outreach.contacts import Channel, Contact
from outreach.decisions.contact_status import ContactStatus, channels_at
from outreach.decisions.ledger_lookup import LedgerLookup, PriorFacts
from outreach.decisions.rejected_rows import read_id
from outreach.decisions.seen_keys import SeenKeys
from outreach.decisions.unfilled_rows import refuse_unfilled
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.known_contacts import ERASED
from outreach.messages.sms import segments
from outreach.messages.wording import Said
from outreach.reachability import Availability, Inspection
from outreach.settings import CampaignSettings, SameAddress
from outreach.sources.columns import Headings
from outreach.sources.contradictions import contradict, sketch
from outreach.sources.rows import Row
from outreach.sources.source import Source

log = logging.getLogger(__name__)

CHUNK = 500  # looked up in the ledger together
REJECTED = "rejected"
DUPLICATE = "duplicate"
SEVERAL_ZONES = "several"
UNKNOWN_ZONE = "unknown"


@dataclass(slots=True)  # frozen, it takes three times as long to make; so with `_Person`
class DryRunRow:
    """What would become of one row. `decision` is None for a row that is rejected, by `code`.

    `zone` is the person's, where hours bind the channel; `segments` what the message costs by SMS; `problem`
    what a text of theirs lacks; `contact` the person, for a preview.
    """

    line: int
    external_contact_id: str
    decision: Decision | None
    code: str = ""
    zone: str | None = None
    segments: int = 0
    problem: str = ""
    contact: Contact | None = field(default=None, repr=False)

    @property
    def verdict(self) -> str:
        """allowed, deferred, blocked, held or rejected."""
        return self.decision.verdict.value if self.decision else REJECTED

    def as_json(self) -> dict[str, Any]:
        """For machines: ids, codes and instants (ISO-8601 UTC)."""
        decision = self.decision or Decision(Verdict.BLOCKED, None, (self.code,))
        at = decision.next_allowed_at
        return {
            "line": self.line,
            "external_contact_id": self.external_contact_id,
            "verdict": self.verdict,
            "channel": decision.channel.value if decision.channel else None,
            "reasons": list(decision.reasons),
            "next_allowed_at": at.astimezone(timezone.utc).isoformat() if at else None,
        }


def decide_all(
    source: Source,
    settings: CampaignSettings,
    *,
    campaign: str,
    at: datetime,
    ledger: Ledger | None = None,
    senders: Availability | None = None,
) -> Iterator[DryRunRow]:
    """Decide on every row of a source for one instant; one DryRunRow a row, in order.

    Args:
        source: opened, not read yet.
        settings: the campaign's.
        campaign: its name; it need not exist.
        at: the instant, aware.
        ledger: what is known already, only read; None when there is none yet.
        senders: what `Genesys.check_senders` said; None when nobody asked.

    Raises:
        SourceError: the source cannot be read.
        SettingsError: a rule pack is wrong.
        LedgerError: the ledger does not answer.
    """
    gate = Gate(settings)
    with closing(SeenKeys()) as memory:
        known, headings = LedgerLookup(ledger, campaign, at), Headings.of("The source", settings.columns)
        rehearsal = _Rehearsal(settings, gate, at, known, Facts(senders=senders or {}), memory, headings)
        wording = gate.wording
        readable = refuse_unfilled(source.rows(), lambda: wording, has_fields=wording.has_fields)
        rows = map(known.stored_ids.row, readable)
        for chunk in cut(rows, CHUNK):
            yield from rehearsal.decide(chunk)
        if memory.too_early:
            log.warning(
                "%s of those who count as contacted would be held: a row more than %s rows further down has "
                "their address and says no.",
                memory.too_early,
                CHUNK,
            )


def forecastable(
    rehearsed: Iterable[DryRunRow], rejected: Counter[str]
) -> Iterator[tuple[str, Decision, str | None, int]]:
    """What `report.forecast.make_forecast` counts; `rejected` is filled on the way."""
    for row in rehearsed:
        if row.decision is None:
            rejected[row.code] += 1
        else:
            yield row.external_contact_id, row.decision, row.zone, row.segments


_ERASED = Decision(Verdict.BLOCKED, None, (ERASED,))


@dataclass(slots=True)
class _Person:
    """Somebody to decide on. `waits` is the deferral they are under, which only a suppression since ends;
    `kept` is what was said of them, and stays so while they are kept back, at least as long as nothing that
    they had `lost` is free again.
    """

    contact: Contact
    inspection: Inspection | None
    waits: Decision | None = None
    kept: Decision | None = None
    lost: frozenset[Channel] = frozenset()


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    """Decides chunk by chunk, and remembers what it decided."""

    _settings: CampaignSettings
    _gate: Gate
    _at: datetime
    _known: LedgerLookup
    _nothing_known: Facts
    _memory: SeenKeys
    _headings: Headings

    def decide(self, chunk: Sequence[Row]) -> Iterator[DryRunRow]:
        standings = self._known.standings([row.contact.external_contact_id for row in chunk if row.contact])
        settled: dict[int, DryRunRow] = {}
        people: dict[int, _Person] = {}
        later, contradicted = self._compare(chunk, standings)
        new = {
            n: r.contact for n, r in enumerate(chunk) if r.contact and r.external_contact_id not in standings
        }
        erased = self._known.find_erased(new)
        for number, row in enumerate(chunk):
            found = self._settle(row, standings, later.get(number, ""), contradicted)
            if isinstance(found, _Person) and number in erased:
                settled[number] = self._rehearsed(row.line, found.contact, _ERASED)
            elif isinstance(found, _Person):
                people[number] = found
            else:
                settled[number] = found
        contacts = {number: person.contact for number, person in people.items()}
        dead, noes = self._settings.leave_out_undelivered, self._known.read_noes(chunk)
        for address, channels in noes.new:
            self._memory.note_no(address, channels)
        facts = self._known.facts(contacts, self._gate.cap_hours, leaves_out_undelivered=dead, noes=noes)
        for number, row in enumerate(chunk):
            if number in settled:  # in the source's order, whoever settled the row
                yield settled[number]
            else:
                decision = self._judge(people[number], facts, facts.recent.get(number, ()))
                yield self._rehearsed(row.line, contacts[number], decision)

    def _compare(
        self, chunk: Sequence[Row], standings: Mapping[str, ContactStatus]
    ) -> tuple[dict[int, str], set[str]]:
        """By number the code of each row whose id stands further up; and whom rows that contradict hold."""
        codes: dict[int, str] = {}
        held: set[str] = set()
        for number, row in enumerate(chunk):
            name = row.external_contact_id
            if row.contact is None:
                if row.refusal and name and self._memory.refuse(name):
                    held.add(name)
                continue
            if self._memory.is_refused(name):
                held.add(name)
            said = sketch(row.contact)
            if not (before := self._memory.see(name, said)):
                continue
            codes[number] = ROWS_CONTRADICT if contradict(before, said) else DUPLICATE
            standing = standings.get(name)
            if codes[number] == ROWS_CONTRADICT and not (standing and self._known.has_seen_to(standing, row)):
                held.add(name)
        return codes, {name for name in held if name not in standings or standings[name].goes_by_lists}

    def _settle(
        self, row: Row, standings: Mapping[str, ContactStatus], code: str, contradicted: Collection[str]
    ) -> DryRunRow | _Person:
        """What is settled without the gate, or the person that it must decide on."""
        if row.contact is None:
            name = read_id(row.raw, self._headings)
            code, reason, _ = row.reject or ("", "", False)
            return DryRunRow(row.line, name, None, code, problem=reason)
        name = row.contact.external_contact_id
        if code:  # the first row with an id counts, as in a load
            return DryRunRow(row.line, name, None, code)
        if name in contradicted:
            return self._rehearsed(row.line, row.contact, Decision(Verdict.HELD, None, (ROWS_CONTRADICT,)))
        standing = standings.get(name)
        if (
            standing is None
            or standing.reason == ROWS_CONTRADICT
            or standing.is_corrected_by(self._known.content_key(row))
        ):
            return _Person(row.contact, None)  # registered anew, with what it has now
        decision = standing.standing_decision(self._at)
        if decision is None or decision.verdict is Verdict.DEFERRED:
            kept = standing.kept_unless_freed
            lost = standing.lost if kept else frozenset[Channel]()
            return _Person(standing.contact or row.contact, standing.inspection, decision, kept, lost)
        return self._rehearsed(row.line, row.contact, decision)

    def _judge(self, person: _Person, facts: PriorFacts, recent: Sequence[datetime]) -> Decision:
        addresses = person.contact.channels.addresses()
        off = channels_at(addresses, facts.suppressed)
        if person.waits and person.waits.channel not in off:
            return person.waits
        if self._gate.cap_hours:  # without a cap nobody's history is asked for
            # Whom this dry run would have contacted counts for the caps, as in a real run.
            here = sum(self._memory.times(address) for address in set(addresses.values()))
            recent = [*recent, *[self._at] * here]
        taken = self._taken(addresses, facts)
        refused = self._memory.refused(addresses)
        refused |= facts.refused.get(person.contact.external_contact_id, frozenset())
        if person.kept and person.lost and person.lost <= off | taken | refused:
            return person.kept  # a real run looks at nobody for whom nothing has changed
        dead = channels_at(addresses, facts.undelivered)
        known = self._nothing_known  # of nearly everybody
        if person.inspection or off or recent or taken or dead or refused:
            known = Facts(person.inspection, known.senders, off, recent, taken, dead, refused)
        decision = self._gate.decide(person.contact, known, self._at)
        if person.waits:
            return decision if decision.verdict is Verdict.BLOCKED else person.waits
        if person.kept and decision.verdict is person.kept.verdict:
            return person.kept
        if decision.verdict is Verdict.ALLOWED and decision.channel:
            self._memory.take(addresses[decision.channel])  # with `each` as well: the caps count it
        return decision

    def _taken(self, addresses: Mapping[Channel, str], facts: PriorFacts) -> frozenset[Channel]:
        """The channels whose address is contacted for another row."""
        if self._settings.same_address is SameAddress.EACH:
            return frozenset()
        here = [address for address in addresses.values() if self._memory.times(address)]
        return channels_at(addresses, here) | channels_at(addresses, facts.taken)

    def _rehearsed(self, line: int, contact: Contact, decision: Decision) -> DryRunRow:
        channel = decision.channel
        said = self._gate.wording.say(contact, channel) if channel and channel.traits.has_segments else None
        return DryRunRow(
            line,
            contact.external_contact_id,
            decision,
            zone=self._zone(contact, decision.channel),
            segments=segments(said.text) if isinstance(said, Said) else 0,
            contact=contact,
        )

    def _zone(self, contact: Contact, channel: Channel | None) -> str | None:
        place = self._gate.place(contact, channel) if channel else None
        if place is None:
            return None
        zones = {candidate.zone for candidate in place.candidates}
        return SEVERAL_ZONES if len(zones) > 1 else next(iter(zones), UNKNOWN_ZONE)

"""A ledger that is older than what was done takes in what Genesys knows, and may go on from there.

a conversation that carries the contact's own reference ──> started
the only one to the address, SMS and chat carry none ─────> started
several, or one that fits several contacts ───────────────> held for a person
an API that shows no conversations ───────────────────────> everybody who is due, or may be again, is held

Then the ledger gets a new identity: what witnesses knew of it before counts no more.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import chain

import orjson

from outreach.chunks import cut
from outreach.compliance.owners import rests_on_us
from outreach.compliance.reasons import ADDRESS_REFUSED, ROW_UNREADABLE, ROWS_CONTRADICT
from outreach.errors import LedgerError, UsageError
from outreach.genesys.interface import Genesys
from outreach.ledger.adoption import Adoption, adopt
from outreach.ledger.audit.notes import note_everywhere
from outreach.ledger.campaigns import Campaign, list_campaigns
from outreach.ledger.changes import OutboundEvent
from outreach.ledger.claims import Claimed, read_claimed
from outreach.ledger.deliveries import find_last_endpoint
from outreach.ledger.facts import remember
from outreach.ledger.forgotten import (
    CAUGHT_UP,
    Fit,
    find_due,
    find_forgotten,
    known_until,
    remember_unexplained,
)
from outreach.ledger.intents import make_reference
from outreach.ledger.ledger import Ledger
from outreach.ledger.release import list_living_executors
from outreach.ledger.reopening import read_set_aside
from outreach.ledger.unexplained import forget_unexplained, read_unexplained
from outreach.ledger.witness import MachineWitness, Witness, draw_identity, read_identity, read_mark
from outreach.operations.resolution import read_reason
from outreach.reachability import OwnConversation
from outreach.settings import Event
from outreach.webhook.events import AuditLog, InteractionCreated, to_bytes

INDEX_DELAY = timedelta(minutes=20)
"""So long Genesys may need to show a conversation: the last look of `look_after_seconds` waits as long."""

GROUP = 100

_BY_LISTS = frozenset({ADDRESS_REFUSED, ROW_UNREADABLE, ROWS_CONTRADICT})


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What catching up did."""

    conversations: int = 0
    """That our senders started since the ledger's last intent."""
    found: int = 0
    held: int = 0


def catch_up(
    ledger: Ledger, genesys: Genesys, witnesses: Sequence[Witness] = (), *, whole: str | None = None
) -> CaughtUp:
    """Take in what Genesys knows and the ledger does not; what stays in doubt is held.

    Doing it again, or after being killed, changes nothing that was done.

    Args:
        ledger: which may be older than what was done with it.
        genesys: the organisation.
        witnesses: who, beside this machine, learns how far the ledger is now.
        whole: a person's reason to say that nothing is missing; then nobody is asked.

    Raises:
        UsageError: somebody works with the ledger, or the reason is too long or empty.
        LedgerError: it is too early to know.
        GenesysError: Genesys cannot be asked; what was taken in stays.
    """
    if list_living_executors(ledger):
        raise UsageError("A run is going on with this ledger.", "Stop it first, then catch up.")
    everybody = (MachineWitness(), *witnesses)
    since = read_unexplained(ledger).since or known_until(ledger)
    until = ledger.clock.now() - INDEX_DELAY
    done = CaughtUp()
    if whole is not None:
        note_everywhere(ledger, "called_whole", {"reason": read_reason(whole)})
        forget_unexplained(ledger)
    elif since is not None:
        done = _take_in(ledger, genesys, since, everybody) if genesys.can_find else _hold_all(ledger)
        note_everywhere(ledger, "caught_up", {"found": done.found, "held": done.held})
    # Where our clock is ahead, so much earlier: Genesys' own instants are compared with it.
    remember(ledger, CAUGHT_UP, (until + min(genesys.clock_skew, timedelta())).isoformat())
    # By the old identity too: a copy from before would be as far as witnesses know that one.
    _tell_witnesses(ledger, everybody, read_identity(ledger))
    _tell_witnesses(ledger, everybody, draw_identity(ledger))
    return done


def _tell_witnesses(ledger: Ledger, witnesses: Sequence[Witness], identity: str | None) -> None:
    mark = read_mark(ledger)
    for witness in witnesses:
        if identity and mark:
            witness.remember(identity, mark)


def _take_in(ledger: Ledger, genesys: Genesys, since: datetime, witnesses: Sequence[Witness]) -> CaughtUp:
    started, is_all = genesys.list_started(since)
    if not is_all:
        raise LedgerError("Genesys does not show all that our senders started.", "Catch up again later.")
    _await_the_index(ledger, started, witnesses)
    callbacks = {
        fit.trace.conversation_id
        for fit in find_forgotten(ledger, started)[0]
        if fit.trace.channel.traits.waits_for_agent
    }
    shown = [
        replace(own, texts=genesys.read_texts(own.conversation_id))
        if own.conversation_id in callbacks
        else own
        for own in started
    ]
    shared = read_unexplained(ledger).conversations
    fits, explained = find_forgotten(ledger, shown)
    proven = {fit.trace.conversation_id for fit in fits if fit.is_proven}
    unsure = ({fit.trace.conversation_id for fit in fits} | shared) - proven
    left = [own for own in shown if own.conversation_id not in explained | proven]
    # First: were we to die in between, who is taken in would be left out of the next look.
    remember_unexplained(ledger, left, unsure, since)
    done = _adopt_all(ledger, _decide(ledger, fits, shared))
    return replace(done, conversations=len(started))


def _await_the_index(
    ledger: Ledger, started: Sequence[OwnConversation], witnesses: Sequence[Witness]
) -> None:
    """Raises LedgerError while something may have been done that Genesys does not show yet."""
    now, identity = ledger.clock.now(), read_identity(ledger)
    marks = [witness.recall(identity) for witness in witnesses] if identity else []
    seen = [mark.at for mark in marks if mark and mark.at] + [own.started_at for own in started]
    last = max((at for at in seen if at <= now), default=None)  # a clock that was ahead says nothing
    if last and now - last < INDEX_DELAY:
        until = (last + INDEX_DELAY).astimezone(timezone.utc)
        raise LedgerError(
            "Something was done a few minutes ago, which Genesys may not show yet.",
            f"Catch up again after {until:%H:%M} UTC.",
        )


def _decide(ledger: Ledger, fits: Sequence[Fit], taken: Collection[str]) -> list[Adoption]:
    """One adoption for each contact that a conversation fits; what was `taken` for another's is unsure."""
    by_row: dict[int, list[Fit]] = defaultdict(list)
    for fit in fits:
        by_row[fit.row.id].append(fit)
    shared = Counter(fit.trace.conversation_id for fit in fits)
    campaigns = {campaign.id: campaign for campaign in list_campaigns(ledger)}
    decided = []
    for theirs in by_row.values():
        certain = [fit for fit in theirs if fit.is_certain] or theirs
        first = certain[0]
        name = first.trace.conversation_id
        is_sure = len(certain) == 1 and name not in taken and (first.is_certain or shared[name] == 1)
        decided.append(
            _found(ledger, campaigns[first.row.campaign_id], first) if is_sure else _doubted(first)
        )
    return decided


def _found(ledger: Ledger, campaign: Campaign, fit: Fit) -> Adoption:
    return replace(
        _doubted(fit),
        conversation_id=fit.trace.conversation_id,
        is_certain=fit.is_certain,
        events=_tell(ledger, campaign, fit),
    )


def _doubted(fit: Fit) -> Adoption:
    address = fit.row.contact.channels.address(fit.trace.channel) or ""
    return Adoption(fit.row, fit.trace.channel, address, fit.reference, fit.trace.started_at)


def _tell(ledger: Ledger, campaign: Campaign, fit: Fit) -> tuple[OutboundEvent, ...]:
    """For whoever was told of this campaign before: perhaps again, under another webhook id."""
    endpoint = find_last_endpoint(ledger, campaign.id)
    body = InteractionCreated(
        timestamp=ledger.clock.now(),
        campaign=campaign.name,
        contact_id=fit.row.contact.external_contact_id,
        conversation_id=fit.trace.conversation_id,
        latency_ms=0.0,  # nobody measured it
        audit_log=AuditLog(channel=fit.trace.channel),
        reference=fit.reference,
    )
    if endpoint is None or body.event not in campaign.settings.events:
        return ()
    return (OutboundEvent(endpoint, Event(body.event).value, to_bytes(body)),)  # the body holds its text


def _hold_all(ledger: Ledger) -> CaughtUp:
    """Everybody whom a run or `retry` may take, on their first channel: nobody can say who was contacted."""
    everybody = chain(find_due(ledger, or_retryable=True), _find_kept_back(ledger))
    return _adopt_all(ledger, [each for row, n in everybody for each in _hold(ledger, row, n)])


def _find_kept_back(ledger: Ledger) -> Iterator[tuple[Claimed, int]]:
    """Whom a reason of ours or a row of a list kept back: mended since, it kept nobody."""
    for campaign in list_campaigns(ledger):
        for row in chain.from_iterable(read_set_aside(ledger, campaign.id)):
            if row.reason in _BY_LISTS or rests_on_us(row.reason, orjson.loads(row.decision or "{}")):
                yield read_claimed(ledger, row), row.audit_count


def _hold(ledger: Ledger, row: Claimed, records: int) -> list[Adoption]:
    reference = make_reference(ledger, row.id, records)
    addresses = list(row.contact.channels.addresses().items())
    return [Adoption(row, *each, reference, ledger.clock.now()) for each in addresses[:1]]


def _adopt_all(ledger: Ledger, adoptions: Sequence[Adoption]) -> CaughtUp:
    found = held = 0
    for group in cut(adoptions, GROUP):
        made = adopt(ledger, group)
        found += sum(each.row.id in made for each in group if each.conversation_id)
        held += sum(each.row.id in made for each in group if not each.conversation_id)
    return CaughtUp(found=found, held=held)

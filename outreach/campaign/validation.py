"""Validating one batch: may each person be contacted, now, and on which channel?"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType

import orjson

from outreach.campaign.run import Run
from outreach.campaign.stop_watch import ENDED
from outreach.compliance import Decision, Facts, Verdict
from outreach.concurrency.call_pool import CallPool
from outreach.contacts import Channel
from outreach.decisions.record import write_record
from outreach.errors import NotSent
from outreach.genesys.interface import Registered
from outreach.genesys.rate_limit.pacer import GIVEN_UP
from outreach.ledger.changes import Change, OutboundEvent, apply
from outreach.ledger.claims import BatchRef, Claimed, claim, release, releasing
from outreach.ledger.recent_contacts import find_taken, find_undelivered, recent_contacts
from outreach.ledger.refusals import Refused, find_refused
from outreach.ledger.release import take_back
from outreach.ledger.states import State
from outreach.ledger.suppressions import find_suppressed
from outreach.reachability import Inspection
from outreach.settings import SameAddress
from outreach.webhook.events import ContactBlocked, ContactDeferred

GROUP = 200  # so many decisions a transaction
GROUP_WITH_REQUESTS = 16  # a request of the budget each, for two groups: none must be held for minutes

_NONE_REFUSED: Refused = MappingProxyType({})
_Told = Inspection | BaseException
_Calls = CallPool[Claimed, Inspection]

STATES = {
    Verdict.ALLOWED: State.CLEARED,
    Verdict.DEFERRED: State.DEFERRED,
    Verdict.BLOCKED: State.BLOCKED,
    Verdict.HELD: State.HELD,
}


def validate_batch(run: Run, batch: BatchRef) -> Counter[str]:
    """Decide on everything registered, and on everything deferred whose time has come.

    Returns how many ended in each verdict.

    Raises:
        GenesysError: the organisation cannot be asked; the contacts stay as they are.
    """
    verdicts: Counter[str] = Counter()
    in_hand: list[Claimed] = []
    errors: list[BaseException] = []  # raised last, so that what Genesys said is written
    take_back(run.ledger, run.campaign.id, batch)
    calls: _Calls = CallPool(partial(_inspect, run, batch.number), run.call_limit)
    try:
        with run.stopping(), releasing(run.ledger, in_hand):
            while (group := [] if errors else _claim(run, batch)) or calls.in_flight:
                in_hand += group
                landed = _look(run, group, calls)
                found = {row.id: (row, told) for row, told in landed if isinstance(told, Inspection)}
                errors += [told for _, told in landed if isinstance(told, BaseException)]
                if errors:
                    calls.stop()
                verdicts += _record(run, found)
                in_hand[:] = [row for row in in_hand if row.id not in found]
            release(run.ledger, in_hand)  # who was not asked about any more
            if errors := [error for error in errors if not run.has_given_up(error)]:
                raise errors[0]
    finally:
        calls.stop()
    return verdicts


def _claim(run: Run, batch: BatchRef) -> list[Claimed]:
    if run.auto_stop.reason:
        return []
    paced = run.genesys.asks_to_inspect and run.requests_per_second
    size = GROUP_WITH_REQUESTS if paced else GROUP
    return claim(run.ledger, run.campaign.id, batch, (State.REGISTERED, State.DEFERRED), limit=size)


def _look(run: Run, group: Sequence[Claimed], calls: _Calls) -> Sequence[tuple[Claimed, _Told]]:
    """What Genesys says of some: of the group before, while it is asked about this one.

    With 32 asked about, and then written down, it was 490 people a second at 50 ms; so it is 1,790.
    """
    if not run.genesys.asks_to_inspect:
        return [(row, run.genesys.inspect(row.contact, _as_registered(row))) for row in group]
    calls.submit(group)
    return calls.collect(calls.in_flight - len(group))


def _inspect(run: Run, priority: int, row: Claimed) -> Inspection:
    if run.auto_stop.reason:  # without a budget it has no turn to wait for, at which it would be told
        raise NotSent("inspect", 0, GIVEN_UP, "", ENDED)
    return run.genesys.inspect(row.contact, _as_registered(row), priority=priority)


def _record(run: Run, found: Mapping[int, tuple[Claimed, Inspection]]) -> Counter[str]:
    """Decide on them, and write it down; how many ended in each verdict."""
    if not found:
        return Counter()
    now = run.ledger.clock.now()  # after the inspections, which may have waited for the budget
    group = [row for row, _ in found.values()]
    facts = gather_facts(run, group, {key: told for key, (_, told) in found.items()})
    changes = [
        change_for(run, row, facts[row.id], run.gate.decide(row.contact, facts[row.id], now), now)
        for row in group
    ]
    made = apply(run.ledger, changes)
    return Counter(change.after.value for change in changes if change.contact_id in made)


def _as_registered(row: Claimed) -> Registered:
    return Registered(row.contact.external_contact_id, row.genesys_id, "exists", row.availability)


def inspected_before(group: Iterable[Claimed]) -> dict[int, Inspection]:
    """What validation has found of each: who is decided on again is not asked about again."""
    return {row.id: Inspection("passed", row.availability) for row in group}


def gather_facts(
    run: Run, group: Sequence[Claimed], inspections: Mapping[int, Inspection]
) -> dict[int, Facts]:
    """What the world says of each contact, with as few queries as there are kinds of fact."""
    # Sorted: one statement text, whatever the order of the rows.
    addresses = sorted({address for row in group for address in row.contact.channels.addresses().values()})
    off = find_suppressed(run.ledger, addresses)
    once = run.settings.same_address is SameAddress.ONCE
    taken = find_taken(run.ledger, run.campaign.id, addresses) if once else {}
    refused = find_refused(run.ledger, run.campaign.id, [row.contact for row in group])
    return presume_free(run, group, inspections, off, taken, refused)


def presume_free(
    run: Run,
    group: Sequence[Claimed],
    inspections: Mapping[int, Inspection],
    off: Collection[str] = (),
    taken: Mapping[str, int] | None = None,
    refused: Refused = _NONE_REFUSED,
) -> dict[int, Facts]:
    """As `gather_facts`, but only these addresses are off or taken, and nobody looks whether others are.

    A decision that allows a channel on these grounds is right if that channel's address is free, and no
    other row `refused` it: the intent's own transaction looks in any case. No other may rest on them.
    """
    recent = recent_contacts(run.ledger, group, run.gate.cap_hours)
    dead: Collection[str] = ()
    if run.settings.leave_out_undelivered:
        dead = find_undelivered(
            run.ledger, {a for row in group for a in row.contact.channels.addresses().values()}
        )
    return {
        row.id: Facts(
            inspection=inspections.get(row.id),
            senders=run.senders,
            suppressed=_channels(row, lambda address, _: address in off) if off else frozenset(),
            taken=_channels(row, lambda address, row: taken.get(address, row) != row)
            if taken
            else frozenset(),
            recent=recent.get(row.id, ()),
            undelivered=_channels(row, lambda address, _: address in dead) if dead else frozenset(),
            refused=refused.get(row.contact.external_contact_id, frozenset()),
        )
        for row in group
    }


def _channels(row: Claimed, holds: Callable[[str, int], bool]) -> frozenset[Channel]:
    addresses = row.contact.channels.addresses().items()
    return frozenset(channel for channel, address in addresses if holds(address, row.id))


def change_for(run: Run, row: Claimed, facts: Facts, decision: Decision, now: datetime) -> Change:
    """The contact's next state, with what the decision rests on, so that `outreach why` can show it."""
    reason = decision.reasons[0] if decision.reasons else ""  # the first is the one that decided
    fields = {
        "channel": decision.channel.value if decision.channel else None,
        "until": decision.next_allowed_at,
        # The facts too, so that it can be explained when they have changed.
        "decision": write_record(decision, facts, now, run.gate.packs_hash, run.footing),
    }
    # Later steps decide again without asking again.
    if facts.inspection and facts.inspection.availability is not row.availability:
        known = {str(name): verdict for name, verdict in facts.inspection.availability.items()}
        fields["availability"] = orjson.dumps(known).decode()
    return Change(
        contact_id=row.id,
        after=STATES[decision.verdict],
        action=decision.verdict.value,
        reason=reason,
        fields=fields,
        detail={"reasons": list(decision.reasons), "packs": run.gate.packs_hash},
        events=_events(run, row, decision, reason),
    )


def _events(run: Run, row: Claimed, decision: Decision, reason: str) -> tuple[OutboundEvent, ...]:
    if decision.verdict is Verdict.BLOCKED:
        return run.event(ContactBlocked, row, reason=reason)
    if decision.verdict in (Verdict.DEFERRED, Verdict.HELD):  # both wait, so the CRM hears the same
        return run.event(ContactDeferred, row, reason=reason, until=decision.next_allowed_at)
    return ()

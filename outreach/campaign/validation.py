"""Validating one batch: may each person be contacted, now, and on which channel?"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

import orjson

from outreach.campaign.run import Run
from outreach.compliance import Decision, Facts, Verdict
from outreach.concurrency.call_pool import CallPool
from outreach.contacts import Channel
from outreach.decisions.record import write_record
from outreach.genesys.interface import Registered
from outreach.ledger.changes import Change, OutboundEvent, apply
from outreach.ledger.claims import BatchRef, Claimed, claim, release, releasing
from outreach.ledger.executors.release import take_back
from outreach.ledger.recent_contacts import find_taken, find_undelivered, recent_contacts
from outreach.ledger.states import State
from outreach.ledger.suppressions import find_suppressed
from outreach.reachability import Inspection
from outreach.settings import SameAddress
from outreach.webhook.events import ContactBlocked, ContactDeferred

GROUP = 200  # so many decisions a transaction
GROUP_WITH_REQUESTS = 32  # a request each: a batch must not hold leases for minutes
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
    take_back(run.ledger, run.campaign.id, batch)
    size = GROUP_WITH_REQUESTS if run.genesys.asks_to_inspect else GROUP
    calls = CallPool(partial(_inspect, run, batch.number), run.call_limit)
    while not run.auto_stop.reason:
        group = claim(run.ledger, run.campaign.id, batch, (State.REGISTERED, State.DEFERRED), limit=size)
        if not group:
            break
        with releasing(run.ledger, group), run.stopping():
            inspections = _inspect_all(run, group, calls)
            if inspections is None:
                release(run.ledger, group)
                break
            now = run.ledger.clock.now()  # after the inspections, which may have waited for the budget
            facts = gather_facts(run, group, inspections)
            changes = [
                change_for(run, row, facts[row.id], run.gate.decide(row.contact, facts[row.id], now), now)
                for row in group
            ]
            made = apply(run.ledger, changes)
            verdicts.update(change.after.value for change in changes if change.contact_id in made)
    return verdicts


def _inspect(run: Run, priority: int, row: Claimed) -> Inspection:
    return run.genesys.inspect(row.contact, _as_registered(row), priority=priority)


def _inspect_all(
    run: Run, group: Sequence[Claimed], calls: CallPool[Claimed, Inspection]
) -> dict[int, Inspection] | None:
    """What Genesys says of each; None when the run was stopped before everybody's turn came."""
    if not run.genesys.asks_to_inspect:
        return {row.id: _inspect(run, 0, row) for row in group}
    calls.submit(group)
    inspections: dict[int, Inspection] = {}
    errors: list[BaseException] = []
    for row, inspection in calls.collect(len(group)):
        if isinstance(inspection, BaseException):
            errors.append(inspection)
        else:
            inspections[row.id] = inspection
    if any(run.has_given_up(error) for error in errors):
        return None
    if errors:  # the group stays as it is and is claimed again
        raise errors[0]
    return inspections


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
    return presume_free(run, group, inspections, off, taken)


def presume_free(
    run: Run,
    group: Sequence[Claimed],
    inspections: Mapping[int, Inspection],
    off: Collection[str] = (),
    taken: Mapping[str, int] | None = None,
) -> dict[int, Facts]:
    """As `gather_facts`, but only these addresses are off or taken, and nobody looks whether others are.

    A decision that allows a channel on these grounds is right if that channel's address is free: the
    intent's own transaction looks at it in any case. No other decision may rest on them.
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

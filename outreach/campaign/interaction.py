"""Contacting one batch: re-check, intent, act, outcome.

    claim ──> decide again, now ──> intent committed ──> the call ──> outcome committed, with its event
                 │                        │                 │
                 └ deferred, blocked      │                 └ decided again when it had to wait: departure.py
                                          └ suppressed, capped, same address: kept back, atomically

A window of contacts is in the air at once; outcomes are written and new intents opened in groups, so the
ledger costs little where nothing limits, and under a budget few people are in doubt when a process dies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

from outreach.campaign.last_check import look_again
from outreach.campaign.outcomes import NotTried, change_after
from outreach.campaign.run import Run
from outreach.campaign.validation import change_for, gather_facts
from outreach.compliance import Decision, Verdict
from outreach.concurrency.call_pool import Flights
from outreach.contacts import Channel
from outreach.errors import GenesysError
from outreach.genesys.interface import Attempt, Engagement, Started
from outreach.ledger.changes import Change, apply, apply_outcomes
from outreach.ledger.claims import BatchRef, Claimed, claim, releasing
from outreach.ledger.intents import Kept, Opened, Wanted, open_intents
from outreach.ledger.states import State
from outreach.reachability import Inspection


def interact_batch(run: Run, batch: BatchRef) -> Counter[str]:
    """Contact everybody in the batch who is cleared; returns how many ended in each state.

    Stops early, with nobody lost, when the run's watch says so.
    """
    counts: Counter[str] = Counter()
    group, window = pace(run)
    contact = partial(_contact, run, batch.number)
    flights: Flights[Opened, Started] = Flights(run.crew, run.headcount, contact)
    more = True
    try:
        while more or flights.count:
            suspect = False
            while more and not suspect and flights.count + group <= window:
                opened = _intend(run, batch, group, counts)
                more = opened is not None
                flights.launch(opened or ())
                # A process died of it: no two of these at once.
                suspect = any(item.claimed.deaths > 0 for item in opened or ())
            landed = flights.land(flights.count if suspect else min(group, flights.count))
            more = _settle(run, landed, counts) or more
    finally:
        _settle(run, flights.land(flights.count), counts)
    return counts


def pace(run: Run) -> tuple[int, int]:
    """How many intents to open at once, and how many may be in the air.

    Half a second's worth of the budget at once and two seconds' worth in the air; without a budget, some
    times what the threads can carry, so that they always have work while outcomes are written.
    """
    threads = run.settings.threads
    if run.rate is None:
        return threads * 8, threads * 16
    group = max(1, min(threads, int(run.rate / 2)))
    return group, max(group * 2, min(threads * 2, int(run.rate * 2)))


def _intend(run: Run, batch: BatchRef, size: int, counts: Counter[str]) -> list[Opened] | None:
    """Some committed intents, perhaps none of these; None when nobody is left or the run is stopped."""
    if run.watch.reason:
        return None
    group = claim(run.ledger, run.campaign.id, batch, (State.CLEARED,), limit=size)
    if not group:
        return None
    with releasing(run.ledger, group):
        return _open(run, group, counts)


def _open(run: Run, group: Sequence[Claimed], counts: Counter[str]) -> list[Opened]:
    now = run.ledger.clock.now()
    inspected = {row.id: Inspection("passed", row.availability) for row in group}
    facts = gather_facts(run, group, inspected)
    wanted: list[Wanted] = []
    changes: list[Change] = []
    for row in group:
        decision = run.gate.decide(row.contact, facts[row.id], now)
        address = row.contact.channels.address(decision.channel) if decision.channel else None
        if decision.verdict is Verdict.ALLOWED and decision.channel and address:
            caps = run.gate.caps(row.contact, decision.channel)
            wanted.append(Wanted(row, decision.channel, address, caps))
        else:
            changes.append(change_for(run, row, facts[row.id], decision, now))
    opened, kept = open_intents(run.ledger, wanted, same_address=run.settings.same_address)
    changes += [change_for(run, k.claimed, facts[k.claimed.id], _as_decision(k), now) for k in kept]
    made = apply(run.ledger, changes)
    counts.update(change.after.value for change in changes if change.contact_id in made)
    return opened


def _as_decision(kept: Kept) -> Decision:
    verdict = Verdict.DEFERRED if kept.until else Verdict.BLOCKED
    return Decision(verdict, None, (kept.code,), kept.until)


def _contact(run: Run, priority: int, item: Opened) -> Started:
    row = item.claimed

    def depart() -> None:
        look_again(run, item)
        if run.watch.reason or not run.ledger.depart(row.owner, item.reference):
            raise NotTried

    attempt = Attempt(
        item.reference,
        row.contact.external_contact_id,
        row.genesys_id,
        Channel(item.channel),
        item.address,
        item.at,
    )
    message = run.message_for(row.contact)
    if run.watch.reason or not run.ledger.trusts(row.owner):
        raise NotTried  # before it waits for its turn
    return run.genesys.start(Engagement(attempt, row.contact, message, depart), priority=priority)


def _settle(run: Run, landed: Sequence[tuple[Opened, Started | BaseException]], counts: Counter[str]) -> bool:
    """Write down what became of the calls; whether somebody was given back, to be claimed again."""
    changes: list[Change] = []
    bugs: list[BaseException] = []
    for item, outcome in landed:
        if isinstance(outcome, (Started, GenesysError, NotTried)):
            changes.append(change_after(run, item, outcome))
        else:
            bugs.append(outcome)  # ours: the intent stays, and is found in doubt when this process ends
    made = apply_outcomes(run.ledger, changes)
    counts.update(change.after.value for change in changes if change.contact_id in made)
    run.wake()
    if bugs:
        raise bugs[0]
    return any(change.after is State.CLEARED for change in changes)

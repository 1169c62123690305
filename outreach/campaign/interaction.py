"""Contacting one batch: re-check, intent, act, outcome.

    claim ──> decide again, now ──> intent committed ──> the call ──> outcome committed, with its event
                 │                        │                 │
                 └ deferred, blocked      │                 └ wait for the turn, check again, say that it
                                          │                   leaves, send, read what it proves: `_contact`
                                          └ capped: kept back, atomically; suppressed, address taken: the
                                            next channel, else kept back

A window of contacts is in the air at once; outcomes are written and new intents opened in groups, so the
ledger costs little where nothing limits, and under a budget few people are in doubt when a process dies.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from outreach.campaign.heap import give_back
from outreach.campaign.last_check import recheck
from outreach.campaign.late_conversations import settle_or_defer
from outreach.campaign.look_ahead import LookAhead
from outreach.campaign.outcomes import NotAttempted, change_after, count_outcome
from outreach.campaign.run import Run
from outreach.campaign.validation import change_for, gather_facts, inspected_before, presume_free
from outreach.clock import pause
from outreach.compliance import Decision, Facts, Verdict
from outreach.compliance.reasons import ADDRESS_REFUSED
from outreach.concurrency.call_pool import CallPool
from outreach.contacts import Channel
from outreach.errors import GenesysError
from outreach.genesys.http.retries import pause_before_repeat
from outreach.genesys.interface import Attempt, Started
from outreach.ledger.changes import Change, apply, apply_outcomes
from outreach.ledger.claims import BatchRef, Claimed, claim, releasing
from outreach.ledger.intents import Intent, IntentRequest, commit_intents
from outreach.ledger.release import take_back
from outreach.ledger.states import State
from outreach.reachability import Inspection
from outreach.settings import SameAddress

GROUP_AT_MOST = 128
"""Intents at once: of more, the ledger has nothing, and more are open when a process dies."""


def interact_batch(run: Run, batch: BatchRef) -> Counter[str]:
    """Contact everybody in the batch who is cleared; returns how many ended in each state.

    Ends early, with nobody lost, when the run is stopped.

    Raises:
        LedgerOutdated: the ledger is older than what was done with it.
    """
    run.age.confirm()  # the last guard; a flow has asked right after loading
    counts: Counter[str] = Counter()
    group, window = pace(run)
    take_back(run.ledger, run.campaign.id, batch)
    ahead = LookAhead(run, batch)
    contact = partial(_contact, run, batch.number)
    calls: CallPool[Intent, Started] = CallPool(contact, run.call_limit, ahead.line_of)
    more = True
    try:
        while more or calls.in_flight:
            suspect = False
            while more and not suspect and calls.in_flight + group <= window:
                chosen = ahead.choose(group)
                if chosen == []:  # every sender has enough in the air
                    break
                opened = _intend(run, batch, group, counts, chosen or ())
                more = opened is not None
                ahead.took_off(opened or ())
                calls.submit(opened or ())
                # A process died of it: no two of these at once.
                suspect = any(item.claimed.deaths > 0 for item in opened or ())
            awaited = calls.in_flight if suspect else min(group, calls.in_flight)
            landed = calls.collect(awaited, within=math.inf if suspect else ahead.patience)
            ahead.landed(item for item, _ in landed)
            more = _settle(run, landed, counts) or more
    finally:
        _settle(run, calls.collect(calls.in_flight), counts)
        give_back()
    return counts


def pace(run: Run) -> tuple[int, int]:
    """How many intents to open at once, and how many may be in the air.

    Half a second's worth of the budget at once and two seconds' worth in the air; without a budget, some
    times what the threads can carry, so that they always have work while outcomes are written.
    """
    threads = run.threads
    if run.requests_per_second is None:  # the processor limits, or the way there: keep every thread busy
        group = min(threads * 8, GROUP_AT_MOST)
        return group, group * 2
    # Half a second: so few are in doubt after a kill.
    group = max(1, min(threads, int(run.requests_per_second / 2)))
    return group, max(group * 2, min(threads * 2, int(run.requests_per_second * 2)))


def _intend(
    run: Run, batch: BatchRef, size: int, counts: Counter[str], chosen: Sequence[int]
) -> list[Intent] | None:
    """Some committed intents, perhaps none of these; None when nobody is left or the run is stopped."""
    if run.auto_stop.reason:
        return None
    group = claim(
        run.ledger,
        run.campaign.id,
        batch,
        (State.CLEARED,),
        limit=size,
        channels=run.called_channels,
        only=chosen,
    )
    if not group:
        return [] if chosen else None  # whom another process has by now
    with releasing(run.ledger, group):
        return open_intents(run, group, counts)


def open_intents(run: Run, group: Sequence[Claimed], counts: Counter[str]) -> list[Intent]:
    """Decide again on contacts that are ours, and commit the intents of those who may be contacted now."""
    late = settle_or_defer(run, [row for row in group if row.reference])  # unsure what an earlier attempt did
    counts.update(state.value for state in late.values())
    group = [row for row in group if row.id not in late]
    now = run.ledger.clock.now()
    inspected = inspected_before(group)
    # First as if every address were free: the intent's own transaction looks at those that it takes. Where
    # one is not, all are decided by the facts: a later row must not get what an earlier one turns to.
    wanted, others = _decide(run, group, presume_free(run, group, inspected), now)
    # From here on a crash leaves them in doubt, never forgotten.
    opened, kept = commit_intents(
        run.ledger, wanted, same_address=run.settings.same_address, all_or_none=True
    )
    rest = group if kept else [row for row, *_ in others]
    intents, changes = _open_rest(run, rest, inspected, now)
    made = apply(run.ledger, changes)
    counts.update(change.after.value for change in changes if change.contact_id in made)
    return [*opened, *intents]


def _open_rest(
    run: Run, undecided: Sequence[Claimed], inspected: Mapping[int, Inspection], now: datetime
) -> tuple[list[Intent], list[Change]]:
    """Whose address was not free, or who may not be contacted now: by all the facts."""
    opened: list[Intent] = []
    changes: list[Change] = []
    facts = gather_facts(run, undecided, inspected) if undecided else {}
    while undecided:  # again only for whom a channel was just lost, so at most once a channel
        wanted, others = _decide(run, undecided, facts, now)
        intents, kept = commit_intents(run.ledger, wanted, same_address=run.settings.same_address)
        opened += intents
        changes += [change_for(run, *other, now) for other in others]
        changes += [
            change_for(run, k.claimed, facts[k.claimed.id], _deferred(k), now) for k in kept if k.until
        ]
        undecided = [k.claimed for k in kept if not k.until]
        facts |= {k.claimed.id: _without(facts[k.claimed.id], k) for k in kept}
    return opened, changes


def _decide(
    run: Run, group: Sequence[Claimed], facts: Mapping[int, Facts], now: datetime
) -> tuple[list[IntentRequest], list[tuple[Claimed, Facts, Decision]]]:
    """Decide again: the intents to open, and what was decided on the others."""
    wanted: list[IntentRequest] = []
    others: list[tuple[Claimed, Facts, Decision]] = []
    promised: set[str] = set()  # in the source's order: an earlier row has the address first
    for row in group:
        known, decision = _decide_on(run, row, facts[row.id], promised, now)
        address = row.contact.channels.address(decision.channel) if decision.channel else None
        if decision.verdict is Verdict.ALLOWED and decision.channel and address:
            promised.add(run.ledger.vault.address_key(address))
            caps = run.gate.caps(row.contact, decision.channel)
            wanted.append(IntentRequest(row, decision.channel, address, caps))
        else:
            others.append((row, known, decision))
    return wanted, others


def _decide_on(
    run: Run, row: Claimed, facts: Facts, promised: Collection[str], now: datetime
) -> tuple[Facts, Decision]:
    """The decision and its facts: an address that is promised to a row before it is taken, and contacted."""
    if run.settings.same_address is SameAddress.ONCE:
        addresses = row.contact.channels.addresses().items()
        keys = {name: run.ledger.vault.address_key(address) for name, address in addresses}
        lost = {name: key for name, key in keys.items() if key in promised}
        if lost:  # for the caps too, as if the row before had been of an earlier batch: one each
            recent = (*facts.recent, *[now] * len(set(lost.values())))
            facts = replace(facts, taken=facts.taken.union(lost), recent=recent)
    return facts, run.gate.decide(row.contact, facts, now)


def _deferred(kept: IntentRequest) -> Decision:
    return Decision(Verdict.DEFERRED, None, (kept.code,), kept.until)


def _without(facts: Facts, kept: IntentRequest) -> Facts:
    """The facts with what the intent's transaction knew better: this channel's address is not free."""
    if kept.code == "suppressed":
        return replace(facts, suppressed=facts.suppressed | {kept.channel})
    if kept.code == ADDRESS_REFUSED:
        return replace(facts, refused=facts.refused | {kept.channel})
    return replace(facts, taken=facts.taken | {kept.channel})


def _contact(run: Run, priority: int, item: Intent) -> Started:
    """Contact one person whose intent is committed: the whole order of a call, try by try.

    Raises what the call ended with: GenesysError, or NotAttempted when it was never made.
    """
    row = item.claimed
    attempt = Attempt(
        item.reference,
        row.contact.external_contact_id,
        row.genesys_id,
        Channel(item.channel),
        item.address,
        item.at,
    )
    engagement = run.engage(attempt, row.contact)
    failures: list[GenesysError] = []
    while True:
        if run.auto_stop.reason or not run.ledger.executor.may_act(row.owner):
            raise NotAttempted  # before it waits for its turn
        try:
            call = run.genesys.wait_for_turn(engagement, priority=priority)  # budget and token are in hand
            recheck(run, item)  # the wait may have outlived the decision
            _note_that_it_leaves(run, item)
            started = call.send()  # what its end proves: outcomes.py
        except GenesysError as error:
            if run.has_given_up(error):
                raise NotAttempted from error
            failures.append(error)
            seconds = pause_before_repeat(failures)
            if seconds is None:
                count_outcome(run, item, error)
                raise
        else:
            count_outcome(run, item, started)
            return started
        pause(run.ledger.clock, seconds, lambda: run.auto_stop.reason)


def _note_that_it_leaves(run: Run, item: Intent) -> None:
    """From here on only Genesys' answer, or a look at its conversations, says what became of it."""
    if run.auto_stop.reason or not run.ledger.executor.note_sent(item.claimed.owner, item.reference):
        raise NotAttempted


def _settle(run: Run, landed: Sequence[tuple[Intent, Started | BaseException]], counts: Counter[str]) -> bool:
    """Write down what became of the calls; whether somebody was given back, to be claimed again."""
    if not landed:
        return False
    changes: list[Change] = []
    bugs: list[BaseException] = []
    for item, outcome in landed:
        if isinstance(outcome, (Started, GenesysError, NotAttempted)):
            changes.append(change_after(run, item, outcome))
        else:
            bugs.append(outcome)  # ours: the intent stays, and is found in doubt when this process ends
    made = apply_outcomes(run.ledger, changes)
    counts.update(change.after.value for change in changes if change.contact_id in made)
    run.wake_courier()  # one wake for the group, not one a contact
    if bugs:
        raise bugs[0]
    return any(change.after is State.CLEARED for change in changes)

"""The campaign route: people are handed over to Genesys' own engine, a list at a time, and nobody twice.

    claim, decide, intent ──> assigned ──> list filled ──> campaign, off ──> decided again ──> start committed
                                                                                                   │
      started <── conversation seen                                        start, once <───────────┘
      failed  <── the engine says so      <── results, conversations <── stopped <── watched
      held    <── anything else

Each step may be repeated but the start. It is committed before it is made, so a process that dies leaves a
hand-over that may have started: it is stopped and read, and started again only on the word of an export that
the engine has a result for nobody. Whom it leaves without a word is held, and never given to it again.
"""

import contextlib
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from outreach.campaign.interaction import open_intents
from outreach.campaign.outcomes import NotAttempted, change_after, first_look
from outreach.campaign.run import Run
from outreach.campaign.validation import change_for, gather_facts
from outreach.clock import pause
from outreach.compliance import Verdict
from outreach.contacts import Channel
from outreach.errors import Ambiguous, NotSent, Refused
from outreach.genesys.campaign_route import (
    FAILED,
    LONGEST_TEXT,
    NO_RESULT,
    SENT,
    THROTTLED,
    CampaignRoute,
    EngineConversation,
    ListRow,
    Progress,
)
from outreach.ledger.changes import Change, apply, apply_outcomes, to_cleared, to_started
from outreach.ledger.claims import Claimed, claim, everything, releasing
from outreach.ledger.hand_overs import (
    HandOver,
    assign,
    commit_start,
    find_open,
    list_members,
    note,
    open_hand_over,
)
from outreach.ledger.states import State
from outreach.ledger.turns import taking_turn
from outreach.reachability import Inspection
from outreach.webhook.events import AuditLog, InteractionCreated, InteractionFailed, InteractionUnknown

GROUP = 500
SENDING, BOUND = timedelta(minutes=45), timedelta(minutes=60)
"""So much is given at once that it is sent in so long; and so long the engine may take at the most."""

MOST_STARTS, STILL_LOOKS, MOST_LOOKS = 3, 4, 60
_FORCED = ("forced_off", "invalid")
_ROWS = uuid.UUID("3a0c2d3e-6f0b-4c53-9a5c-0d1b7f2e9a10")


def hand_over(run: Run) -> Counter[str]:
    """Give everybody who is cleared for the campaign route to Genesys' engine, and see it through.

    Begins with what an earlier process left. Returns how many ended in each state. Does nothing while another
    living process does it.

    Raises:
        GenesysError: the organisation cannot be asked; everything stays, and the next run goes on with it.
    """
    counts: Counter[str] = Counter()
    route = run.campaign_route
    if route is None:
        return counts
    with taking_turn(run.ledger, f"hand-over/{run.campaign.id}") as mine, run.stopping():
        try:
            while mine and _hand_over(run, route, counts) and not run.auto_stop.reason:
                pass
        except NotSent as error:
            if not run.has_given_up(error):
                raise  # else the engine is stopped, and the next run reads what it did
    run.wake_courier()
    return counts


def _hand_over(run: Run, route: CampaignRoute, counts: Counter[str]) -> bool:
    """See through what is open, or one hand-over more; False when nobody is left."""
    waiting = find_open(run.ledger, run.campaign.id)
    if not waiting and not run.auto_stop.reason:
        _fill(run, route, counts)
        waiting = find_open(run.ledger, run.campaign.id)
    for each in waiting:
        counts.update(_see_through(run, route, each))
    return bool(waiting)


def row_id(reference: str) -> str:
    """The id of an attempt's row in a contact list: a UUID, as Genesys' own are."""
    return str(uuid.uuid5(_ROWS, reference))


# filling


def _fill(run: Run, route: CampaignRoute, counts: Counter[str]) -> None:
    """A hand-over with as many as are sent in `SENDING`; none when nobody is left."""
    most = int(route.per_minute * SENDING.total_seconds() / 60)
    opened: HandOver | None = None
    given = 0
    while given < most and not run.auto_stop.reason:
        limit = min(GROUP, most - given)
        batch = everything(run.campaign.name)
        group = claim(
            run.ledger, run.campaign.id, batch, (State.CLEARED,), limit=limit, channels=(Channel.SMS,)
        )
        if not group:
            break
        now = run.ledger.clock.now()
        opened = opened or open_hand_over(run.ledger, run.campaign.id, Channel.SMS, now + BOUND)
        with releasing(run.ledger, group):
            allowed = _keep_back(run, group, opened.until, counts)
            items = open_intents(run, allowed, counts)
        apply_outcomes(
            run.ledger,
            [change_after(run, item, NotAttempted()) for item in items if item.channel is not Channel.SMS],
        )
        given += assign(run.ledger, opened, [item for item in items if item.channel is Channel.SMS])


def _keep_back(run: Run, group: Sequence[Claimed], until: datetime, counts: Counter[str]) -> list[Claimed]:
    """Those whom the whole time of sending allows; the others are deferred, or too long for this route."""
    inspected = {row.id: Inspection("passed", row.availability) for row in group}
    facts = gather_facts(run, group, inspected)
    now = run.ledger.clock.now()
    allowed: list[Claimed] = []
    changes: list[Change] = []
    for row in group:
        if len(run.message_for(row.contact)) > LONGEST_TEXT:
            changes.append(_too_long(run, row))
            continue
        late = [run.gate.decide(row.contact, facts[row.id], at) for at in (now + (until - now) / 2, until)]
        never = next((each for each in late if each.verdict is not Verdict.ALLOWED), None)
        if never is None or run.gate.decide(row.contact, facts[row.id], now).verdict is not Verdict.ALLOWED:
            allowed.append(row)  # what forbids it now is said with the intent
        else:
            changes.append(change_for(run, row, facts[row.id], never, now))
    made = apply(run.ledger, changes)
    counts.update(change.after.value for change in changes if change.contact_id in made)
    return allowed


def _too_long(run: Run, row: Claimed) -> Change:
    reason = "refused:message_too_long"
    events = run.event(
        InteractionFailed, row, channel=Channel.SMS, reason="message_too_long", status=0, correlation_id=""
    )
    return Change(
        contact_id=row.id,
        after=State.FAILED,
        action="failed",
        reason=reason,
        fields={"retryable": False},
        events=events,
    )


# seeing it through


def _see_through(run: Run, route: CampaignRoute, hand_over: HandOver) -> Counter[str]:
    """Take a hand-over from wherever it stands to its end."""
    members = list_members(run.ledger, hand_over)
    if not members:
        note(run.ledger, hand_over, ended_at=run.ledger.clock.now())
        return Counter()
    rows = {row_id(each.reference): each for each in members}
    is_started = hand_over.start_at is not None
    if not is_started:
        is_new = not hand_over.outbound_id
        is_late = run.ledger.clock.now() > hand_over.until - SENDING  # decided on too long ago
        if is_new and (is_late or run.auto_stop.reason):
            return _give_back(run, hand_over, members)
        if run.auto_stop.reason:
            return Counter()
        hand_over, is_whole = _prepare(run, route, hand_over, rows)
        if is_new and not is_whole:
            _give_back(run, hand_over, members)
            raise Ambiguous(
                "count contact list", 0, "sizes_differ", "", "Run it again: it makes another list."
            )
        if is_whole and (is_new or _is_untouched(route, hand_over)):
            _start(run, route, hand_over, rows)
            is_started = True
    for starts_left in reversed(range(MOST_STARTS)):
        _watch(run, route, hand_over, rows)
        results = _read_settled(run, route, hand_over)
        seen = _look_for_conversations(run, route, hand_over, rows, results)
        is_touched = any(results.get(key) for key in rows) or seen
        if is_touched or not is_started or not starts_left or run.auto_stop.reason:
            break
        _start_again(run, route, hand_over, rows)
    return _settle(run, hand_over, rows, results, seen)


def _prepare(
    run: Run, route: CampaignRoute, hand_over: HandOver, rows: Mapping[str, Claimed]
) -> tuple[HandOver, bool]:
    """The list with everybody in it and the campaign, off; and whether the list has exactly these.

    Where it has others, no campaign is made.
    """
    list_id = hand_over.list_id or route.prepare_list(hand_over.name)
    note(run.ledger, hand_over, list_id=list_id)
    given = [_list_row(run, key, row) for key, row in rows.items()]
    route.add(list_id, given)
    is_whole = route.count(list_id) == len(given)
    if not is_whole:  # it may lag behind
        run.ledger.clock.sleep(run.settings.look_after_seconds[-1])
        is_whole = route.count(list_id) == len(given)
    outbound_id = hand_over.outbound_id
    if is_whole and not outbound_id:
        outbound_id = route.prepare_campaign(hand_over.name, list_id)
        note(run.ledger, hand_over, outbound_id=outbound_id)
    return replace(hand_over, list_id=list_id, outbound_id=outbound_id), is_whole


def _is_untouched(route: CampaignRoute, hand_over: HandOver) -> bool:
    """Whether the engine has a result for nobody: others may have started a campaign that lay there."""
    return not any(route.read_results(hand_over.list_id).values())


def _list_row(run: Run, key: str, row: Claimed) -> ListRow:
    address = row.contact.channels.address(Channel.SMS) or ""
    return ListRow(key, address, run.message_for(row.contact))


def _give_back(run: Run, hand_over: HandOver, members: Sequence[Claimed]) -> Counter[str]:
    """Nobody can have been contacted: there is no campaign yet. They go into another list."""
    changes = [
        to_cleared(
            contact_id=row.id,
            action="not_tried",
            reference=row.reference,
            fields={"attempts": row.attempts - 1},
        )
        for row in members
    ]
    apply_outcomes(run.ledger, changes)
    note(run.ledger, hand_over, ended_at=run.ledger.clock.now())
    return Counter()


def _start(run: Run, route: CampaignRoute, hand_over: HandOver, rows: Mapping[str, Claimed]) -> None:
    """Decide on everybody again, commit the start, and make it, once."""
    _withdraw(run, route, hand_over, rows)
    route.bound(hand_over.outbound_id, hand_over.until)
    before = route.look(hand_over.outbound_id)
    if not commit_start(run.ledger, hand_over, len(rows)):
        raise Ambiguous("start campaign", 0, "hand_over_changed", "", "Run it again.")
    if before.status == "off" and before.done == 0:  # else somebody has started it: never a second time
        _send_start(run, route, hand_over)


def _send_start(run: Run, route: CampaignRoute, hand_over: HandOver) -> None:
    try:
        route.start(hand_over.outbound_id)
    except (NotSent, Refused):  # proven: nothing happened
        note(run.ledger, hand_over, start_at=None)
        raise
    except Ambiguous:
        return  # it is looked for, and not made again in doubt


def _withdraw(run: Run, route: CampaignRoute, hand_over: HandOver, rows: Mapping[str, Claimed]) -> None:
    """Whoever may not be contacted any more is marked, before anything is sent."""
    members = list(rows.values())
    facts = gather_facts(run, members, {row.id: Inspection("passed", row.availability) for row in members})
    now = run.ledger.clock.now()
    for key, row in rows.items():
        known = replace(facts[row.id], recent=())  # caps were taken with the intent
        decision = run.gate.decide(row.contact, known, now)
        if decision.verdict is not Verdict.ALLOWED or decision.channel is not Channel.SMS:
            route.withdraw(hand_over.list_id, _list_row(run, key, row))


def _start_again(run: Run, route: CampaignRoute, hand_over: HandOver, rows: Mapping[str, Claimed]) -> None:
    """The export has a result for nobody: the start was lost, or never made."""
    _withdraw(run, route, hand_over, rows)
    found = route.look(hand_over.outbound_id)
    if found.status == "off" and found.done == 0 and run.ledger.clock.now() < hand_over.until:
        with contextlib.suppress(Ambiguous):
            route.start(hand_over.outbound_id)


def _watch(run: Run, route: CampaignRoute, hand_over: HandOver, rows: Mapping[str, Claimed]) -> None:
    """Until it is done or shall stop; then it is stopped, and that is waited for."""
    clock = run.ledger.clock
    still = 0
    last: tuple[Progress, int] | None = None
    while not run.auto_stop.reason and clock.now() < hand_over.until and still < STILL_LOOKS:
        found = route.look(hand_over.outbound_id)
        missing = len(rows)
        if found.status not in ("on", "off"):
            break
        if found.status == "on" and found.done >= min(found.total, len(rows)):
            results = route.read_results(
                hand_over.list_id
            )  # the sum may lie after a recycle: the export decides
            missing = sum(not results.get(key) for key in rows)
            if not missing:
                break
        still = still + 1 if (found, missing) == last else 0
        last = (found, missing)
        pause(clock, _wait_seconds(run, route, found), lambda: run.auto_stop.reason)
    _stop(run, route, hand_over)


def _wait_seconds(run: Run, route: CampaignRoute, found: Progress) -> float:
    """Half of what is left of the time that the rest takes; at the end, the shortest look."""
    shortest = run.settings.look_after_seconds[0]
    if found.status != "on":
        return shortest
    return min(60.0, max(shortest, (found.total - found.done) / route.per_minute * 30))


def _stop(run: Run, route: CampaignRoute, hand_over: HandOver) -> None:
    """Stop it, unless it has stopped or is complete, and wait until it is off."""
    clock = run.ledger.clock
    told = bool(run.auto_stop.reason)
    if told:  # before anything else: where the run was called off, no read has its turn any more
        with contextlib.suppress(Refused):
            route.stop(hand_over.outbound_id)
    for _ in range(MOST_LOOKS):
        status = route.look(hand_over.outbound_id).status
        if status == "complete" or (status == "off" and told) or status in _FORCED:
            return
        if status != "stopping":
            with contextlib.suppress(Refused):  # of what is off already
                route.stop(hand_over.outbound_id)
            told = True
        clock.sleep(run.settings.look_after_seconds[0])
    raise Ambiguous("stop campaign", 0, "still_on", "", "Stop it by hand in Genesys.")


def _read_settled(run: Run, route: CampaignRoute, hand_over: HandOver) -> Mapping[str, str]:
    """Results that have stopped changing: two exports in a row say the same."""
    before = route.read_results(hand_over.list_id)
    for seconds in run.settings.look_after_seconds:
        run.ledger.clock.sleep(seconds)
        now = route.read_results(hand_over.list_id)
        if now == before:
            break
        before = now
    return before


def _look_for_conversations(
    run: Run,
    route: CampaignRoute,
    hand_over: HandOver,
    rows: Mapping[str, Claimed],
    results: Mapping[str, str],
) -> dict[str, list[EngineConversation]]:
    """Whose conversations analytics shows; looked again while somebody who was sent to is missing."""
    seen: dict[str, list[EngineConversation]] = {}
    for seconds in (0.0, *run.settings.look_after_seconds):
        run.ledger.clock.sleep(seconds)
        seen = {}
        for found in route.list_conversations(hand_over.outbound_id, hand_over.opened_at):
            seen.setdefault(found.row_id, []).append(found)
        if all(key in seen for key in rows if results.get(key) == SENT):
            break
    return seen


# the end


def _settle(
    run: Run,
    hand_over: HandOver,
    rows: Mapping[str, Claimed],
    results: Mapping[str, str],
    seen: Mapping[str, Sequence[EngineConversation]],
) -> Counter[str]:
    changes = [
        _outcome(run, row, results.get(key, NO_RESULT), seen.get(key, ())) for key, row in rows.items()
    ]
    counts: Counter[str] = Counter()
    for first in range(0, len(changes), GROUP):
        group = changes[first : first + GROUP]
        made = apply_outcomes(run.ledger, group)
        counts.update(change.after.value for change in group if change.contact_id in made)
    note(run.ledger, hand_over, ended_at=run.ledger.clock.now())
    return counts


def _outcome(run: Run, row: Claimed, result: str, seen: Sequence[EngineConversation]) -> Change:
    if seen:
        return _started(run, row, seen)
    if result in (FAILED, THROTTLED):
        return _failed(run, row, result)
    reason = "outcome_unknown" if result else "no_result"
    events = run.event(
        InteractionUnknown,
        row,
        channel=Channel.SMS,
        reason=reason,
        reference=row.reference,
        correlation_id="",
    )
    detail = {"reason": reason, "result": result, "reference": row.reference}
    return Change(
        contact_id=row.id,
        after=State.HELD,
        action="held",
        reason=reason,
        detail=detail,
        events=events,
        intent="unknown",
        reference=row.reference,
    )


def _started(run: Run, row: Claimed, seen: Sequence[EngineConversation]) -> Change:
    first = min(seen, key=lambda each: each.started_at)
    run.auto_stop.count_started()
    events = run.event(
        InteractionCreated,
        row,
        conversation_id=first.conversation_id,
        latency_ms=0.0,
        audit_log=AuditLog(channel=Channel.SMS),
        reference=row.reference,
    )
    fields = {
        "conversation_id": first.conversation_id,
        "started_at": first.started_at,
        "look_at": first_look(row, run.ledger.clock.now()),
        "looks": 0,
        "deaths": 0,
    }
    # Two for one row: somebody recycled it, and no belt held. The proof is red.
    action = "started" if len(seen) == 1 else "contacted_twice"
    detail = {"conversation_id": first.conversation_id, "reference": row.reference, "route": "campaign"}
    return to_started(
        contact_id=row.id, action=action, fields=fields, detail=detail, events=events, reference=row.reference
    )


def _failed(run: Run, row: Claimed, result: str) -> Change:
    reason = f"refused:OUTBOUND-MESSAGE-{result}"
    events = run.event(
        InteractionFailed, row, channel=Channel.SMS, reason=reason, status=0, correlation_id=""
    )
    detail = {"reference": row.reference, "result": result}
    # Not retried by itself: a later recycle by somebody else may still send to this row.
    return Change(
        contact_id=row.id,
        after=State.FAILED,
        action="failed",
        reason=reason,
        fields={"retryable": False},
        detail=detail,
        events=events,
        intent="unknown",
        reference=row.reference,
    )

"""Filling a hand-over with whoever is cleared for it, and may be contacted as long as it sends."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import orjson

from outreach.campaign.hand_overs.sending import find_obstacle, say
from outreach.campaign.interaction import open_intents
from outreach.campaign.outcomes import NotAttempted, change_after, count_outcome
from outreach.campaign.run import Run
from outreach.campaign.validation import change_for, gather_facts, inspected_before
from outreach.compliance import Verdict
from outreach.contacts import Channel
from outreach.errors import Invalid
from outreach.genesys.platform.api import Engine
from outreach.ledger.changes import Change, apply, apply_outcomes
from outreach.ledger.claims import BatchRef, Claimed, claim, everything, list_claimable, releasing
from outreach.ledger.facts import paces_of, remember
from outreach.ledger.hand_overs import HandOver, assign, open_hand_over
from outreach.ledger.intents import Intent
from outreach.ledger.states import State

GROUP = 500
SENDING = timedelta(minutes=45)
"""So much is given at once that it is sent in so long."""

_BOUND = timedelta(minutes=60)


def next_bound(now: datetime) -> datetime:
    """Until when the engine may send at the most what it is given now."""
    return now + _BOUND


def fill(run: Run, engine: Engine, counts: Counter[str]) -> None:
    """Open a hand-over for each sender, with whom it sends to in `SENDING`; none when nobody is left."""
    for channel in run.engine_channels:
        _fill_channel(run, engine, channel, counts)


def _fill_channel(run: Run, engine: Engine, channel: Channel, counts: Counter[str]) -> None:
    minutes = SENDING.total_seconds() / 60
    paces = engine.paces(channel)
    remember(run.ledger, paces_of(run.campaign.id, channel), orjson.dumps([*paces.values()]).decode())
    room = {name: int(pace.per_minute * minutes) for name, pace in paces.items()}
    until = next_bound(run.ledger.clock.now())
    made: dict[str, HandOver] = {}
    for group in _claim_groups(run, engine, channel, room):
        with releasing(run.ledger, group):
            allowed = _keep_back(run, group, channel, until, counts)
            items = open_intents(run, allowed, counts)
        for name, own in _by_sender(run, engine, items, channel).items():
            if name not in made:
                made[name] = open_hand_over(run.ledger, run.campaign.id, channel, name, until)
            room[name] -= assign(run.ledger, made[name], own)


def _claim_groups(
    run: Run, engine: Engine, channel: Channel, room: Mapping[str, int]
) -> Iterator[list[Claimed]]:
    """Whose sender has room, in the list's order: one that is full keeps its people for its next list."""
    whole, after, waits = everything(run.campaign.name), -1, False
    take = partial(claim, run.ledger, run.campaign.id, whole, (State.CLEARED,), channels=(channel,))

    def may_go_on() -> bool:
        return not run.auto_stop.reason and any(left > 0 for left in room.values())

    while may_go_on() and (seen := _look(run, channel, whole, after)):
        after = seen[-1].id
        fitting = _find_fitting(engine, channel, seen, room)
        waits = waits or len(fitting) < len(seen)
        if fitting and (group := take(limit=GROUP, only=fitting)):
            yield group
    while not waits and may_go_on() and (group := take(limit=1)):  # on whom a process died, each alone
        yield group


def _look(run: Run, channel: Channel, whole: BatchRef, after: int) -> list[Claimed]:
    key, one = run.campaign.id, (channel,)
    return list_claimable(run.ledger, key, whole, after=after, limit=GROUP, channels=one)


def _find_fitting(
    engine: Engine, channel: Channel, seen: Sequence[Claimed], room: Mapping[str, int]
) -> list[int]:
    """Whom there is room for, and whom no sender serves."""
    left, fitting = dict(room), list[int]()
    for person in seen:
        sender = engine.senders.choose(person.contact, channel)
        if sender is None or left[sender] > 0:
            fitting.append(person.id)
        if sender is not None:
            left[sender] -= 1
    return fitting


def _by_sender(
    run: Run, engine: Engine, items: Sequence[Intent], channel: Channel
) -> Mapping[str, Sequence[Intent]]:
    """Whom each sender contacts; the others have their outcome."""
    chosen: dict[str, list[Intent]] = defaultdict(list)
    changes: list[Change] = []
    for item in items:
        sender = engine.senders.choose(item.claimed.contact, channel)
        objection = _object_to(run, engine, item, channel, sender)
        if objection is None and sender is not None:
            chosen[sender].append(item)
        else:
            if isinstance(objection, Invalid):
                count_outcome(run, item, objection)
            changes.append(change_after(run, item, objection or NotAttempted()))
    apply_outcomes(run.ledger, changes)
    return chosen


def _object_to(
    run: Run, engine: Engine, item: Intent, channel: Channel, sender: str | None
) -> NotAttempted | Invalid | None:
    """Why the person cannot be in a list."""
    if item.channel is not channel:
        return NotAttempted()
    if sender is None:
        return Invalid("hand over", 0, "no_sender", "", f"Set a sender for {channel} in the senders.")
    longest = engine.open_route(channel, sender).longest_text
    if len(say(run, item.claimed.contact, channel).text) <= longest:
        return None
    advice = f"Shorten the message to {longest} characters."
    return Invalid("hand over", 0, "message_too_long", "", advice)


def _keep_back(
    run: Run, group: Sequence[Claimed], channel: Channel, until: datetime, counts: Counter[str]
) -> list[Claimed]:
    """Those whom the whole time of sending allows; the others are deferred, or go by another channel."""
    facts = gather_facts(run, group, inspected_before(group))
    now = run.ledger.clock.now()
    allowed: list[Claimed] = []
    changes: list[Change] = []
    for row in group:
        known = facts[row.id]
        obstacle = find_obstacle(run, row, known, channel, now, until)
        if obstacle is None or run.gate.decide(row.contact, known, now).verdict is not Verdict.ALLOWED:
            allowed.append(row)  # what forbids it already now is said with the intent
        else:
            changes.append(change_for(run, row, known, obstacle, now))
    made = apply(run.ledger, changes)
    counts.update(change.after.value for change in changes if change.contact_id in made)
    return allowed

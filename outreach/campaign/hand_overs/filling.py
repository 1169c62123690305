"""Filling a hand-over with whoever is cleared for it, and may be contacted as long as it sends."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from outreach.campaign.hand_overs.sending import find_obstacle, text_of
from outreach.campaign.interaction import open_intents
from outreach.campaign.outcomes import NotAttempted, change_after
from outreach.campaign.run import Run
from outreach.campaign.validation import change_for, gather_facts, inspected_before
from outreach.compliance import Verdict
from outreach.contacts import Channel
from outreach.errors import Invalid
from outreach.genesys.campaign_route import LONGEST_TEXT, CampaignRoute
from outreach.ledger.changes import Change, apply, apply_outcomes
from outreach.ledger.claims import Claimed, claim, everything, releasing
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


def fill(run: Run, route: CampaignRoute, counts: Counter[str]) -> None:
    """Open a hand-over for each channel, with as many as are sent in `SENDING`; none when nobody is left."""
    for channel in Channel:
        if channel.traits.by_engine:
            _fill_one(run, route, channel, counts)


def _fill_one(run: Run, route: CampaignRoute, channel: Channel, counts: Counter[str]) -> None:
    left = int(route.per_minute * SENDING.total_seconds() / 60)
    hand_over = None
    while left > 0 and not run.auto_stop.reason:
        group = claim(
            run.ledger,
            run.campaign.id,
            everything(run.campaign.name),
            (State.CLEARED,),
            limit=min(GROUP, left),
            channels=(channel,),
        )
        if not group:
            return
        if hand_over is None:
            until = next_bound(run.ledger.clock.now())
            hand_over = open_hand_over(run.ledger, run.campaign.id, channel, until)
        with releasing(run.ledger, group):
            allowed = _keep_back(run, group, hand_over, counts)
            items = open_intents(run, allowed, counts)
        left -= assign(run.ledger, hand_over, _take(run, items, channel))


def _keep_back(
    run: Run, group: Sequence[Claimed], hand_over: HandOver, counts: Counter[str]
) -> list[Claimed]:
    """Those whom the whole time of sending allows; the others are deferred, or go by another channel."""
    facts = gather_facts(run, group, inspected_before(group))
    now = run.ledger.clock.now()
    allowed: list[Claimed] = []
    changes: list[Change] = []
    for row in group:
        known = facts[row.id]
        obstacle = find_obstacle(run, row, known, hand_over, now)
        if obstacle is None or run.gate.decide(row.contact, known, now).verdict is not Verdict.ALLOWED:
            allowed.append(row)  # what forbids it already now is said with the intent
        else:
            changes.append(change_for(run, row, known, obstacle, now))
    made = apply(run.ledger, changes)
    counts.update(change.after.value for change in changes if change.contact_id in made)
    return allowed


def _take(run: Run, items: Sequence[Intent], channel: Channel) -> list[Intent]:
    """Those that a list can hold; the others have their outcome."""
    outcomes = {item.reference: _object_to(run, item, channel) for item in items}
    apply_outcomes(
        run.ledger,
        [change_after(run, item, no) for item in items if (no := outcomes[item.reference]) is not None],
    )
    return [item for item in items if outcomes[item.reference] is None]


def _object_to(run: Run, item: Intent, channel: Channel) -> NotAttempted | Invalid | None:
    if item.channel is not channel:
        return NotAttempted()
    if len(text_of(run, item.claimed.contact, channel)) <= LONGEST_TEXT:
        return None
    advice = f"Shorten the message to {LONGEST_TEXT} characters."
    return Invalid("hand over", 0, "message_too_long", "", advice)

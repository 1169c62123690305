"""The engine: what running campaigns have done by now. Every request lets it catch up first.

It works by the organisation's clock alone, event by event over all campaigns: a start that takes effect, the
next contact that is taken from a queue, a message that leaves, a stop or a schedule's end, nobody left.
"""

from collections import OrderedDict

from emulator.outbound.contacting import leave, take
from emulator.state.organisation import Organisation
from emulator.state.outbound import NEVER, Campaign

_HOURS_AGAIN = 900.0
"""Whom the hour forbade is looked at again after so many seconds, where the organisation says so."""


def catch_up(org: Organisation) -> None:
    """Do what is due until now."""
    campaigns = [each for each in org.outbound.campaigns.values() if _next(each) < NEVER]
    now = org.now()
    while campaigns:
        campaign = min(campaigns, key=_next)
        at = _next(campaign)
        if at > now:
            return
        _step(org, campaign, at)
        if _next(campaign) == NEVER:
            campaigns.remove(campaign)


def _next(campaign: Campaign) -> float:
    at = min(campaign.starts_at, campaign.stops_at)
    if campaign.in_flight:
        at = min(at, campaign.in_flight[0][0])
    if campaign.status == "on":
        at = min(at, campaign.over_at)
        if campaign.queue:
            at = min(at, campaign.next_at)
    return at


def _step(org: Organisation, campaign: Campaign, at: float) -> None:
    if campaign.starts_at <= at:
        _begin(org, campaign, at)
    elif campaign.stops_at <= at:
        campaign.status, campaign.stops_at = "off", NEVER
    elif campaign.in_flight and campaign.in_flight[0][0] <= at:
        leave(org, campaign, campaign.in_flight.popleft()[1], at)
    elif campaign.over_at <= at:
        stop(org, campaign, at)
    elif take(org, campaign, at):
        campaign.next_at = at + campaign.interval
    if campaign.status == "on" and not campaign.queue and not campaign.in_flight:
        _run_dry(org, campaign, at)


def _run_dry(org: Organisation, campaign: Campaign, at: float) -> None:
    """Nobody is left: those of another hour, an administrator's rule, or the end."""
    if campaign.waiting:
        campaign.queue = OrderedDict(campaign.waiting)
        campaign.waiting.clear()
        campaign.next_at = at + _HOURS_AGAIN
    elif _recycled_by_rule(org, campaign, at):
        return
    elif not (campaign.body.get("alwaysRunning") and org.settings.outbound.always_running == "holds"):
        campaign.status = "complete"
        note(org, "CAMPAIGN_COMPLETED", campaign, at)


def _recycled_by_rule(org: Organisation, campaign: Campaign, at: float) -> bool:
    for key, rule in org.outbound.shelves.get("campaignrules", {}).items():
        if rule.get("enabled") and key not in campaign.rules_fired and _recycles(rule, campaign):
            campaign.rules_fired.add(key)
            recycle(org, campaign, at)
            return True
    return False


def _recycles(rule: dict[str, object], campaign: Campaign) -> bool:
    actions = rule.get("campaignRuleActions")
    for action in actions if isinstance(actions, list) else ():
        if action.get("actionType") != "recycleCampaign":
            continue
        named = action.get("campaignRuleActionEntities") or {}
        entities = rule.get("campaignRuleEntities") if named.get("useTriggeringEntity") else named
        groups = entities.values() if isinstance(entities, dict) else ()
        if any(
            {"id": campaign.campaign_id}.items() <= each.items()
            for group in groups
            if isinstance(group, list)
            for each in group
        ):
            return True
    return False


def start(org: Organisation, campaign: Campaign, at: float) -> None:
    """Accept a start; it takes effect `start_seconds` later."""
    campaign.starts_at = at + org.settings.outbound.start_seconds
    if campaign.starts_at <= at:
        _begin(org, campaign, at)


def _begin(org: Organisation, campaign: Campaign, at: float) -> None:
    """Go on with the next contact; a completed campaign begins with the first again."""
    campaign.starts_at = NEVER
    if campaign.status == "complete":
        recycle(org, campaign, at, "CAMPAIGN_RESTARTED")
    if campaign.queue is None:
        campaign.queue = OrderedDict.fromkeys(org.outbound.lists[campaign.list_id].contacts)
        campaign.total = len(campaign.queue)
    campaign.status = "on"
    campaign.next_at = max(campaign.next_at, at)
    if not campaign.queue:
        _run_dry(org, campaign, at)


def stop(org: Organisation, campaign: Campaign, at: float) -> None:
    """Stop: `stopping` at once, `off` after `stop_seconds`; of what is in flight the switch decides."""
    switches = org.settings.outbound
    campaign.starts_at, campaign.over_at = NEVER, NEVER
    campaign.status, campaign.stops_at = "stopping", at + switches.stop_seconds
    if switches.in_flight_at_stop == "sent":
        return
    if switches.in_flight_at_stop == "returned" and campaign.queue is not None:
        contacts = org.outbound.lists[campaign.list_id]
        for _, key in reversed(campaign.in_flight):
            campaign.queue[key] = None
            campaign.queue.move_to_end(key, last=False)
            if (contact := contacts.contacts.get(key)) is not None:
                contact.attempts -= 1
                contacts.number_attempts[contact.data.get(campaign.column, "")] -= 1
    campaign.in_flight.clear()


def recycle(org: Organisation, campaign: Campaign, at: float, event: str = "RECYCLE_CAMPAIGN") -> None:
    """Everybody is in the queue again, from the first."""
    switches, contacts = org.settings.outbound, org.outbound.lists[campaign.list_id]
    flying = {key for _, key in campaign.in_flight}
    campaign.queue = OrderedDict((key, None) for key in contacts.contacts if key not in flying)
    campaign.recycled_at = at
    if switches.recycle_resets_progress:
        campaign.messaged, campaign.total = 0, len(campaign.queue)
        campaign.skipped.clear()
    elif switches.requeued_counts_twice:
        campaign.total += len(campaign.queue)
    if switches.attempt_limits == "end_with_recycle":
        contacts.number_attempts.clear()
        for contact in contacts.contacts.values():
            contact.attempts = 0
    campaign.next_at = max(campaign.next_at, at)
    note(org, event, campaign, at)


def queue_added(org: Organisation, list_id: str, key: str, *, is_new: bool, first: bool) -> None:
    """A contact was added to a list, or added again without `doNotQueue`: who has started sends to it."""
    for campaign in org.outbound.campaigns_of(list_id):
        if campaign.queue is None:
            continue
        if is_new or (key not in campaign.queue and org.settings.outbound.requeued_counts_twice):
            campaign.total += 1
        campaign.queue[key] = None
        campaign.queue.move_to_end(key, last=not first)
        campaign.next_at = max(campaign.next_at, org.now())


def note(org: Organisation, code: str, campaign: Campaign, at: float) -> None:
    """Write an event down, as the event log shows it."""
    entity = {"id": campaign.campaign_id, "name": campaign.body["name"]}
    org.outbound.events.append(
        {
            "id": org.new_id(),
            "name": code,
            "errorEntity": entity,
            "timestamp": org.stamp(at),
            "level": "INFO",
            "category": "MESSAGING_CAMPAIGN",
            "eventMessage": {"code": code, "message": code.replace("_", " ").capitalize()},
        }
    )

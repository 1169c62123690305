"""What campaigns and lists name: attempt limits, calling hours, rule sets, campaign rules (fact sheet 1.6).

Bodies are kept as they come; what the engine makes of them stands in `contacting.py` and `engine.py`.
"""

from collections.abc import Callable

from emulator.errors import bad_request, present
from emulator.http.fields import Fields, instant_of
from emulator.http.messages import Request, Response, answer, known, nothing
from emulator.http.routing import Operations
from emulator.outbound.names import named
from emulator.platform.listing import page
from emulator.state.organisation import Organisation
from emulator.state.outbound import NEVER, Campaign

operation = Operations("/api/v2/outbound")

_READ_ONLY = ("id", "version", "dateCreated", "dateModified", "selfUri")


def _check_limits(body: Fields) -> None:
    for name in ("maxAttemptsPerContact", "maxAttemptsPerNumber"):
        body.whole(name, 1, 1, 100)


def _check_hours(body: Fields) -> None:
    for each in body.parts("callableTimes", fewest=1):
        each.text("timeZoneId", required=True)
        for slot in each.parts("timeSlots", fewest=1):
            slot.whole("day", 1, 1, 7)
            slot.text("startTime", required=True)
            slot.text("stopTime", required=True)


def _check_rules(body: Fields) -> None:
    for each in body.parts("rules", fewest=1):
        each.choice("category", ("PreContact", "PostContact"))
        each.parts("actions", fewest=1)


def _check_campaign_rule(body: Fields) -> None:
    body.parts("campaignRuleActions", fewest=1)


def _create(org: Organisation, request: Request, shelf: str, check: Callable[[Fields], None]) -> Response:
    body = request.fields()
    name = body.text("name", required=True, most=64)
    check(body)
    kept = org.outbound.shelves.setdefault(shelf, {})
    if any(each["name"] == name for each in kept.values()):
        raise bad_request("The name is taken", "name", "duplicate.name")
    key = org.new_id()
    told = {name: each for name, each in body.values.items() if name not in _READ_ONLY and each is not None}
    uri = f"/api/v2/outbound/{shelf}/{key}"
    kept[key] = {"id": key, **told, "version": 1, "dateCreated": org.stamp(org.now()), "selfUri": uri}
    return answer(kept[key])


def _list(org: Organisation, request: Request, shelf: str) -> Response:
    exact = org.settings.outbound.name_filter == "exact"
    kept = org.outbound.shelves.get(shelf, {}).values()
    return page(request, [each for each in kept if named(each["name"], request.query("name"), exact=exact)])


def _get(org: Organisation, request: Request, shelf: str) -> Response:
    return answer(present(org.outbound.find(shelf, request.path.rpartition("/")[2]), shelf))


@operation("attempt_limits.create", "POST", "/attemptlimits", "outbound:attemptLimits:add")
def create_limits(org: Organisation, request: Request) -> Response:
    """New attempt limits, for lists."""
    return _create(org, request, "attemptlimits", _check_limits)


@operation("attempt_limits.list", "GET", "/attemptlimits", "outbound:attemptLimits:view")
def list_limits(org: Organisation, request: Request) -> Response:
    """The attempt limits; none at first."""
    return _list(org, request, "attemptlimits")


@operation("attempt_limits.get", "GET", "/attemptlimits/{attemptLimitsId}", "outbound:attemptLimits:view")
def read_limits(org: Organisation, request: Request) -> Response:
    """Attempt limits by id."""
    return _get(org, request, "attemptlimits")


@operation("callable_times.create", "POST", "/callabletimesets", "outbound:callableTimeSet:add")
def create_hours(org: Organisation, request: Request) -> Response:
    """New calling hours, zone by zone."""
    return _create(org, request, "callabletimesets", _check_hours)


@operation("callable_times.list", "GET", "/callabletimesets", "outbound:callableTimeSet:view")
def list_hours(org: Organisation, request: Request) -> Response:
    """The campaign calling hours: one set at first, weekdays in New York."""
    return _list(org, request, "callabletimesets")


@operation(
    "callable_times.get", "GET", "/callabletimesets/{callableTimeSetId}", "outbound:callableTimeSet:view"
)
def read_hours(org: Organisation, request: Request) -> Response:
    """Calling hours by id."""
    return _get(org, request, "callabletimesets")


@operation("rule_sets.create", "POST", "/digitalrulesets", "outbound:digitalRuleSet:add")
def create_rules(org: Organisation, request: Request) -> Response:
    """A new set of rules before and after a contact."""
    return _create(org, request, "digitalrulesets", _check_rules)


@operation("rule_sets.list", "GET", "/digitalrulesets", "outbound:digitalRuleSet:view")
def list_rules(org: Organisation, request: Request) -> Response:
    """The rule sets; none at first."""
    return _list(org, request, "digitalrulesets")


@operation("rule_sets.get", "GET", "/digitalrulesets/{digitalRuleSetId}", "outbound:digitalRuleSet:view")
def read_rules(org: Organisation, request: Request) -> Response:
    """A rule set by id."""
    return _get(org, request, "digitalrulesets")


@operation("campaign_rules.create", "POST", "/campaignrules", "outbound:campaignRule:add")
def create_campaign_rule(org: Organisation, request: Request) -> Response:
    """An administrator's rule; its action `recycleCampaign` has an effect once nobody is left."""
    return _create(org, request, "campaignrules", _check_campaign_rule)


@operation("campaign_rules.list", "GET", "/campaignrules", "outbound:campaignRule:view")
def list_campaign_rules(org: Organisation, request: Request) -> Response:
    """The campaign rules; none at first."""
    return _list(org, request, "campaignrules")


@operation("outbound_settings.get", "GET", "/settings")
def read_settings(org: Organisation, _request: Request) -> Response:
    """The organisation's settings for campaigns."""
    return answer({"rescheduleTimeZoneSkippedContacts": False} | (org.outbound.find("settings", "") or {}))


@operation("outbound_settings.patch", "PATCH", "/settings")
def change_settings(org: Organisation, request: Request) -> Response:
    """Change them; `rescheduleTimeZoneSkippedContacts` has an effect."""
    body = request.fields()
    body.flag("rescheduleTimeZoneSkippedContacts")
    org.outbound.shelves.setdefault("settings", {}).setdefault("", {}).update(body.values)
    return nothing()


@operation("campaign_events.list", "GET", "/events", "outbound:eventLog:view")
def list_events(org: Organisation, request: Request) -> Response:
    """The event log: starts again, recycles, ends."""
    category, level = request.query("category"), request.query("level")
    chosen = [
        each
        for each in org.outbound.events
        if category in ("", each["category"]) and level in ("", each["level"])
    ]
    return page(request, chosen[::-1])


_SCHEDULES = {
    kind: f"/schedules/{kind}campaigns/{{messagingCampaignId}}" for kind in ("messaging", "email", "whatsapp")
}
_SCHEDULE = _SCHEDULES["messaging"]


@operation("email_schedule.put", "PUT", _SCHEDULES["email"])
@operation("whatsapp_schedule.put", "PUT", _SCHEDULES["whatsapp"])
@operation("campaign_schedule.put", "PUT", _SCHEDULE)
def put_schedule(org: Organisation, request: Request) -> Response:
    """A campaign's schedule: at the end of its last interval the campaign is stopped."""
    campaign, body = _campaign(org, request), request.fields()
    ends = [each.text("end", required=True) for each in body.parts("intervals", fewest=1)]
    instants = [instant_of(each) for each in ends]
    if None in instants:
        raise bad_request("The end is no instant", "intervals", "invalid.date")
    campaign.over_at = max(each for each in instants if each is not None) - org.clock.skew
    kept = org.outbound.shelves.setdefault("schedules", {})
    version = (kept.get(campaign.campaign_id) or {"version": 0})["version"] + 1
    entity = {"id": campaign.campaign_id, "name": campaign.body["name"]}
    told = {name: each for name, each in body.values.items() if name in ("name", "intervals", "timeZone")}
    kept[campaign.campaign_id] = known(id=org.new_id(), version=version, messagingCampaign=entity, **told)
    return answer(kept[campaign.campaign_id])


@operation("campaign_schedule.get", "GET", _SCHEDULE)
def read_schedule(org: Organisation, request: Request) -> Response:
    """A campaign's schedule."""
    return answer(present(org.outbound.find("schedules", _campaign(org, request).campaign_id), "schedule"))


@operation("campaign_schedule.delete", "DELETE", _SCHEDULE)
def delete_schedule(org: Organisation, request: Request) -> Response:
    """Without a schedule a campaign runs on."""
    campaign = _campaign(org, request)
    campaign.over_at = NEVER
    org.outbound.shelves.get("schedules", {}).pop(campaign.campaign_id, None)
    return nothing(200)


def _campaign(org: Organisation, request: Request) -> Campaign:
    return present(org.outbound.campaigns.get(request.parameters["messagingCampaignId"]), "campaign")

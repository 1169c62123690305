"""Messaging campaigns: kept, started, stopped, recycled, and how far they are (outbound fact sheet 1.4)."""

from emulator.errors import ApiError, bad_request, present
from emulator.http.fields import Fields
from emulator.http.messages import JsonObject, Request, Response, answer, known, nothing
from emulator.http.routing import Operations
from emulator.outbound import engine
from emulator.outbound.calling_hours import has_zones
from emulator.outbound.names import named
from emulator.platform.listing import page
from emulator.state.defaults import HOME_DIVISION_ID
from emulator.state.limits import too_many
from emulator.state.organisation import Organisation
from emulator.state.outbound import KINDS, NEVER, Campaign, id_of

operation = Operations("/api/v2/outbound/messagingcampaigns")

_TYPES = ("messagingCampaign", "emailCampaign", "whatsAppCampaign")
_VIEW, _ADD, _EDIT, _DELETE, _START, _STOP, _RECYCLE = (
    tuple(f"outbound:{kind}:{verb}" for kind in _TYPES)
    for verb in ("view", "add", "edit", "delete", "start", "stop", "recycle")
)
_SECONDS_BETWEEN_RECYCLES = 5.0
_READ_ONLY = (
    "id",
    "version",
    "campaignStatus",
    "dateCreated",
    "dateModified",
    "errors",
    "selfUri",
    "division",
)
_FIELDS = frozenset(
    (
        *_READ_ONLY,
        *KINDS,
        *("name", "contactList", "messagesPerMinute", "alwaysRunning", "dncLists", "callableTimeSet"),
        *("contactListFilters", "contactSorts", "dynamicContactQueueingSettings", "ruleSets"),
    )
)


@operation("campaigns.create", "POST", "", *_ADD)
def create(org: Organisation, request: Request) -> Response:
    """A new messaging campaign, switched off."""
    body, switches = request.fields(_FIELDS), org.settings.outbound
    _check(org, body)
    name = body.text("name", required=True, most=64)
    taken = any(each.body["name"] == name for each in org.outbound.campaigns.values())
    if taken and switches.same_campaign_name == "refused":
        raise bad_request("The name is taken", "name", "duplicate.name")
    runs = body.choice("campaignStatus", ("on", "off"), "off") == "on"
    if runs and switches.created_running == "refused":
        raise bad_request(
            "A campaign is created off", "campaignStatus", "invalid.update.bad.status.transition"
        )
    kind = next(kind for part, kind in KINDS.items() if part in body)
    made = Campaign(org.new_id(), _kept(body), kind, org.now())
    org.outbound.campaigns[made.campaign_id] = made
    if runs:
        _start(org, made)
    return answer(document(org, made))


def _kept(body: Fields) -> JsonObject:
    return {name: each for name, each in body.values.items() if name not in _READ_ONLY and each is not None}


def _check(org: Organisation, body: Fields) -> None:
    """Whether all that a campaign names is there; raises ApiError 400."""
    outbound, most = org.outbound, org.settings.outbound.most_messages_per_minute or 2**31
    contacts = outbound.lists.get(str(id_of(body.values, "contactList")))
    if contacts is None:
        raise bad_request("The contact list does not exist", "contactList", "contact.list.not.found")
    if body.whole("messagesPerMinute", 0, 1, most) == 0:
        raise body.wrong("messagesPerMinute", "is required")
    if sum(part in body for part in KINDS) != 1:
        raise body.wrong("smsConfig", "must be the only one of smsConfig, emailConfig and whatsAppConfig")
    for name, exists, code in (
        ("dncLists", org.dnc.__contains__, "dnc.list.not.found"),
        ("ruleSets", outbound.shelves.get("digitalrulesets", {}).__contains__, "rule.set.not.found"),
    ):
        if not all(exists(each.text("id", required=True)) for each in body.parts(name)):
            raise bad_request(f"One of the {name} does not exist", name, code)
    kind = next(kind for part, kind in KINDS.items() if part in body)
    hours = id_of(body.values, "callableTimeSet")
    if hours is not None:
        if outbound.find("callabletimesets", hours) is None:
            raise bad_request("The set does not exist", "callableTimeSet", "callable.time.set.not.found")
        if not has_zones(contacts, kind):
            raise bad_request("The list has no zones", "contactList", "missing.time.zone.in.contactlist")
    addresses = {column["columnName"] for each, column in contacts.address_columns() if each == kind}
    _CHECKS[kind](org, body, addresses, contacts.body["columnNames"])


def _check_sms(org: Organisation, body: Fields, addresses: set[str], columns: list[str]) -> None:
    config = body.part("smsConfig")
    if config.text("phoneColumn", required=True) not in addresses:
        raise config.wrong("phoneColumn", "is not a phone column of the list")
    sender = config.part("senderSmsPhoneNumber", required=True).text("phoneNumber", required=True)
    if org.settings.sms_numbers.get(sender) != "ACTIVE":
        raise config.wrong("senderSmsPhoneNumber", "is not an active number of this organisation")
    if ("messageColumn" in config) is ("contentTemplate" in config):
        raise config.wrong("messageColumn", "is needed where there is no contentTemplate, and only there")
    if "messageColumn" in config and config.text("messageColumn") not in columns:
        raise config.wrong("messageColumn", "is not a column of the list")


def _check_email(org: Organisation, body: Fields, addresses: set[str], _columns: list[str]) -> None:
    config = body.part("emailConfig")
    if not addresses.issuperset(config.texts("emailColumns", fewest=1)):
        raise config.wrong("emailColumns", "are not e-mail columns of the list")
    domain = config.part("fromAddress", required=True).part("domain", required=True).text("id")
    if org.settings.email_domains.get(domain) not in ("VERIFIED", "SMTP"):
        raise config.wrong("fromAddress", "is not of a verified domain")
    config.part("contentTemplate", required=True)


def _check_whatsapp(org: Organisation, body: Fields, addresses: set[str], _columns: list[str]) -> None:
    config = body.part("whatsAppConfig")
    if not addresses.issuperset(config.texts("whatsAppColumns", fewest=1)):
        raise config.wrong("whatsAppColumns", "are not WhatsApp columns of the list")
    integration = config.part("whatsAppIntegration", required=True).text("id")
    if org.settings.integrations.get(integration) != "whatsapp Active":
        raise config.wrong("whatsAppIntegration", "is not an active integration")
    config.part("contentTemplate", required=True)


_CHECKS = {"sms": _check_sms, "email": _check_email, "whatsapp": _check_whatsapp}


@operation("campaigns.list", "GET", "", *_VIEW)
def list_all(org: Organisation, request: Request) -> Response:
    """The campaigns, chosen by name, list, sender, status and type."""
    exact = org.settings.outbound.name_filter == "exact"

    def fits(each: Campaign) -> bool:
        said = {"contactListId": each.list_id, "senderSmsPhoneNumber": each.sender}
        said |= {"campaignStatus": each.status, "type": each.kind}
        return all(request.query(name).casefold() in ("", value.casefold()) for name, value in said.items())

    chosen = [
        document(org, each)
        for each in org.outbound.campaigns.values()
        if named(str(each.body["name"]), request.query("name"), exact=exact)
        and fits(each)
        and (not request.query("id") or each.campaign_id in request.queries("id"))
    ]
    return page(request, chosen)


@operation("campaigns.get", "GET", "/{messagingCampaignId}", *_VIEW)
def read(org: Organisation, request: Request) -> Response:
    """One campaign, with its status."""
    return answer(document(org, _found(org, request)))


@operation("campaigns.put", "PUT", "/{messagingCampaignId}", *_EDIT)
def change(org: Organisation, request: Request) -> Response:
    """Change a campaign; the version must be the newest, and one that runs can only be stopped."""
    campaign, body = _found(org, request), request.fields(_FIELDS)
    if body.whole("version", 0) != campaign.version:
        raise ApiError(409, "invalid.update.wrong.version", "The version is not the newest")
    _check(org, body)
    status = body.choice("campaignStatus", ("on", "off", "stopping", "complete"), campaign.status)
    if campaign.status == "complete" and status == "off":
        message = "Invalid transition from <COMPLETE> to <OFF>"
        raise bad_request(message, "campaignStatus", "invalid.update.bad.status.transition")
    if campaign.status == "on" and status == "on":
        raise ApiError(409, "invalid.update.campaign.active", "The campaign is on")
    campaign.version += 1
    if campaign.status == "on":
        engine.stop(org, campaign, org.now())
        return answer(document(org, campaign))
    campaign.body = _kept(body)
    if status == "on":
        _start(org, campaign)
    return answer(document(org, campaign))


@operation("campaigns.delete", "DELETE", "/{messagingCampaignId}", *_DELETE)
def delete(org: Organisation, request: Request) -> Response:
    """Forget a campaign that does not run."""
    campaign = _found(org, request)
    if campaign.is_active:
        raise bad_request("The campaign is active", code="resources.in.use")
    del org.outbound.campaigns[campaign.campaign_id]
    return answer(document(org, campaign))


@operation("campaigns.start", "POST", "/{messagingCampaignId}/start", *_START)
def start(org: Organisation, request: Request) -> Response:
    """Start: on with the next contact; one that is complete begins with the first again."""
    _start(org, _found(org, request))
    return nothing(200)


def _start(org: Organisation, campaign: Campaign) -> None:
    switches, now = org.settings.outbound, org.now()
    if campaign.status == "on" or campaign.starts_at < NEVER:
        if switches.start_of_running == "accepted":
            return
        raise _bad_transition("ON", "ON")
    if campaign.status == "stopping" or (
        campaign.status == "complete" and switches.start_of_complete == "refused"
    ):
        raise _bad_transition(campaign.status.upper(), "ON")
    others = [each for each in org.outbound.campaigns.values() if each.is_active and each is not campaign]
    if any(each.list_id == campaign.list_id for each in others):
        raise bad_request("The list is in use by another campaign", "contactList", "resources.in.use")
    shares = any(each.sender == campaign.sender and each.kind == campaign.kind == "sms" for each in others)
    if shares and switches.sender_in_two_campaigns == "refused":
        raise bad_request("The sender is in use by another campaign", "smsConfig", "resources.in.use")
    engine.start(org, campaign, now)


@operation("campaigns.stop", "POST", "/{messagingCampaignId}/stop", *_STOP)
def stop(org: Organisation, request: Request) -> Response:
    """Stop: `stopping`, and then `off`."""
    campaign, switches = _found(org, request), org.settings.outbound
    refused = {"off": switches.stop_of_off, "complete": switches.stop_of_complete}
    if refused.get(campaign.status) == "refused" and not campaign.is_active:
        raise _bad_transition(campaign.status.upper(), "OFF")
    if campaign.is_active and campaign.status != "stopping":
        engine.stop(org, campaign, org.now())
    return nothing(200)


@operation("campaigns.recycle", "DELETE", "/{messagingCampaignId}/progress", *_RECYCLE, *_EDIT)
def recycle(org: Organisation, request: Request) -> Response:
    """Recycle: everybody is in the queue again; 429 more often than every 5 seconds."""
    campaign, now = _found(org, request), org.now()
    if now - campaign.recycled_at < _SECONDS_BETWEEN_RECYCLES:
        error = too_many(round(_SECONDS_BETWEEN_RECYCLES))
        error.code = "too.many.recycles"
        raise error
    engine.recycle(org, campaign, now)
    return nothing(202)


@operation("campaigns.progress", "GET", "/{messagingCampaignId}/progress", *_VIEW)
def progress(org: Organisation, request: Request) -> Response:
    """How many were messaged and skipped, of how many."""
    return answer(_progress(_found(org, request)))


@operation("campaigns.progress_many", "POST", "/progress", *_VIEW)
def progress_many(org: Organisation, request: Request) -> Response:
    """The progress of several campaigns; the unknown are left out."""
    ids = Fields({"ids": request.json()}).texts("ids")
    return answer([_progress(org.outbound.campaigns[key]) for key in ids if key in org.outbound.campaigns])


def _progress(campaign: Campaign) -> JsonObject:
    done = campaign.messaged + sum(campaign.skipped.values())
    return {
        "campaign": _entity(campaign),
        "contactList": {"id": campaign.list_id},
        "numberOfContactsMessaged": campaign.messaged,
        "numberOfContactsSkipped": dict(campaign.skipped),
        "totalNumberOfContacts": campaign.total,
        "percentage": min(100, 100 * done // campaign.total) if campaign.total else 0,
    }


@operation("campaigns.diagnostics", "GET", "/{messagingCampaignId}/diagnostics", *_VIEW)
def diagnostics(org: Organisation, request: Request) -> Response:
    """How many wait for another hour."""
    waiting = len(_found(org, request).waiting)
    return answer({"timeZoneRescheduledContactsCount": waiting, "filteredOutContactsCount": 0})


def _bad_transition(before: str, after: str) -> ApiError:
    message = f"Invalid transition from <{before}> to <{after}>"
    return bad_request(message, "campaignStatus", "invalid.update.bad.status.transition")


def _found(org: Organisation, request: Request) -> Campaign:
    return present(org.outbound.campaigns.get(request.parameters["messagingCampaignId"]), "campaign")


def _entity(campaign: Campaign) -> JsonObject:
    uri = f"/api/v2/outbound/messagingcampaigns/{campaign.campaign_id}"
    return {"id": campaign.campaign_id, "name": campaign.body["name"], "selfUri": uri}


def document(org: Organisation, campaign: Campaign) -> JsonObject:
    """The MessagingCampaign model."""
    return campaign.body | known(
        **_entity(campaign),
        version=campaign.version,
        dateCreated=org.stamp(campaign.created),
        campaignStatus=campaign.status,
        alwaysRunning=bool(campaign.body.get("alwaysRunning")),
        division={"id": HOME_DIVISION_ID, "name": "Home"},
    )

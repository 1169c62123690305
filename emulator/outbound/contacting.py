"""One contact's way through the engine: taken from the queue, checked, sent, and what is written down."""

from collections import OrderedDict
from collections.abc import Iterator

from emulator.http.messages import JsonObject
from emulator.outbound.calling_hours import within_hours
from emulator.platform.messages import failure_of
from emulator.state.contacts import e164_of
from emulator.state.conversations import DISCONNECT_TYPES, NEVER, Conversation
from emulator.state.organisation import Organisation
from emulator.state.outbound import Campaign, ContactList, ListContact, Result, id_of
from emulator.state.outbound_switches import OutboundSwitches

LONGEST_TEXT = 512
"""Column values are cut off there (outbound fact sheet, 0.7)."""
_TOLL_FREE = ("+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888")
_SENT, _FAILED, _THROTTLED, _AMBIGUOUS = "SENT", "FAILED", "THROTTLED", "AMBIGUOUS"
_MEDIA = {"sms": "Sms", "email": "Email", "whatsapp": "WhatsApp"}


def take(org: Organisation, campaign: Campaign, at: float) -> bool:
    """Take the next contact from the queue; whether a message was made for it."""
    queue = campaign.queue or OrderedDict[str, None]()
    key, _ = queue.popitem(last=False)
    contacts = org.outbound.lists[campaign.list_id]
    contact = contacts.contacts.get(key)
    if contact is None:
        return False
    reason = _skip_reason(org, campaign, contacts, contact, at)
    if reason is not None:
        _skip(org, campaign, contact, reason, at)
        return False
    contact.attempts += 1
    contacts.number_attempts[contact.data.get(campaign.column, "")] += 1
    campaign.in_flight.append((at + org.settings.outbound.handover_seconds, key))
    return True


def _skip(org: Organisation, campaign: Campaign, contact: ListContact, reason: str, at: float) -> None:
    settings = org.outbound.shelves.get("settings", {}).get("", {})
    if reason == "NOT_CALLABLE_TIME" and settings.get("rescheduleTimeZoneSkippedContacts"):
        campaign.waiting[contact.contact_id] = None
        return
    campaign.skipped[f"OUTBOUND_{reason}"] += 1
    if org.settings.outbound.skip_is_last_result:
        _write_result(org, campaign, contact, f"OUTBOUND_{reason}", at)


def _skip_reason(
    org: Organisation, campaign: Campaign, contacts: ContactList, contact: ListContact, at: float
) -> str | None:
    address = contact.data.get(campaign.column, "")
    checks = (
        (_on_dnc_list(org, campaign, address, at), "ON_DO_NOT_CALL_LIST"),
        (not contact.callable, "CONTACT_UNCONTACTABLE_SKIPPED"),
        (campaign.kind in contact.uncontactable, "CONTACT_UNCONTACTABLE_SKIPPED"),
        (campaign.column in contact.closed_columns, "CONTACT_ADDRESS_UNCONTACTABLE_SKIPPED"),
        (not _is_address(campaign.kind, address), "NUMBERS_INVALID"),
        (not _text(campaign, contact), "MESSAGE_BLANK"),
        (_kept_by_rule(org, campaign, contact), "RULE_SKIPPED"),
    )
    reason = next((reason for applies, reason in checks if applies), None)
    if reason is None and org.settings.outbound.attempt_limits != "ignored":
        reason = _over_limit(org, contacts, contact, address)
    if reason is None and not within_hours(org, campaign, contacts, contact, at):
        reason = "NOT_CALLABLE_TIME"
    return reason


def _is_address(kind: str, address: str) -> bool:
    if kind == "email":
        return "@" in address
    number = f"+{address}" if kind == "whatsapp" else address
    return e164_of(number) == number


def _text(campaign: Campaign, contact: ListContact) -> str:
    """What is said: a column's text, or the template's id."""
    column = campaign.config.get("messageColumn")
    if column:
        return contact.data.get(column, "")[:LONGEST_TEXT]
    return f"template {id_of(campaign.config, 'contentTemplate')}"


def _on_dnc_list(org: Organisation, campaign: Campaign, address: str, at: float) -> bool:
    lists = (org.dnc.get(each["id"]) for each in campaign.body.get("dncLists") or ())
    return any(address in each.valid(at) for each in lists if each is not None)


def _over_limit(org: Organisation, contacts: ContactList, contact: ListContact, address: str) -> str | None:
    limits = org.outbound.find("attemptlimits", id_of(contacts.body, "attemptLimits")) or {}
    if contact.attempts >= limits.get("maxAttemptsPerContact", 1 << 31):
        return "CONTACT_ATTEMPT_LIMIT_SKIPPED"
    if contacts.number_attempts[address] >= limits.get("maxAttemptsPerNumber", 1 << 31):
        return "NUMBER_ATTEMPT_LIMIT_SKIPPED"
    return None


def _rules(org: Organisation, campaign: Campaign, category: str) -> Iterator[JsonObject]:
    for each in campaign.body.get("ruleSets") or ():
        found = org.outbound.find("digitalrulesets", each["id"]) or {}
        yield from (rule for rule in found.get("rules", ()) if rule.get("category") == category)


def _applies(rule: JsonObject, campaign: Campaign, code: str) -> bool:
    """Whether every condition holds; of conditions only the last result over all columns is emulated."""
    name = {"sms": "smsWrapupCodes", "email": "emailWrapupCodes", "whatsapp": "whatsAppWrapupCodes"}[
        campaign.kind
    ]
    for condition in rule.get("conditions", ()):
        codes = (condition.get("lastResultOverallConditionSettings") or {}).get(name) or ()
        holds = code.replace("_", "-") in {each.replace("_", "-") for each in codes}
        if holds is bool(condition.get("inverted")):
            return False
    return True


def _kept_by_rule(org: Organisation, campaign: Campaign, contact: ListContact) -> bool:
    result = contact.results.get(campaign.column)
    return result is not None and any(
        _applies(rule, campaign, result.code)
        for rule in _rules(org, campaign, "PreContact")
        if any("doNotSendActionSettings" in action for action in rule.get("actions", ()))
    )


def leave(org: Organisation, campaign: Campaign, key: str, at: float) -> None:
    """Send the message that was made for a contact, and write its result down."""
    switches = org.settings.outbound
    contacts = org.outbound.lists[campaign.list_id]
    contact = contacts.contacts.get(key)
    if contact is None:
        return
    code = _outcome(org, campaign, switches, at)
    if code == _SENT or (code == _AMBIGUOUS and org.outbound.chance.random() < switches.ambiguous_was_sent):
        _reach(org, campaign, contact, at)
    if code == _SENT or switches.not_sent_counts_as_messaged:
        campaign.messaged += 1
    if code == _THROTTLED and not switches.throttled_is_an_attempt:
        contact.attempts -= 1
        contacts.number_attempts[contact.data.get(campaign.column, "")] -= 1
    _write_result(org, campaign, contact, f"OUTBOUND_MESSAGE_{code}", at)
    if code == _THROTTLED and switches.throttled_is_retried and campaign.queue is not None:
        campaign.queue[key] = None
    elif switches.rules_after_contact == "hold":
        _apply_rules(org, campaign, contact, f"OUTBOUND_MESSAGE_{code}")


def _outcome(org: Organisation, campaign: Campaign, switches: OutboundSwitches, at: float) -> str:
    rates = [org.outbound.rate(campaign.sender, rate_of(switches, campaign))]
    if not all(rate.fits(at, switches.burst) for rate in rates):
        return switches.over_rate
    if campaign.kind == "email":
        whole = org.outbound.rate("email", switches.email_per_minute / 60)  # of a minute, over all campaigns
        if not whole.fits(at, max(switches.burst, int(whole.per_second))):
            return switches.over_rate
    drawn = org.outbound.chance.random()
    for code, share in (
        (_AMBIGUOUS, switches.ambiguous),
        (_THROTTLED, switches.throttled),
        (_FAILED, switches.failed),
    ):
        if drawn < share:
            return code
        drawn -= share
    return _SENT


def rate_of(switches: OutboundSwitches, campaign: Campaign) -> float:
    """How many a second the sender may: by its kind of number (outbound fact sheet, 0.6), unless set."""
    sender = campaign.sender
    if sender in switches.sender_per_second:
        return switches.sender_per_second[sender]
    if campaign.kind != "sms":
        return 1e6
    if sender.startswith(_TOLL_FREE):
        return 3.0
    return 1.0 if sender.startswith("+1") else 10.0


def _reach(org: Organisation, campaign: Campaign, contact: ListContact, at: float) -> None:
    """The message arrives: a conversation, and a row of the truth."""
    settings = org.settings
    address = contact.data[campaign.column]
    channel = {"whatsapp": "chat"}.get(campaign.kind, campaign.kind)
    media = "email" if campaign.kind == "email" else "message"
    person = org.person(None, channel, f"+{address}" if campaign.kind == "whatsapp" else address)
    lasts = settings.email_seconds if media == "email" else settings.message_seconds
    conversation = Conversation(
        conversation_id=org.new_id(),
        media=media,
        message_type="" if media == "email" else campaign.kind,
        start=at,
        connects=at,
        ends=NEVER if settings.never_end else at + lasts,
        sender=campaign.sender,
        address=address,
        disconnect_type=settings.disconnect_types.get(media, DISCONNECT_TYPES[media]),
        genesys_id=person.genesys_id if settings.outbound.resolves_identity else None,
        text=_text(campaign, contact),
        message_id=org.new_id(),
        failure=failure_of(org, address),
        details={
            "outboundCampaignId": campaign.campaign_id,
            "outboundContactListId": campaign.list_id,
            "outboundContactId": contact.contact_id,
        },
    )
    org.conversations.add(conversation)
    org.conversations.index("campaign", campaign.campaign_id, conversation.conversation_id)
    org.conversations.index("list contact", contact.contact_id, conversation.conversation_id)
    content = {"text": conversation.text, "campaign": campaign.body["name"], "contact": contact.contact_id}
    org.record(conversation, channel, person, content, at=at)


def _write_result(org: Organisation, campaign: Campaign, contact: ListContact, code: str, at: float) -> None:
    address = contact.data.get(campaign.column, "")
    visible = at + org.settings.outbound.result_seconds
    contact.results[campaign.column] = Result(code, at, visible, address, campaign.campaign_id)


def _apply_rules(org: Organisation, campaign: Campaign, contact: ListContact, code: str) -> None:
    for rule in _rules(org, campaign, "PostContact"):
        if not _applies(rule, campaign, code):
            continue
        for action in rule.get("actions", ()):
            marked = action.get("markContactUncontactableActionSettings")
            if marked is not None:
                contact.uncontactable.update(each.casefold() for each in marked.get("mediaTypes") or _MEDIA)
            if "markContactAddressUncontactableActionSettings" in action:
                contact.closed_columns.add(campaign.column)

"""Can our own numbers, addresses, queue and integration serve their channels? (platform fact sheet 6)

A 403, or an answer without the field that would tell, says nothing about the channel: it is `not_checkable`
then, never unavailable. An answer that is no list at all raises.
"""

from typing_extensions import assert_never

from outreach.contacts import Channel
from outreach.errors import Forbidden, NotFound
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.http.untrusted_json import Object, as_mapping, read_text
from outreach.genesys.platform.listing import read_pages
from outreach.genesys.senders import Sender, Senders
from outreach.reachability import AVAILABLE, NOT_CHECKABLE

NO_SENDER = "no_sender"
NO_TEMPLATE = "no_template"
SENDER_NOT_FOUND = "sender_not_found"
SENDER_NOT_ACTIVE = "sender_not_active"
SENDER_NOT_VERIFIED = "sender_not_verified"


def check_senders(connection: Connection, senders: Senders) -> dict[Channel, str]:
    """Channel to AVAILABLE, NOT_CHECKABLE or the reason against it. Raises GenesysError.

    A channel is as ready as the least ready of its senders: each person has their own.
    """
    found = check_each(connection, senders)
    states = {channel: [state for of, _, state in found if of is channel] for channel in Channel}
    return {channel: min(states[channel], key=_readiness, default=NO_SENDER) for channel in Channel}


def check_each(connection: Connection, senders: Senders) -> list[tuple[Channel, str, str]]:
    """The same of each sender: its channel, itself, and what is said of it. Raises GenesysError."""
    ours = (sender for channel in Channel for sender in senders.all_of(channel))
    return [(each.channel, each.name, _check(connection, senders, each)) for each in ours]


def _readiness(state: str) -> int:
    return 2 if state == AVAILABLE else 1 if state == NOT_CHECKABLE else 0


def _check(connection: Connection, senders: Senders, sender: Sender) -> str:
    try:
        match sender.channel:
            case Channel.VOICE:
                return _check_queue(connection, sender.name)
            case Channel.SMS:
                return _check_number(connection, sender.name)
            case Channel.EMAIL:
                return _check_domain(connection, sender.name)
            case Channel.CHAT:
                return _check_integration(connection, sender.name, senders)
            case _:
                assert_never(sender.channel)
    except LookupError:
        return SENDER_NOT_FOUND
    except Forbidden:
        return NOT_CHECKABLE


def _check_number(connection: Connection, number_from: str) -> str:
    path = "/api/v2/routing/sms/phonenumbers"
    number = _find(connection, "check sms sender", path, phoneNumber=number_from)
    status, sends = read_text(number, "phoneNumberStatus").upper(), number.get("supportsSms")
    if (status and status != "ACTIVE") or sends is False:
        return SENDER_NOT_ACTIVE
    return AVAILABLE if status and sends is True else NOT_CHECKABLE


def _check_domain(connection: Connection, address: str) -> str:
    if "@" not in address:
        return NO_SENDER
    name = address.rpartition("@")[2].lower()
    path = "/api/v2/routing/email/outbound/domains"
    try:
        domain = _find(connection, "check email sender", path, name=name, id=name)
    except Forbidden:  # the list needs routing:email:manage, one domain only routing:email:view
        try:
            answer = connection.request("check email sender", "GET", f"{path}/{quoted(name)}")
        except NotFound:
            return SENDER_NOT_FOUND
        domain = as_mapping(answer.json)
    # A domain of type EmailSmtpDomain is sent for by the organisation's own server: nothing here is verified.
    if read_text(domain, "senderType").upper() == "EMAILSMTPDOMAIN":
        return NOT_CHECKABLE
    results = (domain.get("cnameVerificationResult"), domain.get("dkimVerificationResult"))
    states = {read_text(result, "status").upper() for result in results}
    if states - {"VERIFIED", ""}:
        return SENDER_NOT_VERIFIED
    return NOT_CHECKABLE if "" in states else AVAILABLE


def _check_queue(connection: Connection, queue_id: str) -> str:
    path = f"/api/v2/routing/queues?id={quoted(queue_id)}"
    _find(connection, "check voice queue", path, id=queue_id)
    return AVAILABLE


def _check_integration(connection: Connection, integration_id: str, senders: Senders) -> str:
    if senders.chat_type == "webmessaging":
        return NOT_CHECKABLE  # its sender is a deployment, which no published call shows the state of
    # WhatsApp takes nothing but a template (platform fact sheet 4.1).
    if senders.chat_type == "whatsapp" and not senders.chat_template_id:
        return NO_TEMPLATE
    path = "/api/v2/conversations/messaging/integrations"
    status = read_text(_find(connection, "check chat integration", path, id=integration_id), "status")
    if not status:
        return NOT_CHECKABLE
    return AVAILABLE if status == "Active" else SENDER_NOT_ACTIVE


def _find(connection: Connection, operation: str, path: str, **wanted: str) -> Object:
    """The first entity of a paged list that has any of the values wanted. Raises LookupError for none."""
    for entity in read_pages(connection, operation, path, {}):
        if any(read_text(entity, key).lower() == value.lower() for key, value in wanted.items()):
            return entity
    raise LookupError(operation)

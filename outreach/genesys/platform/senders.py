"""Can our own numbers, addresses, queue and integration serve their channels? (platform fact sheet 6)

A 403 says nothing about the channel: it is `not_checkable` then, never unavailable.
"""

from collections.abc import Mapping

from typing_extensions import assert_never

from outreach.contacts import Channel
from outreach.errors import Forbidden, NotFound
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.http.untrusted_json import Object, as_mapping, read_list, read_number, read_text
from outreach.genesys.interface import Senders
from outreach.reachability import AVAILABLE, NOT_CHECKABLE

NO_SENDER = "no_sender"
NO_TEMPLATE = "no_template"
SENDER_NOT_FOUND = "sender_not_found"
SENDER_NOT_ACTIVE = "sender_not_active"
SENDER_NOT_VERIFIED = "sender_not_verified"

MOST_PAGES = 10
_PAGE_SIZE = 100


def check_senders(connection: Connection, senders: Senders) -> dict[Channel, str]:
    """Channel to AVAILABLE, NOT_CHECKABLE or the reason against it. Raises GenesysError."""
    return {channel: _ask(connection, senders, channel) for channel in Channel}


def _ask(connection: Connection, senders: Senders, channel: Channel) -> str:
    sender = senders.of(channel)
    try:
        return _check(connection, senders, channel, sender) if sender else NO_SENDER
    except Forbidden:
        return NOT_CHECKABLE


def _check(connection: Connection, senders: Senders, channel: Channel, sender: str) -> str:
    match channel:
        case Channel.VOICE:
            return _check_queue(connection, sender)
        case Channel.SMS:
            return _check_number(connection, sender)
        case Channel.EMAIL:
            return _check_domain(connection, sender)
        case Channel.CHAT:
            return _check_integration(connection, sender, senders)
        case _:
            assert_never(channel)


def _check_number(connection: Connection, number_from: str) -> str:
    path = "/api/v2/routing/sms/phonenumbers"
    number = _find(connection, "check sms sender", path, {}, phoneNumber=number_from)
    if number is None:
        return SENDER_NOT_FOUND
    active = read_text(number, "phoneNumberStatus").upper() == "ACTIVE"
    return AVAILABLE if active and number.get("supportsSms") is True else SENDER_NOT_ACTIVE


def _check_domain(connection: Connection, address: str) -> str:
    if "@" not in address:
        return NO_SENDER
    name = address.rpartition("@")[2].lower()
    path = "/api/v2/routing/email/outbound/domains"
    try:
        domain = _find(connection, "check email sender", path, {}, name=name, id=name)
    except Forbidden:  # the list needs routing:email:manage, one domain only routing:email:view
        domain = _read(connection, "check email sender", f"{path}/{quoted(name)}")
    if domain is None:
        return SENDER_NOT_FOUND
    results = (domain.get("cnameVerificationResult"), domain.get("dkimVerificationResult"))
    verified = all(read_text(result, "status").upper() == "VERIFIED" for result in results)
    return AVAILABLE if verified else SENDER_NOT_VERIFIED


def _check_queue(connection: Connection, queue_id: str) -> str:
    path = "/api/v2/routing/queues"
    queue = _find(connection, "check voice queue", path, {"id": queue_id}, id=queue_id)
    return AVAILABLE if queue is not None else SENDER_NOT_FOUND


def _check_integration(connection: Connection, integration_id: str, senders: Senders) -> str:
    if senders.chat_type == "webmessaging":
        return NOT_CHECKABLE  # its sender is a deployment, which no published call shows the state of
    # WhatsApp takes nothing but a template (platform fact sheet 4.1).
    if senders.chat_type == "whatsapp" and not senders.chat_template_id:
        return NO_TEMPLATE
    path = "/api/v2/conversations/messaging/integrations"
    integration = _find(connection, "check chat integration", path, {}, id=integration_id)
    if integration is None:
        return SENDER_NOT_FOUND
    active = read_text(integration, "status") == "Active"
    return AVAILABLE if active else SENDER_NOT_ACTIVE


def _find(
    connection: Connection, operation: str, path: str, params: Mapping[str, str], **wanted: str
) -> Object | None:
    """The first entity of a paged list that has any of the values wanted."""
    for page in range(1, MOST_PAGES + 1):
        paged: dict[str, str | int] = {**params, "pageSize": _PAGE_SIZE, "pageNumber": page}
        body = connection.request(operation, "GET", path, params=paged).json
        entities = list(read_list(body, "entities"))
        for entity in entities:
            if any(read_text(entity, key).lower() == value.lower() for key, value in wanted.items()):
                return entity
        if page >= (read_number(body, "pageCount") or 1) or not entities:
            break
    return None


def _read(connection: Connection, operation: str, path: str) -> Object | None:
    try:
        return as_mapping(connection.request(operation, "GET", path).json)
    except NotFound:
        return None

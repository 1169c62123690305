"""Registration on the platform: contacts as enrich requests, and what the bulk answer says of each.

Enrich Upsert by our ExternalId is convergent (platform fact sheet 3.3): sending it again changes nothing, so
a lost answer is simply asked for again. Results come in any order and are matched by the request's `id`.
"""

from collections.abc import Sequence
from typing import Any

from typing_extensions import assert_never

from outreach.contacts import Channel, Contact
from outreach.errors import Ambiguous
from outreach.genesys.http.untrusted_json import (
    Json,
    Object,
    read_code,
    read_list,
    read_mapping,
    read_number,
    read_text,
)
from outreach.genesys.interface import NotRegistered, Registered
from outreach.genesys.senders import Senders
from outreach.reachability import AVAILABLE
from outreach.sameness import number_in

NOT_RECOGNISED = "not_recognised"
"""Genesys stored the contact, but made no usable address of what we sent."""

_NO_RESULT = "no_result"

BULK_SIZE = 10
"""Operations in one bulk enrich (platform fact sheet 2.2)."""


def write_requests(
    contacts: Sequence[Contact], source_id: str, senders: Senders
) -> dict[str, list[dict[str, Any]]]:
    """The body of one bulk enrich; each entity's `id` is its number in the sequence."""
    return {
        "entities": [
            _write_request(str(number), contact, source_id, senders)
            for number, contact in enumerate(contacts)
        ]
    }


def read_results(
    contacts: Sequence[Contact], body: Json, correlation_id: str
) -> list[Registered | NotRegistered]:
    """What became of each contact, in the order of the request."""
    results = {read_text(result, "id"): result for result in read_list(body, "results")}
    return [
        _read_result(contact, results.get(str(number)), correlation_id)
        for number, contact in enumerate(contacts)
    ]


def check_said(results: Sequence[Registered | NotRegistered]) -> None:
    """Raise Ambiguous where the answer spoke of none of them, or has all of several tried again.

    That is the system's trouble: an empty answer with status 200 left 30 of 30 people failed for good.
    """
    again = [each for each in results if isinstance(each, NotRegistered) and each.retryable]
    if len(again) == len(results) and (len(again) > 1 or again[0].code == _NO_RESULT):
        code, found = again[0].code, again[0].correlation_id
        raise Ambiguous("register", 200, code, found, "Nobody was registered: run it again later.")


def _write_request(tracker: str, contact: Contact, source_id: str, senders: Senders) -> dict[str, Any]:
    source = {"id": source_id}
    return {
        "id": tracker,
        "matchingIdentifiers": [
            {"type": "ExternalId", "value": contact.external_contact_id, "externalSource": source}
        ],
        "action": "Upsert",
        "contact": {
            **_write_person(contact, senders),
            "externalIds": [{"externalSource": source, "value": contact.external_contact_id}],
        },
        # What we don't send stays as it is: the organisation may know more of the person.
        "fieldRules": {"defaultAction": "PreferProvided", "defaultArrayAction": "Fill"},
        "options": {"promote": True},  # other contacts expire after 60 days (platform fact sheet 3.1)
    }


def _write_person(contact: Contact, senders: Senders) -> dict[str, Any]:
    first, _, last = contact.name.strip().partition(" ")  # there is no `name` (platform fact sheet 3.1)
    person: dict[str, Any] = {"firstName": first}
    if last.strip():
        person["lastName"] = last.strip()
    for channel, address in contact.channels.addresses().items():
        person |= _write_address(channel, address, contact.name, senders)
    return person


def _write_address(channel: Channel, address: str, name: str, senders: Senders) -> dict[str, Any]:
    match channel:
        case Channel.VOICE:
            return {"workPhone": {"display": address}}
        case Channel.SMS:
            return {"cellPhone": {"display": address, "acceptsSMS": True}}
        case Channel.EMAIL:
            return {"workEmail": address}
        case Channel.CHAT if senders.chat_type == "whatsapp":
            number = {"display": number_in(address) or f"+{address.lstrip('+')}"}
            return {"whatsAppId": {"phoneNumber": number, "displayName": name}}
        case Channel.CHAT:
            return {}  # an open or web handle has no field of its own
        case _:
            assert_never(channel)


def _read_result(contact: Contact, result: Object | None, correlation_id: str) -> Registered | NotRegistered:
    ours = contact.external_contact_id
    if result is None:
        return NotRegistered(ours, _NO_RESULT, "Genesys' answer says nothing of it.", True, correlation_id)
    entity = read_mapping(result, "entity")
    if result.get("success") is not True:  # a 2xx may hide failures (platform fact sheet 3.4)
        return _read_error(ours, result, correlation_id)
    genesys_id = read_code(entity, "id")
    if not genesys_id:
        return NotRegistered(ours, "no_id", "Genesys' answer gives it no id.", True, correlation_id)
    created = read_number(result, "status") == 201  # 200: updated (platform fact sheet 3.2)
    availability = {
        channel: AVAILABLE if _is_recognised(channel, entity) else NOT_RECOGNISED
        for channel in contact.channels.present()
    }
    return Registered(ours, genesys_id, "created" if created else "updated", availability)


def _read_error(external_contact_id: str, result: Object, correlation_id: str) -> NotRegistered:
    error = read_mapping(result, "error")
    status = read_number(result, "status") or read_number(error, "status") or 0
    code = read_code(error, "code") or f"http_{status:.0f}"
    fields = [read_code(detail, "fieldName") for detail in read_list(error, "details")]
    named = ", ".join(field for field in fields if field)
    reason = f"Genesys does not accept it ({status:.0f} {code}{f', field {named}' if named else ''})."
    found = read_code(error, "contextId") or correlation_id
    # Only what is marked so is tried again (platform fact sheet 3.4).
    return NotRegistered(external_contact_id, code, reason, error.get("retryable") is True, found)


def _is_recognised(channel: Channel, entity: Object) -> bool:
    # `e164` is there only when Genesys could parse the number (platform fact sheet 3.1).
    match channel:
        case Channel.VOICE:
            return bool(read_text(entity.get("workPhone"), "e164"))
        case Channel.SMS:
            return bool(read_text(entity.get("cellPhone"), "e164"))
        case Channel.EMAIL:
            return bool(read_text(entity, "workEmail"))
        case Channel.CHAT:  # a handle is opaque: there is nothing that Genesys could recognise
            return True
        case _:
            assert_never(channel)

"""The fields of an external contact: which exist, what they may hold (platform fact sheet 3.1)."""

from collections.abc import Callable

from emulator.errors import ApiError
from emulator.http.fields import Fields
from emulator.http.messages import JsonObject, known
from emulator.state.contacts import EMAILS, IDENTIFIER_TYPES, PHONES, Contact, Identifier, e164_of, identifier
from emulator.state.defaults import HOME_DIVISION_ID
from emulator.state.organisation import Organisation

TEXTS = ("firstName", "middleName", "lastName", "salutation", "title", "externalSystemUrl")
OBJECTS = (
    "address",
    "twitterId",
    "lineId",
    "facebookId",
    "instagramId",
    "externalOrganization",
    "schema",
    "customFields",
    "division",
)
READ_ONLY = (
    "id",
    "createDate",
    "modifyDate",
    "canonicalContact",
    "mergeSet",
    "mergedFrom",
    "mergedTo",
    "mergeOperation",
    "externalDataSources",
    "identifiers",
    "selfUri",
)
PHONE_FIELDS = frozenset(
    ("display", "extension", "acceptsSMS", "normalizationCountryCode", "userInput", "e164", "countryCode")
)


def read_contact(org: Organisation, body: Fields) -> JsonObject:
    """The writable fields of a contact, checked; raises ApiError 400 or 422."""
    if org.settings.unknown_fields == "reject":
        body.allow(KNOWN)
    return {
        name: WRITABLE[name](org, body, name) for name in body.values if name in body and name in WRITABLE
    }


def _read_object(part: Fields) -> JsonObject:
    if "id" in part and not isinstance(part.values["id"], str):
        raise part.wrong("id", "must be a string")
    return dict(part.values)


def _read_phone(org: Organisation, phone: Fields) -> JsonObject:
    if org.settings.unknown_fields == "reject":
        phone.allow(PHONE_FIELDS)
    return known(
        display=phone.text("display", most=512),
        extension=phone.whole("extension", 0) if "extension" in phone else None,
        acceptsSMS=phone.flag("acceptsSMS") if "acceptsSMS" in phone else None,
        normalizationCountryCode=phone.text("normalizationCountryCode", most=2)
        if "normalizationCountryCode" in phone
        else None,
    )


def _read_whatsapp(org: Organisation, handle: Fields) -> JsonObject:
    name = handle.text("displayName", most=1000) if "displayName" in handle else None
    return known(phoneNumber=_read_phone(org, handle.part("phoneNumber")), displayName=name)


def _read_external_id(org: Organisation, entry: Fields) -> JsonObject:
    return {
        "externalSource": {"id": _read_source(org, entry)},
        "value": entry.text("value", required=True, most=255),
    }


def _read_source(org: Organisation, entry: Fields) -> str:
    source_id = entry.part("externalSource", required=True).text("id", required=True)
    if source_id not in org.sources:
        message = f"The external source in {entry.place} does not exist"
        raise ApiError(422, "payload.or.params.invalid", message, details=[{"fieldName": entry.place}])
    return source_id


WRITABLE: dict[str, Callable[[Organisation, Fields, str], object]] = {
    **dict.fromkeys(TEXTS, lambda _, body, name: body.text(name, most=1000)),
    **dict.fromkeys(PHONES, lambda org, body, name: _read_phone(org, body.part(name))),
    **dict.fromkeys(EMAILS, lambda _, body, name: body.text(name, most=256)),
    **dict.fromkeys(OBJECTS, lambda _, body, name: _read_object(body.part(name))),
    "externalIds": lambda org, body, name: [
        _read_external_id(org, entry) for entry in body.parts(name, most=10)
    ],
    "whatsAppId": lambda org, body, name: _read_whatsapp(org, body.part(name)),
    "appleOpaqueIds": lambda _, body, name: [entry.values for entry in body.parts(name, most=10)],
    "surveyOptOut": lambda _, body, name: body.flag(name),
    "type": lambda _, body, name: body.choice(name, ("Ephemeral", "Identified", "Curated")),
}
"""The fields that a request can set, and how each is read."""
KNOWN = frozenset((*WRITABLE, *READ_ONLY))


def read_identifier(org: Organisation, entry: Fields) -> Identifier:
    """One ContactIdentifier; raises ApiError 400 or 422."""
    kind = entry.choice("type", IDENTIFIER_TYPES)
    value = entry.text("value", required=True, most=255)
    return identifier(kind, value, _read_source(org, entry) if kind == "ExternalId" else "")


def write_identifier(org: Organisation, key: Identifier, since: float) -> JsonObject:
    """One ContactIdentifier as answers carry it."""
    kind, source_id, value = key
    body: JsonObject = {"type": kind, "value": value, "dateCreated": org.stamp(since)}
    return body | ({"externalSource": _write_source(org, source_id)} if source_id else {})


def _write_source(org: Organisation, source_id: str) -> JsonObject:
    name = org.sources.get(source_id, {}).get("name", "")
    return {"id": source_id, "name": name, "selfUri": f"/api/v2/externalcontacts/externalsources/{source_id}"}


def _write_phone(phone: JsonObject) -> JsonObject:
    display = phone["display"]
    number = e164_of(display)
    return {**phone, "userInput": display} | ({"e164": number} if number else {})


def _reference(genesys_id: str) -> JsonObject:
    return {"id": genesys_id, "selfUri": f"/api/v2/externalcontacts/contacts/{genesys_id}"}


def write_contact(org: Organisation, contact: Contact, expand: str = "") -> JsonObject:
    """An ExternalContact as answers carry it. `expand` is the query parameter."""
    body: JsonObject = {"id": contact.genesys_id, "type": contact.kind}
    for name, value in contact.fields.items():
        if name in PHONES:
            body[name] = _write_phone(value)
        elif name == "whatsAppId":
            body[name] = {**value, "phoneNumber": _write_phone(value["phoneNumber"])}
        elif name not in ("division", "type"):
            body[name] = value
    body["division"] = {
        "id": HOME_DIVISION_ID,
        "selfUri": f"/api/v2/authorization/divisions/{HOME_DIVISION_ID}",
    }
    body["createDate"] = org.stamp(contact.created)
    body["modifyDate"] = org.stamp(contact.modified)
    if "identifiers" in expand:
        body["identifiers"] = [write_identifier(org, key, since) for key, since in contact.owned.items()]
    body["selfUri"] = f"/api/v2/externalcontacts/contacts/{contact.genesys_id}"
    return body | _write_merges(org, contact)


def _write_merges(org: Organisation, contact: Contact) -> JsonObject:
    if not contact.merged_from and contact.merged_into is None:
        return {}
    canonical = org.contacts.canonical(contact.genesys_id) or contact
    merges: JsonObject = {
        "canonicalContact": _reference(canonical.genesys_id),
        "mergeSet": [_reference(genesys_id) for genesys_id in org.contacts.merge_set(canonical)],
    }
    if contact.merged_from:
        merges["mergedFrom"] = [_reference(genesys_id) for genesys_id in contact.merged_from]
    if contact.merged_into is not None:
        merges["mergedTo"] = _reference(contact.merged_into)
    return merges

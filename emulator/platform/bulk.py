"""Contacts in bulk: per-entity results, in no particular order (platform fact sheet 3.4)."""

from __future__ import annotations

from collections.abc import Callable

from emulator.errors import ApiError
from emulator.http.fields import Fields
from emulator.http.messages import JsonObject, Request, Response, answer
from emulator.http.routing import Operations
from emulator.platform import contacts, enrichment
from emulator.platform.contact_fields import write_contact
from emulator.state.faults import Fault
from emulator.state.organisation import Organisation

operation = Operations("/api/v2/externalcontacts/bulk/contacts")

ENRICH_MOST = 10
"""Operations a request (fact sheet 2.2)."""

Act = Callable[[Fields], JsonObject]
"""Does one entity and gives its part of the result; raises ApiError."""


@operation("contacts.bulk_enrich", "POST", "/enrich", "externalContacts:contact:enrich")
def enrich(org: Organisation, request: Request) -> Response:
    """Up to 10 enrich requests; each result carries the request's own `id`."""
    dry_run = request.flag_query("dryRun")

    def act(entity: Fields) -> JsonObject:
        status, contact = enrichment.apply(org, entity, dry_run=dry_run)
        return {"id": entity.text("id") or contact["id"], "status": status, "entity": contact}

    return _bulk(org, request, "contacts.bulk_enrich", ENRICH_MOST, act, tracked=True)


@operation("contacts.bulk_add", "POST", "/add", "externalContacts:contact:add")
def add(org: Organisation, request: Request) -> Response:
    """New contacts; each result carries the new id, which no request could know."""

    def act(entity: Fields) -> JsonObject:
        contact = contacts.add(org, entity)
        return {"id": contact.genesys_id, "status": 200, "entity": write_contact(org, contact)}

    return _bulk(org, request, "contacts.bulk_add", org.settings.bulk_most, act)


@operation("contacts.bulk_update", "POST", "/update", "externalContacts:contact:edit")
def update(org: Organisation, request: Request) -> Response:
    """Replace the fields of contacts by id."""

    def act(entity: Fields) -> JsonObject:
        contact = contacts.found(org, entity.text("id", required=True))
        contacts.replace(org, contact, entity)
        return {"id": contact.genesys_id, "status": 200, "entity": write_contact(org, contact)}

    return _bulk(org, request, "contacts.bulk_update", org.settings.bulk_most, act, tracked=True)


@operation("contacts.bulk_get", "POST", "", "externalContacts:contact:view")
def fetch(org: Organisation, request: Request) -> Response:
    """Contacts by id, ancestors resolved."""

    def act(entity: Fields) -> JsonObject:
        asked = entity.text("id", required=True)
        return {"id": asked, "status": 200, "entity": write_contact(org, contacts.found(org, asked))}

    return _bulk(org, request, "contacts.bulk_get", org.settings.bulk_most, act, tracked=True)


@operation("contacts.bulk_remove", "POST", "/remove", "externalContacts:contact:delete")
def remove(org: Organisation, request: Request) -> Response:
    """Forget contacts by id."""

    def act(entity: Fields) -> JsonObject:
        asked = entity.text("id", required=True)
        org.contacts.remove(contacts.found(org, asked))
        return {"id": asked, "status": 200}

    return _bulk(org, request, "contacts.bulk_remove", org.settings.bulk_most, act, tracked=True)


def _bulk(
    org: Organisation, request: Request, operation: str, most: int, act: Act, *, tracked: bool = False
) -> Response:
    """200 even when entities fail; `errorIndexes` index into the (shuffled) results."""
    entities = Fields(request.json()).parts("entities", fewest=1, most=most)
    results = [_one(org, entity, operation, act, tracked=tracked) for entity in entities]
    org.chance.shuffle(results)
    failed = [index for index, result in enumerate(results) if not result["success"]]
    return answer({"results": results, "errorCount": len(failed), "errorIndexes": failed})


def _one(org: Organisation, entity: Fields, operation: str, act: Act, *, tracked: bool) -> JsonObject:
    fault = org.faults.entity_error(operation)
    try:
        if fault is not None:
            raise fault.error(org.clock.shown())
        return {"success": True, **act(entity)}
    except ApiError as error:
        tracker = entity.values.get("id")
        identity = {"id": tracker} if tracked and isinstance(tracker, str) else {}
        return {**identity, "success": False, "status": error.status, "error": _failure(error, entity, fault)}


def _failure(error: ApiError, entity: Fields, fault: Fault | None) -> JsonObject:
    details = [
        {"fieldName": detail.get("fieldName", ""), "message": error.message} for detail in error.details
    ]
    return {
        "code": error.code,
        "message": error.message,
        "status": error.status,
        "retryable": fault is not None and fault.retryable,
        "details": details,
        "entity": entity.values,
    }

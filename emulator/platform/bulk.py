"""Contacts in bulk: per-entity results, in no particular order (platform fact sheet 3.4)."""

from collections.abc import Callable
from functools import wraps

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

Act = Callable[[Organisation, Fields, Request], JsonObject]
"""Does one entity and gives its part of the result; raises ApiError."""


def _bulk(
    name: str, path: str, permission: str, *, most: int | None = None, tracked: bool = True
) -> Callable[[Act], Act]:
    """Make what does one entity an operation on many: 200 even when entities fail.

    `errorIndexes` index into the (shuffled) results; a failed entity that is `tracked` carries its `id`.
    """

    def add_operation(act: Act) -> Act:
        @operation(name, "POST", path, f"externalContacts:contact:{permission}")
        @wraps(act)
        def handle(org: Organisation, request: Request) -> Response:
            entities = request.fields().parts("entities", fewest=1, most=most or org.settings.bulk_most)
            results = [_one(org, entity, request, name, act, tracked=tracked) for entity in entities]
            org.chance.shuffle(results)
            failed = [index for index, result in enumerate(results) if not result["success"]]
            return answer({"results": results, "errorCount": len(failed), "errorIndexes": failed})

        return act

    return add_operation


@_bulk("contacts.bulk_enrich", "/enrich", "enrich", most=ENRICH_MOST)
def enrich(org: Organisation, entity: Fields, request: Request) -> JsonObject:
    """Up to 10 enrich requests; each result carries the request's own `id`."""
    status, contact = enrichment.apply(org, entity, dry_run=request.flag_query("dryRun"))
    return {"id": entity.text("id") or contact["id"], "status": status, "entity": contact}


@_bulk("contacts.bulk_add", "/add", "add", tracked=False)
def add(org: Organisation, entity: Fields, _request: Request) -> JsonObject:
    """New contacts; each result carries the new id, which no request could know."""
    contact = contacts.add(org, entity)
    return {"id": contact.genesys_id, "status": 200, "entity": write_contact(org, contact)}


@_bulk("contacts.bulk_update", "/update", "edit")
def update(org: Organisation, entity: Fields, _request: Request) -> JsonObject:
    """Replace the fields of contacts by id."""
    contact = contacts.found(org, entity.text("id", required=True))
    contacts.replace(org, contact, entity)
    return {"id": contact.genesys_id, "status": 200, "entity": write_contact(org, contact)}


@_bulk("contacts.bulk_get", "", "view")
def fetch(org: Organisation, entity: Fields, _request: Request) -> JsonObject:
    """Contacts by id, ancestors resolved."""
    asked = entity.text("id", required=True)
    return {"id": asked, "status": 200, "entity": write_contact(org, contacts.found(org, asked))}


@_bulk("contacts.bulk_remove", "/remove", "delete")
def remove(org: Organisation, entity: Fields, _request: Request) -> JsonObject:
    """Forget contacts by id."""
    asked = entity.text("id", required=True)
    org.contacts.remove(contacts.found(org, asked))
    return {"id": asked, "status": 200}


def _one(
    org: Organisation, entity: Fields, request: Request, name: str, act: Act, *, tracked: bool
) -> JsonObject:
    fault = org.faults.entity_error(name)
    try:
        if fault is not None:
            raise fault.error(org.clock.shown())
        return {"success": True, **act(org, entity, request)}
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

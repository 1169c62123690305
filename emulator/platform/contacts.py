"""External contacts one by one: create, read, replace, patch, delete, list, search, scan, look up."""

from collections.abc import Iterator
from itertools import islice

from emulator.errors import ApiError, bad_request, conflict, missing, present
from emulator.http.fields import Fields
from emulator.http.messages import JsonObject, Request, Response, answer
from emulator.http.routing import Operations
from emulator.platform.contact_fields import (
    WRITABLE,
    read_contact,
    read_identifier,
    write_contact,
    write_identifier,
)
from emulator.platform.listing import numbered
from emulator.state.contacts import Contact, identifier, identifiers_of
from emulator.state.organisation import Organisation

operation = Operations("/api/v2/externalcontacts")
_VIEW = "externalContacts:contact:view"
_EDIT = "externalContacts:contact:edit"

_PATCH_ACTIONS = (
    "UpdateIfEmpty",
    "UpdateIfExists",
    "Update",
    "AppendToCollection",
    "Remove",
    "RemoveFromCollection",
)


def found(org: Organisation, genesys_id: str) -> Contact:
    """The canonical contact behind an id; raises ApiError 404."""
    return present(org.contacts.canonical(genesys_id), "contact", "contact.not.found")


@operation("contacts.create", "POST", "/contacts", "externalContacts:contact:add")
def create(org: Organisation, request: Request) -> Response:
    """A new contact. Identifiers that another owns stay there: a silent duplicate (fact sheet 3.5)."""
    return answer(write_contact(org, add(org, request.fields())))


def add(org: Organisation, body: Fields) -> Contact:
    """Keep a new contact; raises ApiError 400, 409 or 422."""
    fields = read_contact(org, body)
    if org.settings.duplicate_external_id == "conflict" and _owner_of_external_id(org, fields) is not None:
        raise conflict("A contact with this external id exists")
    return org.contacts.add(fields, org.now(), fields.get("type", "Curated"))


def _owner_of_external_id(org: Organisation, fields: JsonObject) -> Contact | None:
    keys = (key for key in identifiers_of(fields) if key[0] == "ExternalId")
    return next((owner for key in keys if (owner := org.contacts.owner(key)) is not None), None)


@operation("contacts.get", "GET", "/contacts/{contactId}", _VIEW)
def read(org: Organisation, request: Request) -> Response:
    """A contact; the id of an ancestor leads to the canonical one."""
    contact = found(org, request.parameters["contactId"])
    return answer(write_contact(org, contact, request.query("expand")))


@operation("contacts.unresolved", "GET", "/contacts/{contactId}/unresolved", _VIEW)
def read_unresolved(org: Organisation, request: Request) -> Response:
    """Exactly this contact, also when it was merged."""
    contact = present(org.contacts.by_id.get(request.parameters["contactId"]), "contact", "contact.not.found")
    return answer(write_contact(org, contact, request.query("expand")))


@operation("contacts.put", "PUT", "/contacts/{contactId}", _EDIT)
def put(org: Organisation, request: Request) -> Response:
    """Replace all fields."""
    contact = found(org, request.parameters["contactId"])
    return answer(write_contact(org, replace(org, contact, request.fields())))


def replace(org: Organisation, contact: Contact, body: Fields) -> Contact:
    """Give a contact the fields of a body, and only those."""
    org.contacts.change(contact, read_contact(org, body), org.now())
    return contact


@operation("contacts.patch", "PATCH", "/contacts/{contactId}", _EDIT)
def patch(org: Organisation, request: Request) -> Response:
    """Change single fields (since March 2026)."""
    contact = found(org, request.parameters["contactId"])
    fields = dict(contact.fields)
    for change in request.fields().parts("changes", fewest=1):
        _apply(org, fields, change)
    org.contacts.change(contact, fields, org.now())
    return answer(write_contact(org, contact))


def _apply(org: Organisation, fields: JsonObject, change: Fields) -> None:
    name = change.text("field", required=True).removeprefix("$.")
    if name not in WRITABLE:
        raise change.wrong("field", "names no field that can be changed")
    action = change.choice("action", _PATCH_ACTIONS)
    held = bool(fields.get(name))
    if action == "Remove":
        fields.pop(name, None)
        return
    given = read_contact(org, Fields({name: change.values.get("value")}, change.place)).get(name)
    if action in ("AppendToCollection", "RemoveFromCollection"):
        _apply_collection(fields, name, given, change, action)
    elif {"Update": True, "UpdateIfEmpty": not held, "UpdateIfExists": held}[action]:
        fields[name] = given


def _apply_collection(fields: JsonObject, name: str, given: object, change: Fields, action: str) -> None:
    if not isinstance(given, list):
        raise change.wrong("value", "must be a list for this action")
    kept = [entry for entry in fields.get(name) or [] if entry not in given]
    fields[name] = kept + (given if action == "AppendToCollection" else [])
    if len(fields[name]) > 10:
        raise change.wrong("value", "makes the list longer than 10")


@operation("contacts.delete", "DELETE", "/contacts/{contactId}", "externalContacts:contact:delete")
def delete(org: Organisation, request: Request) -> Response:
    """Forget a contact."""
    org.contacts.remove(found(org, request.parameters["contactId"]))
    return answer({})


@operation("contacts.promote", "POST", "/contacts/{contactId}/promotion", "externalContacts:identity:promote")
def promote(org: Organisation, request: Request) -> Response:
    """Make a contact Curated."""
    contact = found(org, request.parameters["contactId"])
    contact.kind = "Curated"
    contact.modified = org.now()
    return answer(write_contact(org, contact))


@operation("identifiers.list", "GET", "/contacts/{contactId}/identifiers", _VIEW)
def list_identifiers(org: Organisation, request: Request) -> Response:
    """The identifiers that a contact owns."""
    contact = found(org, request.parameters["contactId"])
    return answer({"entities": [write_identifier(org, key, since) for key, since in contact.owned.items()]})


@operation("identifiers.claim", "PATCH", "/contacts/{contactId}/identifiers", _EDIT)
def claim_identifier(org: Organisation, request: Request) -> Response:
    """Claim an identifier (from whoever owns it) or release it."""
    contact = found(org, request.parameters["contactId"])
    body = request.fields()
    wanted = body.choice("operation", ("Claim", "Release"))
    key = read_identifier(org, body.part("identifier", required=True))
    if wanted == "Claim":
        org.contacts.claim(contact, key, org.now())
    elif not org.contacts.release(contact, key):
        raise missing("identifier")
    return answer(write_identifier(org, key, org.now()))


@operation("identifiers.lookup", "POST", "/identifierlookup/contacts", _VIEW)
@operation("identifiers.lookup_old", "POST", "/identifierlookup", _VIEW)
def look_up(org: Organisation, request: Request) -> Response:
    """The contact that owns an identifier, 404 when nobody does."""
    owner = present(
        org.contacts.owner(read_identifier(org, request.fields())), "contact", "contact.not.found"
    )
    return answer(write_contact(org, owner, request.query("expand")))


@operation("contacts.by_address", "GET", "/reversewhitepageslookup", _VIEW)
def look_up_by_address(org: Organisation, request: Request) -> Response:
    """Reverse white pages: up to 25 contacts with a phone number or an e-mail address."""
    value = request.query("lookupVal")
    if not value:
        raise bad_request("The query parameter lookupVal is required", "lookupVal")
    key = identifier("Email" if "@" in value else "Phone", value)
    matches = (contact for contact in org.contacts.people() if key in identifiers_of(contact.fields))
    return answer({"contacts": [write_contact(org, contact) for contact in islice(matches, 25)]})


@operation("contacts.list", "GET", "/contacts", _VIEW)
def list_page(org: Organisation, request: Request) -> Response:
    """One page of all contacts, or of those that have the words of `q`."""
    size = request.whole_query("pageSize", 20, 1, 100)
    number = request.whole_query("pageNumber", 1, 1, 1000)
    if size * number > 1000:
        raise bad_request("pageSize times pageNumber must not be above 1000", "pageNumber")
    return answer(_page(org, _with_words(org, request.query("q")), size, number))


@operation("contacts.search", "POST", "/contacts/search", _VIEW)
def search(org: Organisation, request: Request) -> Response:
    """Contacts by words or by ids."""
    body = request.fields()
    simple = body.part("operation", required=True).part("simpleSearch", required=True)
    size, number = body.whole("pageSize", 20, 1, 100), body.whole("pageNumber", 1, 1, 1000)
    ids = set(simple.texts("ids", most=100))
    matches = _with_words(org, simple.text("query"))
    chosen = (contact for contact in matches if not ids or contact.genesys_id in ids)
    return answer(_page(org, chosen, size, number))


def _with_words(org: Organisation, words: str) -> Iterator[Contact]:
    wanted = words.lower().split()
    for contact in org.contacts.people():
        if not wanted or all(word in str(contact.fields.values()).lower() for word in wanted):
            yield contact


def _page(org: Organisation, contacts: Iterator[Contact], size: int, number: int) -> JsonObject:
    return numbered(list(contacts), size, number, lambda contact: write_contact(org, contact))


@operation("contacts.scan", "GET", "/scan/contacts", _VIEW)
def scan(org: Organisation, request: Request) -> Response:
    """All contacts, by cursor."""
    limit = request.whole_query("limit", 100, 10, 200)
    cursor = request.query("cursor", "0") or "0"
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 12:
        raise ApiError(400, "bad.request", "The cursor is not valid")
    start = int(cursor)
    page = list(islice(org.contacts.people(), start, start + limit))
    more = {"after": str(start + limit)} if len(page) == limit else {}
    return answer({"entities": [write_contact(org, contact) for contact in page], "cursors": more})

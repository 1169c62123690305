"""The contacts of a list: added, read, changed, taken out (outbound fact sheet 1.2)."""

import re
from typing import Any

from emulator.errors import ApiError, bad_request, present
from emulator.http.fields import Fields
from emulator.http.messages import JsonObject, Request, Response, answer, known, nothing
from emulator.http.routing import Operations
from emulator.outbound.contact_lists import found
from emulator.outbound.engine import queue_added
from emulator.platform.listing import numbered
from emulator.state.organisation import Organisation
from emulator.state.outbound import ContactList, ListContact, Result

operation = Operations("/api/v2/outbound/contactlists")

_ADD, _VIEW, _EDIT, _DELETE = (f"outbound:contact:{verb}" for verb in ("add", "view", "edit", "delete"))
_MOST_ADDED, _MOST_READ, _MOST_DELETED = 1000, 50, 250
_IDS = {
    "letters": re.compile(r"[A-Za-z0-9_.-]+"),
    "guid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
}
_KINDS = {"Sms": "sms", "Email": "email", "WhatsApp": "whatsapp"}


@operation("list_contacts.add", "POST", "/{contactListId}/contacts", _ADD)
def add(org: Organisation, request: Request) -> Response:
    """Add up to 1,000 contacts; a known id is updated, and queued again unless `doNotQueue=true`."""
    switches, kept = org.settings.outbound, found(org, request)
    rows = Fields({"contacts": request.json()}).parts("contacts", most=10_000)
    if len(rows) > _MOST_ADDED:
        raise bad_request("More than 1000 contacts", "contacts", "too.many.contacts.added")
    checked, refused = _check(org, kept, rows)
    if refused is not None and switches.refused_add == "whole":
        raise refused
    breaks_off = org.outbound.chance.random() < switches.broken_adds
    if breaks_off:
        checked = checked[: org.outbound.chance.randrange(len(checked) + 1)]
    made = [_store(org, kept, request, *each) for each in checked]
    if refused is not None:
        raise refused
    if breaks_off:
        raise ApiError(500, "internal.server.error", "The request was not finished")
    if switches.add_order == "shuffled":
        org.outbound.chance.shuffle(made)
    return answer([document(org, kept, each) for each in made])


def _check(
    org: Organisation, kept: ContactList, rows: list[Fields]
) -> tuple[list[tuple[str, dict[str, str], Fields]], ApiError | None]:
    """The rows before the first one that is wrong, and what is wrong with that."""
    checked: list[tuple[str, dict[str, str], Fields]] = []
    before: set[str] = set()
    try:
        for row in rows:
            checked.append(_checked(org, kept, row, before))
            before.add(checked[-1][0])
    except ApiError as error:
        return checked, error
    return checked, None


def _checked(
    org: Organisation, kept: ContactList, row: Fields, before: set[str]
) -> tuple[str, dict[str, str], Fields]:
    switches = org.settings.outbound
    data = row.mapping("data")
    if row.text("contactListId") not in ("", kept.list_id) or data.keys() - kept.body["columnNames"]:
        raise bad_request("A column is not one of the list", "data", "invalid.contact.columns")
    key = row.text("id") or org.new_id()
    wrong = len(key) > switches.longest_contact_id or not _IDS[switches.contact_ids].fullmatch(key)
    if wrong or (key in before and switches.same_id_twice == "refused"):
        raise bad_request("A custom contactId cannot be had", "id", "invalid.contact.id")
    return key, data, row


def _store(
    org: Organisation, kept: ContactList, request: Request, key: str, data: dict[str, str], row: Fields
) -> ListContact:
    contact = kept.contacts.get(key)
    is_new = contact is None
    if contact is None or request.flag_query("clearSystemData"):
        created = org.now() if contact is None else contact.created
        contact = kept.contacts[key] = ListContact(key, data, created)
    contact.data = data
    _mark(contact, row)
    queued = request.query("doNotQueue").lower()
    again = queued == "false" if queued else org.settings.outbound.requeues_when_not_told
    if is_new or again:
        queue_added(org, kept.list_id, key, is_new=is_new, first=request.flag_query("priority"))
    return contact


def _mark(contact: ListContact, row: Fields) -> None:
    """Whether the contact may be called or written to, where the request says so."""
    if "callable" in row:
        contact.callable = row.flag("callable")
    for column, status in row.part("phoneNumberStatus").values.items():
        _toggle(contact.closed_columns, column, Fields(status).flag("callable", default=True))
    for name, status in row.part("contactableStatus").values.items():
        _toggle(contact.uncontactable, name.casefold(), Fields(status).flag("contactable", default=True))
        for column, inner in Fields(status).part("columnStatus").values.items():
            _toggle(contact.closed_columns, column, Fields(inner).flag("contactable", default=True))


def _toggle(closed: set[str], name: str, is_open: bool) -> None:  # noqa: FBT001
    (closed.discard if is_open else closed.add)(name)


@operation("list_contacts.get", "GET", "/{contactListId}/contacts/{contactId}", _VIEW)
def read(org: Organisation, request: Request) -> Response:
    """One contact, with its latest results."""
    kept = found(org, request)
    return answer(document(org, kept, _one(kept, request)))


@operation("list_contacts.put", "PUT", "/{contactListId}/contacts/{contactId}", _EDIT)
def change(org: Organisation, request: Request) -> Response:
    """Change one contact; whether it is still sent to, once queued, is a switch."""
    kept = found(org, request)
    contact, row = _one(kept, request, 400, "contact.does.not.exist"), request.fields()
    if "data" in row:
        _, contact.data, _ = _checked(org, kept, row, set())
    queued = any(contact.contact_id in (each.queue or ()) for each in org.outbound.campaigns_of(kept.list_id))
    if org.settings.outbound.uncontactable_stops_queued or not queued:
        _mark(contact, row)
    return answer(document(org, kept, contact))


@operation("list_contacts.delete", "DELETE", "/{contactListId}/contacts/{contactId}", _DELETE)
def delete(org: Organisation, request: Request) -> Response:
    """Take one contact out; 400 when a campaign has it in use."""
    kept = found(org, request)
    contact = _one(kept, request)
    if _in_use(org, kept):
        raise bad_request("A campaign has this contact", code="contact.in.use")
    del kept.contacts[contact.contact_id]
    return nothing(200)


@operation("list_contacts.delete_many", "DELETE", "/{contactListId}/contacts", _DELETE)
def delete_many(org: Organisation, request: Request) -> Response:
    """Take up to 250 contacts out, but for those that a campaign has in use."""
    kept = found(org, request)
    ids = [part for value in request.queries("contactIds") for part in value.split(",") if part]
    if len(ids) > _MOST_DELETED:
        raise bad_request("More than 250 contacts", "contactIds")
    if not _in_use(org, kept):
        for key in ids:
            kept.contacts.pop(key, None)
    return nothing(200)


@operation("list_contacts.bulk", "POST", "/{contactListId}/contacts/bulk", _VIEW)
def read_bulk(org: Organisation, request: Request) -> Response:
    """Up to 50 contacts by id; the unknown are left out."""
    kept = found(org, request)
    ids = Fields({"ids": request.json()}).texts("ids", most=10_000)
    if len(ids) > _MOST_READ:
        raise bad_request("More than 50 contacts", "ids", "too.many.contacts.requested")
    known_ones = (kept.contacts.get(key) for key in ids)
    return answer([document(org, kept, each) for each in known_ones if each is not None])


@operation("list_contacts.search", "POST", "/{contactListId}/contacts/search", _VIEW)
def search(org: Organisation, request: Request) -> Response:
    """Contacts whose columns are as the criteria say (EQUALS and IN), 100 a page."""
    kept = found(org, request)
    body = request.fields(("contactListFilterId", "criteria", "contactSorts", "pageNumber", "pageSize"))
    tests = [
        predicate
        for clause in body.part("criteria").parts("clauses")
        for predicate in clause.parts("predicates")
    ]
    chosen = [each for each in kept.contacts.values() if all(_fits(each, test) for test in tests)]
    size, number = body.whole("pageSize", 25, 1, 100), body.whole("pageNumber", 1, 1, 100_000)
    shown = numbered(chosen, size, number, lambda each: document(org, kept, each))
    return answer({**shown, "contactsCount": len(chosen)})


def _fits(contact: ListContact, test: Fields) -> bool:
    value = contact.data.get(test.text("column", required=True), "")
    if test.choice("operator", ("EQUALS", "IN")) == "IN":
        fits = value in test.part("range").texts("inSet")
    else:
        fits = value == test.text("value")
    return fits is not test.flag("inverted")


def _one(
    kept: ContactList, request: Request, status: int = 404, code: str = "resource.not.found"
) -> ListContact:
    contact = kept.contacts.get(request.parameters["contactId"])
    if contact is None and status == 400:
        raise bad_request("The contact does not exist", "id", code)
    return present(contact, "contact", code)


def _in_use(org: Organisation, kept: ContactList) -> bool:
    return any(each.is_active for each in org.outbound.campaigns_of(kept.list_id))


def document(org: Organisation, kept: ContactList, contact: ListContact) -> JsonObject:
    """The DialerContact model."""
    seen = {name: each for name, each in contact.results.items() if each.visible <= org.now()}
    results: dict[str, Any] = {
        f"latest{name}Evaluations": {
            column["columnName"]: _evaluation(org, name, column["columnName"], seen[column["columnName"]])
            for kind, column in kept.address_columns()
            if kind == _KINDS[name] and column["columnName"] in seen
        }
        or None
        for name in _KINDS
    }
    phones = [column["columnName"] for kind, column in kept.address_columns() if kind == "sms"]
    key = kept.list_id
    return known(
        id=contact.contact_id,
        contactListId=key,
        data=contact.data,
        callable=contact.callable,
        phoneNumberStatus={each: {"callable": each not in contact.closed_columns} for each in phones} or None,
        contactableStatus={
            (org.settings.outbound.contactable_key if kind == "sms" else name): {
                "contactable": kind not in contact.uncontactable
            }
            for name, kind in _KINDS.items()
        },
        dateCreated=org.stamp(contact.created),
        selfUri=f"/api/v2/outbound/contactlists/{key}/contacts/{contact.contact_id}",
        **results,
    )


def _evaluation(org: Organisation, name: str, column: str, result: Result) -> JsonObject:
    return {
        "contactColumn": column,
        "contactAddress": result.address,
        "messageType": name,
        "wrapupCodeId": spelled(org, result.code),
        "timestamp": org.stamp(result.at),
    }


def spelled(org: Organisation, code: str) -> str:
    """A result as this organisation writes it."""
    return code.replace("_", "-") if "-" in org.settings.outbound.result_words else code

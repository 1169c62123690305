"""Contact lists (outbound fact sheet 1.1)."""

from emulator.errors import ApiError, bad_request, present
from emulator.http.fields import Fields
from emulator.http.messages import JsonObject, Request, Response, answer, known, nothing
from emulator.http.routing import Operations
from emulator.outbound.names import named
from emulator.platform.listing import page
from emulator.state.defaults import HOME_DIVISION_ID
from emulator.state.organisation import Organisation
from emulator.state.outbound import ContactList, id_of

operation = Operations("/api/v2/outbound/contactlists")

_VIEW, _EDIT = "outbound:contactList:view", "outbound:contactList:edit"
_COLUMNS = ("phoneColumns", "emailColumns", "whatsAppColumns")
_FIXED = ("columnNames", *_COLUMNS, "automaticTimeZoneMapping", "zipCodeColumnName")
"""What nobody changes afterwards."""
_FIELDS = frozenset(
    (
        *(
            "id",
            "name",
            "version",
            "division",
            "dateCreated",
            "dateModified",
            "selfUri",
            "size",
            "importStatus",
        ),
        *(*_FIXED, "attemptLimits", "trimWhitespace", "columnDataTypeSpecifications"),
        *("previewModeColumnName", "previewModeAcceptedValues"),
        *("retentionType", "retentionDays", "timeZone", "dateExpiration"),
    )
)


@operation("contact_lists.create", "POST", "", "outbound:contactList:add")
def create(org: Organisation, request: Request) -> Response:
    """A new contact list; its name is unique."""
    body = request.fields(_FIELDS)
    name = body.text("name", required=True)
    if len(name) > 64:
        raise bad_request("The name has more than 64 characters", "name", "name.length.exceeded")
    if any(each.body["name"] == name for each in org.outbound.lists.values()):
        raise bad_request("The name is taken", "name", "duplicate.name")
    _check_columns(body)
    made = ContactList(org.new_id(), _kept(org, body), org.now())
    org.outbound.lists[made.list_id] = made
    return answer(document(org, made))


def _check_columns(body: Fields) -> None:
    names = body.texts("columnNames", fewest=1, most=1000)
    if len(names) > 50:
        raise bad_request("There are more than 50 columns", "columnNames", "contact.columns.limit.exceeded")
    if len(set(names)) < len(names):
        raise bad_request("Two columns have one name", "columnNames", "not.unique.contact.columns")
    addressed = [column for part in _COLUMNS for column in body.parts(part)]
    if not addressed:
        raise bad_request("No column holds an address", "phoneColumns", "no.phone.columns")
    for column in addressed:
        column.text("type", required=True)
        if column.text("columnName", required=True) not in names:
            raise column.wrong("columnName", "is not one of the columns")


def _kept(org: Organisation, body: Fields) -> JsonObject:
    limits = id_of(body.values, "attemptLimits")
    if limits is not None:
        present(org.outbound.find("attemptlimits", limits), "attempt limits")
    left_out = ("id", "version", "size", "importStatus", "selfUri", "dateCreated", "dateModified")
    return {name: value for name, value in body.values.items() if name not in left_out and value is not None}


@operation("contact_lists.list", "GET", "", _VIEW)
def list_all(org: Organisation, request: Request) -> Response:
    """The lists whose name begins with `name`; with `filterType=Equals` the one of that name."""
    wanted, kind = request.query("name"), request.query("filterType", "Prefix")
    chosen = [
        document(org, each, sized=request.flag_query("includeSize"))
        for each in org.outbound.lists.values()
        if named(str(each.body["name"]), wanted, exact=kind == "Equals")
    ]
    return page(request, chosen)


@operation("contact_lists.get", "GET", "/{contactListId}", _VIEW)
def read(org: Organisation, request: Request) -> Response:
    """One list; `includeSize=true` counts its contacts."""
    return answer(document(org, found(org, request), sized=request.flag_query("includeSize")))


@operation("contact_lists.put", "PUT", "/{contactListId}", _EDIT)
def change(org: Organisation, request: Request) -> Response:
    """Change what may be changed; the version must be the newest, and columns stay."""
    kept, body = found(org, request), request.fields(_FIELDS)
    if body.whole("version", 0) != kept.version:
        raise ApiError(409, "invalid.update.wrong.version", "The version is not the newest")
    if any(body.values.get(name) != kept.body.get(name) for name in _FIXED):
        raise bad_request("Columns cannot be changed", "columnNames", "cannot.update.contact.column.names")
    kept.body, kept.version = _kept(org, body), kept.version + 1
    return answer(document(org, kept))


@operation("contact_lists.delete", "DELETE", "/{contactListId}", "outbound:contactList:delete")
def delete(org: Organisation, request: Request) -> Response:
    """Forget a list that no campaign names."""
    kept = found(org, request)
    if org.outbound.campaigns_of(kept.list_id):
        raise bad_request("A campaign has this list", code="contact.list.in.use")
    del org.outbound.lists[kept.list_id]
    return nothing(200)


@operation("contact_lists.clear", "POST", "/{contactListId}/clear", "outbound:contact:delete")
def clear(org: Organisation, request: Request) -> Response:
    """Take every contact out."""
    kept = found(org, request)
    kept.contacts.clear()
    return nothing(202)


def found(org: Organisation, request: Request) -> ContactList:
    """The list of the path; raises ApiError 404."""
    key = request.parameters["contactListId"]
    return present(org.outbound.lists.get(key), "contact list", "contact.list.not.found")


def document(org: Organisation, kept: ContactList, *, sized: bool = False) -> JsonObject:
    """The ContactList model."""
    limits = id_of(kept.body, "attemptLimits")
    return kept.body | known(
        id=kept.list_id,
        version=kept.version,
        dateCreated=org.stamp(kept.created),
        division={"id": HOME_DIVISION_ID, "name": "Home"},
        attemptLimits={"id": limits} if limits else None,
        size=len(kept.contacts) if sized else None,
        selfUri=f"/api/v2/outbound/contactlists/{kept.list_id}",
    )

"""External sources: the name spaces of the CRM's ids (platform fact sheet 3.1)."""

from emulator.errors import conflict, missing
from emulator.http.messages import JsonObject, Request, Response, answer
from emulator.http.routing import Operations
from emulator.state.organisation import Organisation

operation = Operations("/api/v2/externalcontacts/externalsources")

_FIELDS = ("id", "name", "active", "linkConfiguration", "selfUri")


@operation("sources.list", "GET", "", "externalContacts:externalSource:view")
def list_all(org: Organisation, request: Request) -> Response:
    """All sources, or the one of a name."""
    name = request.query("name")
    chosen = [key for key, source in org.sources.items() if not name or source["name"] == name]
    return answer({"entities": [_document(org, key) for key in chosen], "cursors": {}})


@operation("sources.create", "POST", "", "externalContacts:externalSource:add")
def create(org: Organisation, request: Request) -> Response:
    """A new source; its name is unique."""
    fields = _read(org, request, "")
    source_id = org.new_id()
    org.sources[source_id] = fields
    return answer(_document(org, source_id))


@operation("sources.get", "GET", "/{externalSourceId}", "externalContacts:externalSource:view")
def read(org: Organisation, request: Request) -> Response:
    """One source."""
    return answer(_document(org, _known(org, request)))


@operation("sources.put", "PUT", "/{externalSourceId}", "externalContacts:externalSource:edit")
def put(org: Organisation, request: Request) -> Response:
    """Rename or deactivate a source."""
    source_id = _known(org, request)
    org.sources[source_id] = _read(org, request, source_id)
    return answer(_document(org, source_id))


@operation("sources.delete", "DELETE", "/{externalSourceId}", "externalContacts:externalSource:delete")
def delete(org: Organisation, request: Request) -> Response:
    """Forget a source."""
    del org.sources[_known(org, request)]
    return answer({})


def _known(org: Organisation, request: Request) -> str:
    source_id = request.parameters["externalSourceId"]
    if source_id not in org.sources:
        raise missing("external source")
    return source_id


def _read(org: Organisation, request: Request, source_id: str) -> JsonObject:
    body = request.fields(_FIELDS)
    name = body.text("name", required=True, most=200)
    if any(source["name"] == name for key, source in org.sources.items() if key != source_id):
        raise conflict("An external source of this name exists")
    return {"name": name, "active": body.flag("active", default=True)}


def _document(org: Organisation, source_id: str) -> JsonObject:
    return {
        "id": source_id,
        **org.sources[source_id],
        "selfUri": f"/api/v2/externalcontacts/externalsources/{source_id}",
    }

"""Do-not-contact lists: read, add, patch with expiry, export (platform fact sheet 6)."""

from emulator.errors import bad_request, missing, present
from emulator.http.fields import Fields, instant_of
from emulator.http.messages import JsonObject, Request, Response, answer, known, nothing
from emulator.http.routing import Operations
from emulator.outbound import list_export
from emulator.platform.listing import page
from emulator.state.dnc import DncList
from emulator.state.organisation import Organisation

operation = Operations("/api/v2")
_EDIT = "outbound:dnc:edit"
_EXPORT = "outbound:dnc:view"
_ADD = "outbound:dnc:add"

_PAGE = b"<!DOCTYPE html><html><body><h1>Please log in</h1></body></html>"
_OUTSIDE = ("dnc.com", "gryphon")
_ENTRY_FIELDS = {
    "phonenumbers": "phoneNumbers",
    "emailaddresses": "emailAddresses",
    "whatsappnumbers": "whatsAppNumbers",
    "customexclusioncolumns": "customExclusionColumnEntries",
}


@operation("dnc.list", "GET", "/outbound/dnclists", "outbound:dncList:view")
def list_all(org: Organisation, request: Request) -> Response:
    """All lists; with `dnc_listing` something that is no list."""
    if org.settings.dnc_listing != "page":
        return answer({} if org.settings.dnc_listing == "object" else [])
    return page(request, [_document(org, each, request) for each in org.dnc.values()])


@operation("dnc.get", "GET", "/outbound/dnclists/{dncListId}", "outbound:dncList:view")
def read(org: Organisation, request: Request) -> Response:
    """One list."""
    return answer(_document(org, _found(org, request), request))


@operation("dnc.create", "POST", "/outbound/dnclists", "outbound:dncList:add")
def create(org: Organisation, request: Request) -> Response:
    """A new list."""
    body = request.fields()
    new = DncList(
        org.new_id(),
        body.text("name", required=True, most=200),
        body.choice("dncSourceType", ("rds", "rds_custom", *_OUTSIDE), "rds"),
        body.choice("contactMethod", ("Email", "Phone", "Any", "WhatsApp"), "Any"),
        org.now(),
    )
    org.dnc[new.list_id] = new
    return answer(_document(org, new, request))


@operation("dnc.add_numbers", "POST", "/outbound/dnclists/{dncListId}/phonenumbers", _ADD)
@operation("dnc.add_emails", "POST", "/outbound/dnclists/{dncListId}/emailaddresses", _ADD)
def add(org: Organisation, request: Request) -> Response:
    """Add entries: a plain JSON list, for good or until `expirationDateTime`."""
    dnc = _own(org, request)
    entries = Fields({"entries": request.json()}).texts("entries", fewest=1, most=1000)
    until = _expiry(request.query("expirationDateTime"))
    dnc.entries |= dict.fromkeys(entries, until)
    return nothing()


@operation("dnc.patch_numbers", "PATCH", "/outbound/dnclists/{dncListId}/phonenumbers", _EDIT)
@operation("dnc.patch_emails", "PATCH", "/outbound/dnclists/{dncListId}/emailaddresses", _EDIT)
@operation("dnc.patch_whatsapp", "PATCH", "/outbound/dnclists/{dncListId}/whatsappnumbers", _EDIT)
@operation("dnc.patch_columns", "PATCH", "/outbound/dnclists/{dncListId}/customexclusioncolumns", _EDIT)
def patch(org: Organisation, request: Request) -> Response:
    """Add or remove entries, with an expiry."""
    dnc = _own(org, request)
    body = request.fields()
    name = _ENTRY_FIELDS[request.path.rpartition("/")[2]]
    body.allow(("action", "expirationDateTime", name))
    entries = body.texts(name, fewest=1, most=1000)
    if body.choice("action", ("Add", "Remove")) == "Add":
        dnc.entries |= dict.fromkeys(entries, _expiry(body.text("expirationDateTime")))
    else:
        for entry in entries:
            dnc.entries.pop(entry, None)
    return nothing()


@operation("dnc.start_export", "POST", "/outbound/dnclists/{dncListId}/export", _EXPORT)
def start_export(org: Organisation, request: Request) -> Response:
    """Begin an export; it is ready `dnc_export_seconds` later."""
    dnc = _found(org, request)
    if org.settings.dnc_export != "stale" or dnc.exported_at is None:
        dnc.export(org.now() + org.settings.dnc_export_seconds, org.settings.dnc_separator)
    return answer({"id": org.new_id(), "name": dnc.name, "selfUri": f"{_uri(dnc)}/export"})


@operation("dnc.export", "GET", "/outbound/dnclists/{dncListId}/export", _EXPORT)
def read_export(org: Organisation, request: Request) -> Response:
    """Where the export lies; with `download=true` a redirect to it; 404 until it is ready."""
    dnc = _found(org, request)
    if dnc.exported_at is None or org.now() < dnc.exported_at:
        raise missing("export")
    address = org.settings.dnc_download_url or f"{org.url}/api/v2/downloads/{dnc.list_id}"
    if request.query("download", "false") == "true":
        return Response(302, headers=[("Location", address)])
    return answer({"uri": address, "exportTimestamp": org.stamp(dnc.exported_at)})


@operation("downloads.get", "GET", "/downloads/{downloadId}")
def download(org: Organisation, request: Request) -> Response:
    """The exported file, as CSV."""
    key = request.parameters["downloadId"]
    if (found := list_export.download(org, key)) is not None:
        return found
    dnc = org.dnc.get(key)
    if dnc is None or dnc.exported_at is None:
        raise missing("download")
    if org.settings.dnc_export == "page":
        return Response(200, _PAGE, "text/html; charset=utf-8")
    lines = dnc.exported.splitlines(keepends=True)
    kept = {"empty": 0, "half": (len(lines) + 1) // 2}.get(org.settings.dnc_export, len(lines))
    return Response(200, "".join(lines[:kept]).encode(), "text/csv; charset=utf-8")


@operation("dnc.add_conversation", "POST", "/outbound/conversations/{conversationId}/dnc", _ADD)
def add_of_conversation(org: Organisation, request: Request) -> Response:
    """Put the address of a conversation on the internal list."""
    key = request.parameters["conversationId"]
    conversation = present(org.conversations.by_id.get(key), "conversation")
    internal = next((each for each in org.dnc.values() if each.source == "rds"), None)
    _present(internal).entries[conversation.address] = None
    return nothing()


def _found(org: Organisation, request: Request) -> DncList:
    return _present(org.dnc.get(request.parameters["dncListId"]))


def _present(dnc: DncList | None) -> DncList:
    return present(dnc, "do-not-contact list", "dnc.list.not.found")


def _own(org: Organisation, request: Request) -> DncList:
    """A list that the organisation keeps itself; raises ApiError 400 for one of an outside service."""
    dnc = _found(org, request)
    if dnc.source in _OUTSIDE:
        code = "dnc.source.operation.not.supported"
        raise bad_request("This list is kept by an outside service", "dncListId", code)
    return dnc


def _expiry(text: str) -> float | None:
    if not text:
        return None
    seconds = instant_of(text)
    if seconds is None:
        raise bad_request(
            "The expiry must be written yyyy-MM-ddTHH:mmZ", "expirationDateTime", "invalid.date"
        )
    return seconds


def _uri(dnc: DncList) -> str:
    return f"/api/v2/outbound/dnclists/{dnc.list_id}"


def _document(org: Organisation, dnc: DncList, request: Request) -> JsonObject:
    return known(
        id=dnc.list_id,
        name=dnc.name,
        version=1,
        dncSourceType=dnc.source,
        contactMethod=dnc.method,
        size=len(dnc.valid(org.now())) if request.flag_query("includeSize") else None,
        selfUri=_uri(dnc),
    )

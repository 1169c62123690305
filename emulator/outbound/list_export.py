"""A contact list as a file: results of everybody in one download (outbound fact sheet 1.3)."""

import csv
import io
from collections.abc import Iterator

from emulator.errors import missing
from emulator.http.messages import Request, Response, answer
from emulator.http.routing import Operations
from emulator.outbound.contact_lists import found
from emulator.outbound.list_contacts import spelled
from emulator.state.organisation import Organisation
from emulator.state.outbound import ContactList, ListContact

operation = Operations("/api/v2/outbound/contactlists")

_PERMISSIONS = ("outbound:contact:view", "outbound:contactList:view")
_WORDS = {"sms": "Sms", "email": "Email", "whatsapp": "WhatsApp"}


@operation("list_export.start", "POST", "/{contactListId}/export", *_PERMISSIONS)
def start(org: Organisation, request: Request) -> Response:
    """Begin an export; it is ready `export_seconds` later."""
    kept, switches = found(org, request), org.settings.outbound
    if switches.export != "stale" or kept.exported_at is None:
        kept.exported, kept.exported_at = _file(org, kept), org.now() + switches.export_seconds
    uri = f"/api/v2/outbound/contactlists/{kept.list_id}/export"
    return answer({"id": org.new_id(), "name": kept.body["name"], "selfUri": uri})


@operation("list_export.get", "GET", "/{contactListId}/export", *_PERMISSIONS)
def read(org: Organisation, request: Request) -> Response:
    """Where the export lies, and of when it is; 404 until it is ready."""
    kept = found(org, request)
    if kept.exported_at is None or org.now() < kept.exported_at:
        raise missing("export", "no.available.list.export.uri")
    address = f"{org.url}/api/v2/downloads/{kept.list_id}"
    left_out = "true" if org.settings.outbound.export_redirects else "false"
    if request.query("download", left_out) == "true":
        return Response(302, headers=[("Location", address)])
    return answer({"uri": address, "exportTimestamp": org.stamp(kept.exported_at)})


def download(org: Organisation, key: str) -> Response | None:
    """The file of a list's export, None when there is none of that id."""
    kept = org.outbound.lists.get(key)
    if kept is None or kept.exported_at is None:
        return None
    return Response(200, kept.exported.encode(), "text/csv; charset=utf-8")


def _file(org: Organisation, kept: ContactList) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    columns = [*kept.address_columns()]
    names = kept.body["columnNames"]
    writer.writerow(["inin-outbound-id", *names, *_header(org, columns)])
    contacts = [*kept.contacts.values()]
    if org.settings.outbound.export == "half":
        contacts = contacts[: len(contacts) // 2]
    elif org.settings.outbound.export == "twice":
        contacts = [*contacts, *contacts[:1]]
    for contact in contacts:
        told = (contact.data.get(name, "") for name in names)
        writer.writerow([contact.contact_id, *told, *_cells(org, columns, contact)])
    return text.getvalue()


def _header(org: Organisation, columns: list[tuple[str, dict[str, str]]]) -> Iterator[str]:
    yield from ("ContactCallable", *(f"ContactableBy{name}" for name in ("Voice", *_WORDS.values())))
    for kind, column in columns:
        if kind == "sms" or org.settings.outbound.email_results_in_export:
            yield from (
                f"{_WORDS[kind]}{word}-{column['columnName']}"
                for word in ("LastAttempt", "LastResult", "LastAttemptCampaign")
            )


def _cells(
    org: Organisation, columns: list[tuple[str, dict[str, str]]], contact: ListContact
) -> Iterator[str]:
    yield from (str(int(contact.callable)), "1")
    yield from (str(int(kind not in contact.uncontactable)) for kind in _WORDS)
    for kind, column in columns:
        if kind != "sms" and not org.settings.outbound.email_results_in_export:
            continue
        result = contact.results.get(column["columnName"])
        if result is None or result.visible > org.now():
            yield from ("", "", "")
        else:
            campaign = org.outbound.campaigns.get(result.campaign_id)
            name = str(campaign.body["name"]) if campaign else ""
            yield from (org.stamp(result.at) or "", spelled(org, result.code), name)

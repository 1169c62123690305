"""The operations on contacts and external sources: name, method, path, handler, permission."""

from __future__ import annotations

from emulator.guide.operations import GUIDE_INSPECT, GUIDE_REGISTER
from emulator.http.routing import platform_operation
from emulator.platform import bulk, contacts, conversations, enrichment, merging, sources

_VIEW = "externalContacts:contact:view"
_ADD = "externalContacts:contact:add"
_EDIT = "externalContacts:contact:edit"
_DELETE = "externalContacts:contact:delete"
_ENRICH = "externalContacts:contact:enrich"
_MERGE = "externalContacts:identity:merge"
_SOURCE = "externalContacts:externalSource"
_CONTACT = "/externalcontacts/contacts/{contactId}"

CONTACTS = (
    platform_operation(
        "contacts.create", "POST", "/externalcontacts/contacts", contacts.create, _ADD, guide=GUIDE_REGISTER
    ),
    platform_operation("contacts.list", "GET", "/externalcontacts/contacts", contacts.list_page, _VIEW),
    platform_operation(
        "contacts.search", "POST", "/externalcontacts/contacts/search", contacts.search, _VIEW
    ),
    platform_operation("contacts.scan", "GET", "/externalcontacts/scan/contacts", contacts.scan, _VIEW),
    platform_operation(
        "contacts.enrich", "POST", "/externalcontacts/contacts/enrich", enrichment.enrich, _ENRICH
    ),
    platform_operation("contacts.merge", "POST", "/externalcontacts/contacts/merge", merging.merge, _MERGE),
    platform_operation(
        "contacts.merge_pair", "POST", "/externalcontacts/merge/contacts", merging.merge_pair, _MERGE
    ),
    platform_operation("contacts.get", "GET", _CONTACT, contacts.read, _VIEW, guide=GUIDE_INSPECT),
    platform_operation("contacts.put", "PUT", _CONTACT, contacts.put, _EDIT),
    platform_operation("contacts.patch", "PATCH", _CONTACT, contacts.patch, _EDIT),
    platform_operation("contacts.delete", "DELETE", _CONTACT, contacts.delete, _DELETE),
    platform_operation(
        "contacts.unresolved", "GET", f"{_CONTACT}/unresolved", contacts.read_unresolved, _VIEW
    ),
    platform_operation(
        "contacts.promote",
        "POST",
        f"{_CONTACT}/promotion",
        contacts.promote,
        "externalContacts:identity:promote",
    ),
    platform_operation(
        "identifiers.list", "GET", f"{_CONTACT}/identifiers", contacts.list_identifiers, _VIEW
    ),
    platform_operation(
        "identifiers.claim", "PATCH", f"{_CONTACT}/identifiers", contacts.claim_identifier, _EDIT
    ),
    platform_operation(
        "identifiers.lookup", "POST", "/externalcontacts/identifierlookup/contacts", contacts.look_up, _VIEW
    ),
    platform_operation(
        "identifiers.lookup_old", "POST", "/externalcontacts/identifierlookup", contacts.look_up, _VIEW
    ),
    platform_operation(
        "contacts.by_address",
        "GET",
        "/externalcontacts/reversewhitepageslookup",
        contacts.look_up_by_address,
        _VIEW,
    ),
    platform_operation("contacts.bulk_get", "POST", "/externalcontacts/bulk/contacts", bulk.fetch, _VIEW),
    platform_operation("contacts.bulk_add", "POST", "/externalcontacts/bulk/contacts/add", bulk.add, _ADD),
    platform_operation(
        "contacts.bulk_update", "POST", "/externalcontacts/bulk/contacts/update", bulk.update, _EDIT
    ),
    platform_operation(
        "contacts.bulk_enrich", "POST", "/externalcontacts/bulk/contacts/enrich", bulk.enrich, _ENRICH
    ),
    platform_operation(
        "contacts.bulk_remove", "POST", "/externalcontacts/bulk/contacts/remove", bulk.remove, _DELETE
    ),
    platform_operation(
        "conversations.associate",
        "PUT",
        "/externalcontacts/conversations/{conversationId}",
        conversations.associate,
        "externalContacts:conversation:associate",
        "relate:conversation:associate",
    ),
)
_SOURCES = "/externalcontacts/externalsources"
SOURCES = (
    platform_operation("sources.list", "GET", _SOURCES, sources.list_all, f"{_SOURCE}:view"),
    platform_operation("sources.create", "POST", _SOURCES, sources.create, f"{_SOURCE}:add"),
    platform_operation(
        "sources.get", "GET", f"{_SOURCES}/{{externalSourceId}}", sources.read, f"{_SOURCE}:view"
    ),
    platform_operation(
        "sources.put", "PUT", f"{_SOURCES}/{{externalSourceId}}", sources.put, f"{_SOURCE}:edit"
    ),
    platform_operation(
        "sources.delete", "DELETE", f"{_SOURCES}/{{externalSourceId}}", sources.delete, f"{_SOURCE}:delete"
    ),
)

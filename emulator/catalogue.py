"""Every operation that is emulated: name, method, path, permission, handler."""

from __future__ import annotations

from emulator import control, guide, oauth, page
from emulator.platform import (
    account,
    analytics,
    attribute_search,
    bulk,
    callbacks,
    contacts,
    conversations,
    dnc_lists,
    emails,
    enrichment,
    merging,
    messages,
    senders,
    sources,
)
from emulator.routing import PLATFORM, Handler, Operation

_VIEW = "externalContacts:contact:view"
_ADD = "externalContacts:contact:add"
_EDIT = "externalContacts:contact:edit"
_DELETE = "externalContacts:contact:delete"
_ENRICH = "externalContacts:contact:enrich"
_MERGE = "externalContacts:identity:merge"
_SOURCE = "externalContacts:externalSource"
_READ = "conversation:communication:view"
_END = "conversation:communication:disconnect"
_ANALYTICS = ("analytics:conversationDetail:view", "analytics:agentConversationDetail:view")
_DNC_EDIT = "outbound:dnc:edit"
_EMAIL_DOMAIN = ("routing:email:manage", "routing:email:view")
_CONTACT = "/externalcontacts/contacts/{contactId}"
_CONVERSATION = "/conversations/{conversationId}"


def _operation(
    name: str, method: str, path: str, handler: Handler, *permissions: str, guide: Operation | None = None
) -> Operation:
    return Operation(name, method, PLATFORM + path, handler, permissions, guide=guide)


def _of_guide(
    name: str, method: str, path: str, handler: Handler, *permissions: str, creation: bool = False
) -> Operation:
    return Operation(name, method, PLATFORM + path, handler, permissions, guide_only=True, creation=creation)


def _own(name: str, method: str, path: str, handler: Handler) -> Operation:
    return Operation(name, method, path, handler, open=True, own=True)


GUIDE_REGISTER = _of_guide(
    "guide.register",
    "POST",
    "/externalcontacts/contacts",
    guide.register,
    "externalcontacts:contact:write",
    creation=True,
)
GUIDE_INSPECT = _of_guide("guide.inspect", "GET", _CONTACT, guide.inspect, "externalcontacts:contact:read")
GUIDE_START = _of_guide("guide.start", "POST", "/conversations", guide.start, "conversation:write")
GUIDE_READ = _of_guide("guide.read", "GET", _CONVERSATION, guide.read, "conversation:read")
GUIDE_END = _of_guide("guide.end", "DELETE", _CONVERSATION, guide.end, "conversation:write")
GUIDE_DISCONNECT = _of_guide(
    "guide.disconnect", "POST", f"{_CONVERSATION}/disconnect", guide.disconnect, "conversation:write"
)
GUIDE = (GUIDE_REGISTER, GUIDE_INSPECT, GUIDE_START, GUIDE_READ, GUIDE_END, GUIDE_DISCONNECT)

CONTACTS = (
    _operation(
        "contacts.create", "POST", "/externalcontacts/contacts", contacts.create, _ADD, guide=GUIDE_REGISTER
    ),
    _operation("contacts.list", "GET", "/externalcontacts/contacts", contacts.list_page, _VIEW),
    _operation("contacts.search", "POST", "/externalcontacts/contacts/search", contacts.search, _VIEW),
    _operation("contacts.scan", "GET", "/externalcontacts/scan/contacts", contacts.scan, _VIEW),
    _operation("contacts.enrich", "POST", "/externalcontacts/contacts/enrich", enrichment.enrich, _ENRICH),
    _operation("contacts.merge", "POST", "/externalcontacts/contacts/merge", merging.merge, _MERGE),
    _operation("contacts.merge_pair", "POST", "/externalcontacts/merge/contacts", merging.merge_pair, _MERGE),
    _operation("contacts.get", "GET", _CONTACT, contacts.read, _VIEW, guide=GUIDE_INSPECT),
    _operation("contacts.put", "PUT", _CONTACT, contacts.put, _EDIT),
    _operation("contacts.patch", "PATCH", _CONTACT, contacts.patch, _EDIT),
    _operation("contacts.delete", "DELETE", _CONTACT, contacts.delete, _DELETE),
    _operation("contacts.unresolved", "GET", f"{_CONTACT}/unresolved", contacts.read_unresolved, _VIEW),
    _operation(
        "contacts.promote",
        "POST",
        f"{_CONTACT}/promotion",
        contacts.promote,
        "externalContacts:identity:promote",
    ),
    _operation("identifiers.list", "GET", f"{_CONTACT}/identifiers", contacts.list_identifiers, _VIEW),
    _operation("identifiers.claim", "PATCH", f"{_CONTACT}/identifiers", contacts.claim_identifier, _EDIT),
    _operation(
        "identifiers.lookup", "POST", "/externalcontacts/identifierlookup/contacts", contacts.look_up, _VIEW
    ),
    _operation(
        "identifiers.lookup_old", "POST", "/externalcontacts/identifierlookup", contacts.look_up, _VIEW
    ),
    _operation(
        "contacts.by_address",
        "GET",
        "/externalcontacts/reversewhitepageslookup",
        contacts.look_up_by_address,
        _VIEW,
    ),
    _operation("contacts.bulk_get", "POST", "/externalcontacts/bulk/contacts", bulk.fetch, _VIEW),
    _operation("contacts.bulk_add", "POST", "/externalcontacts/bulk/contacts/add", bulk.add, _ADD),
    _operation("contacts.bulk_update", "POST", "/externalcontacts/bulk/contacts/update", bulk.update, _EDIT),
    _operation(
        "contacts.bulk_enrich", "POST", "/externalcontacts/bulk/contacts/enrich", bulk.enrich, _ENRICH
    ),
    _operation(
        "contacts.bulk_remove", "POST", "/externalcontacts/bulk/contacts/remove", bulk.remove, _DELETE
    ),
    _operation(
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
    _operation("sources.list", "GET", _SOURCES, sources.list_all, f"{_SOURCE}:view"),
    _operation("sources.create", "POST", _SOURCES, sources.create, f"{_SOURCE}:add"),
    _operation("sources.get", "GET", f"{_SOURCES}/{{externalSourceId}}", sources.read, f"{_SOURCE}:view"),
    _operation("sources.put", "PUT", f"{_SOURCES}/{{externalSourceId}}", sources.put, f"{_SOURCE}:edit"),
    _operation(
        "sources.delete", "DELETE", f"{_SOURCES}/{{externalSourceId}}", sources.delete, f"{_SOURCE}:delete"
    ),
)
INTERACTIONS = (
    _operation(
        "messages.agentless",
        "POST",
        "/conversations/messages/agentless",
        messages.send,
        "conversation:message:create",
    ),
    _operation(
        "emails.agentless",
        "POST",
        "/conversations/emails/agentless",
        emails.send,
        "conversation:agentlessEmail:send",
        "conversation:email:create",
    ),
    _operation(
        "callbacks.create",
        "POST",
        "/conversations/callbacks",
        callbacks.create,
        "conversation:callback:create",
    ),
    _operation("calls.create", "POST", "/conversations/calls", account.user, "conversation:conference:add"),
    _operation(
        "callbacks.patch", "PATCH", "/conversations/callbacks", callbacks.patch, "conversation:callback:edit"
    ),
)
_MEDIA = ("messages", "emails", "callbacks")
READING = (
    _operation("conversations.list", "GET", "/conversations", conversations.list_own),
    _operation("conversations.get", "GET", _CONVERSATION, conversations.read, _READ, guide=GUIDE_READ),
    _operation(
        "conversations.disconnect",
        "POST",
        f"{_CONVERSATION}/disconnect",
        conversations.disconnect,
        _END,
        guide=GUIDE_DISCONNECT,
    ),
    _operation("conversations.delete", "DELETE", _CONVERSATION, conversations.delete, _END, guide=GUIDE_END),
    _operation(
        "conversations.tag",
        "PUT",
        f"{_CONVERSATION}/tags",
        conversations.tag,
        "conversation:externalTag:edit",
    ),
    _operation(
        "conversations.attributes",
        "PATCH",
        f"{_CONVERSATION}/participants/{{participantId}}/attributes",
        conversations.set_attributes,
        "conversation:participant:attributes",
    ),
    *(
        _operation(
            f"{media}.get",
            "GET",
            f"/conversations/{media}/{{conversationId}}",
            conversations.read_media,
            _READ,
        )
        for media in _MEDIA
    ),
    *(
        _operation(
            f"{media}.end",
            "PATCH",
            f"/conversations/{media}/{{conversationId}}",
            conversations.patch_media,
            _END,
        )
        for media in _MEDIA
    ),
    *(
        _operation(
            f"{media}.end_participant",
            "PATCH",
            f"/conversations/{media}/{{conversationId}}/participants/{{participantId}}",
            conversations.patch_participant,
            _END,
        )
        for media in _MEDIA
    ),
    _operation(
        "messages.message",
        "GET",
        "/conversations/messages/{conversationId}/messages/{messageId}",
        conversations.read_message,
        "conversation:message:view",
    ),
    _operation(
        "messages.details",
        "GET",
        "/conversations/messages/{messageId}/details",
        conversations.read_message,
        "conversation:message:view",
    ),
    _operation(
        "attributes.search",
        "POST",
        "/conversations/participants/attributes/search",
        attribute_search.search,
        "conversation:participant:attributesview",
    ),
    _operation(
        "analytics.query", "POST", "/analytics/conversations/details/query", analytics.query, *_ANALYTICS
    ),
    _operation(
        "analytics.details", "GET", "/analytics/conversations/details", analytics.read_many, *_ANALYTICS
    ),
    _operation(
        "analytics.conversation",
        "GET",
        "/analytics/conversations/{conversationId}/details",
        analytics.read_one,
        *_ANALYTICS,
    ),
)
_DNC = "/outbound/dnclists"
_DNC_LIST = f"{_DNC}/{{dncListId}}"
MAY_WE = (
    _operation("dnc.list", "GET", _DNC, dnc_lists.list_all, "outbound:dncList:view"),
    _operation("dnc.create", "POST", _DNC, dnc_lists.create, "outbound:dncList:add"),
    _operation("dnc.get", "GET", _DNC_LIST, dnc_lists.read, "outbound:dncList:view"),
    _operation("dnc.add_numbers", "POST", f"{_DNC_LIST}/phonenumbers", dnc_lists.add, "outbound:dnc:add"),
    _operation("dnc.add_emails", "POST", f"{_DNC_LIST}/emailaddresses", dnc_lists.add, "outbound:dnc:add"),
    _operation("dnc.patch_numbers", "PATCH", f"{_DNC_LIST}/phonenumbers", dnc_lists.patch, _DNC_EDIT),
    _operation("dnc.patch_emails", "PATCH", f"{_DNC_LIST}/emailaddresses", dnc_lists.patch, _DNC_EDIT),
    _operation("dnc.patch_whatsapp", "PATCH", f"{_DNC_LIST}/whatsappnumbers", dnc_lists.patch, _DNC_EDIT),
    _operation(
        "dnc.patch_columns", "PATCH", f"{_DNC_LIST}/customexclusioncolumns", dnc_lists.patch, _DNC_EDIT
    ),
    _operation(
        "dnc.start_export", "POST", f"{_DNC_LIST}/export", dnc_lists.start_export, "outbound:dnc:view"
    ),
    _operation("dnc.export", "GET", f"{_DNC_LIST}/export", dnc_lists.read_export, "outbound:dnc:view"),
    _operation("downloads.get", "GET", "/downloads/{downloadId}", dnc_lists.download),
    _operation(
        "dnc.add_conversation",
        "POST",
        "/outbound/conversations/{conversationId}/dnc",
        dnc_lists.add_of_conversation,
        "outbound:dnc:add",
    ),
    _operation(
        "callable_times.list",
        "GET",
        "/outbound/callabletimesets",
        account.callable_time_sets,
        "outbound:callableTimeSet:view",
    ),
    _operation(
        "attempt_limits.list",
        "GET",
        "/outbound/attemptlimits",
        account.attempt_limits,
        "outbound:attemptLimits:view",
    ),
)
SENDERS = (
    _operation(
        "sms_numbers.list", "GET", "/routing/sms/phonenumbers", senders.sms_numbers, "sms:phoneNumber:view"
    ),
    _operation(
        "integrations.list",
        "GET",
        "/conversations/messaging/integrations",
        senders.integrations,
        "messaging:integration:view",
    ),
    _operation(
        "email_domains.list",
        "GET",
        "/routing/email/outbound/domains",
        senders.email_domains,
        "routing:email:manage",
    ),
    _operation(
        "email_domains.get",
        "GET",
        "/routing/email/outbound/domains/{domainId}",
        senders.email_domain,
        *_EMAIL_DOMAIN,
    ),
    _operation("queues.list", "GET", "/routing/queues", senders.queues, "routing:queue:view"),
    _operation("queues.get", "GET", "/routing/queues/{queueId}", senders.queue, "routing:queue:view"),
)
ACCOUNT = (
    _operation("organisation.get", "GET", "/organizations/me", account.organisation),
    _operation("token.get", "GET", "/tokens/me", account.token),
    _operation("token.head", "HEAD", "/tokens/me", account.check_token),
    _operation("token.delete", "DELETE", "/tokens/me", account.log_out),
    _operation("user.get", "GET", "/users/me", account.user),
    _operation("division.home", "GET", "/authorization/divisions/home", account.home_division),
    _operation("limits.namespaces", "GET", "/organizations/limits/namespaces", account.limit_namespaces),
    _operation("limits.get", "GET", "/organizations/limits/namespaces/{namespaceName}", account.limits),
    _operation(
        "limits.defaults", "GET", "/organizations/limits/namespaces/{namespaceName}/defaults", account.limits
    ),
    _operation("limits.docs", "GET", "/organizations/limits/docs", account.limit_docs),
)
LOGIN = (Operation("oauth.token", "POST", "/oauth/token", oauth.issue_token, open=True),)
OWN = (
    _own("own.page", "GET", "/", page.index),
    _own("own.truth", "GET", "/_emulator/truth", control.truth),
    _own("own.config", "GET", "/_emulator/config", control.read_settings),
    _own("own.configure", "POST", "/_emulator/config", control.change_settings),
    _own("own.reset", "POST", "/_emulator/reset", control.reset),
    _own("own.clock", "GET", "/_emulator/clock", control.read_clock),
    _own("own.set_clock", "POST", "/_emulator/clock", control.set_clock),
    _own("own.state", "GET", "/_emulator/state", control.state),
    _own("own.metrics", "GET", "/_emulator/metrics", control.metrics),
    _own("own.end", "POST", "/_emulator/conversations/{conversationId}/end", control.end_conversation),
    _own("own.webhook", "POST", "/_emulator/webhooks", control.receive_webhook),
    _own("own.webhook_of", "POST", "/_emulator/webhooks/{endpoint}", control.receive_webhook),
    _own("own.webhooks", "GET", "/_emulator/webhooks", control.list_webhooks),
)

PLATFORM_OPERATIONS = (*CONTACTS, *SOURCES, *INTERACTIONS, *READING, *MAY_WE, *SENDERS, *ACCOUNT)
OPERATIONS = (*LOGIN, *PLATFORM_OPERATIONS, GUIDE_START, *OWN)

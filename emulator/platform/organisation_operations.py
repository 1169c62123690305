"""The operations on what the organisation has and allows: name, method, path, handler, permission."""

from __future__ import annotations

from emulator.http.routing import platform_operation
from emulator.platform import account, dnc_lists, senders

_DNC_EDIT = "outbound:dnc:edit"
_EMAIL_DOMAIN = ("routing:email:manage", "routing:email:view")

_DNC = "/outbound/dnclists"
_DNC_LIST = f"{_DNC}/{{dncListId}}"
MAY_WE = (
    platform_operation("dnc.list", "GET", _DNC, dnc_lists.list_all, "outbound:dncList:view"),
    platform_operation("dnc.create", "POST", _DNC, dnc_lists.create, "outbound:dncList:add"),
    platform_operation("dnc.get", "GET", _DNC_LIST, dnc_lists.read, "outbound:dncList:view"),
    platform_operation(
        "dnc.add_numbers", "POST", f"{_DNC_LIST}/phonenumbers", dnc_lists.add, "outbound:dnc:add"
    ),
    platform_operation(
        "dnc.add_emails", "POST", f"{_DNC_LIST}/emailaddresses", dnc_lists.add, "outbound:dnc:add"
    ),
    platform_operation("dnc.patch_numbers", "PATCH", f"{_DNC_LIST}/phonenumbers", dnc_lists.patch, _DNC_EDIT),
    platform_operation(
        "dnc.patch_emails", "PATCH", f"{_DNC_LIST}/emailaddresses", dnc_lists.patch, _DNC_EDIT
    ),
    platform_operation(
        "dnc.patch_whatsapp", "PATCH", f"{_DNC_LIST}/whatsappnumbers", dnc_lists.patch, _DNC_EDIT
    ),
    platform_operation(
        "dnc.patch_columns", "PATCH", f"{_DNC_LIST}/customexclusioncolumns", dnc_lists.patch, _DNC_EDIT
    ),
    platform_operation(
        "dnc.start_export", "POST", f"{_DNC_LIST}/export", dnc_lists.start_export, "outbound:dnc:view"
    ),
    platform_operation(
        "dnc.export", "GET", f"{_DNC_LIST}/export", dnc_lists.read_export, "outbound:dnc:view"
    ),
    platform_operation("downloads.get", "GET", "/downloads/{downloadId}", dnc_lists.download),
    platform_operation(
        "dnc.add_conversation",
        "POST",
        "/outbound/conversations/{conversationId}/dnc",
        dnc_lists.add_of_conversation,
        "outbound:dnc:add",
    ),
    platform_operation(
        "callable_times.list",
        "GET",
        "/outbound/callabletimesets",
        account.callable_time_sets,
        "outbound:callableTimeSet:view",
    ),
    platform_operation(
        "attempt_limits.list",
        "GET",
        "/outbound/attemptlimits",
        account.attempt_limits,
        "outbound:attemptLimits:view",
    ),
)
SENDERS = (
    platform_operation(
        "sms_numbers.list", "GET", "/routing/sms/phonenumbers", senders.sms_numbers, "sms:phoneNumber:view"
    ),
    platform_operation(
        "integrations.list",
        "GET",
        "/conversations/messaging/integrations",
        senders.integrations,
        "messaging:integration:view",
    ),
    platform_operation(
        "email_domains.list",
        "GET",
        "/routing/email/outbound/domains",
        senders.email_domains,
        "routing:email:manage",
    ),
    platform_operation(
        "email_domains.get",
        "GET",
        "/routing/email/outbound/domains/{domainId}",
        senders.email_domain,
        *_EMAIL_DOMAIN,
    ),
    platform_operation("queues.list", "GET", "/routing/queues", senders.queues, "routing:queue:view"),
    platform_operation("queues.get", "GET", "/routing/queues/{queueId}", senders.queue, "routing:queue:view"),
)
ACCOUNT = (
    platform_operation("organisation.get", "GET", "/organizations/me", account.organisation),
    platform_operation("token.get", "GET", "/tokens/me", account.token),
    platform_operation("token.head", "HEAD", "/tokens/me", account.check_token),
    platform_operation("token.delete", "DELETE", "/tokens/me", account.log_out),
    platform_operation("user.get", "GET", "/users/me", account.user),
    platform_operation("division.home", "GET", "/authorization/divisions/home", account.home_division),
    platform_operation(
        "limits.namespaces", "GET", "/organizations/limits/namespaces", account.limit_namespaces
    ),
    platform_operation(
        "limits.get", "GET", "/organizations/limits/namespaces/{namespaceName}", account.limits
    ),
    platform_operation(
        "limits.defaults", "GET", "/organizations/limits/namespaces/{namespaceName}/defaults", account.limits
    ),
    platform_operation("limits.docs", "GET", "/organizations/limits/docs", account.limit_docs),
)

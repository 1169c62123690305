"""Which permission each of our operations needs (platform fact sheet 9, guide sheet "Error guide")."""

from __future__ import annotations

from collections.abc import Mapping

PLATFORM: Mapping[str, tuple[str, ...]] = {
    "register": ("externalContacts:contact:enrich",),
    "look up contacts": ("externalContacts:contact:view",),
    "find external source": ("externalContacts:externalSource:view",),
    "create external source": ("externalContacts:externalSource:add",),
    "start sms": ("conversation:message:create",),
    "start chat": ("conversation:message:create",),
    "start email": ("conversation:agentlessEmail:send",),
    "start voice": ("conversation:callback:create",),
    "find conversations": ("analytics:conversationDetail:view",),
    "read conversations": ("analytics:conversationDetail:view",),
    "read conversation": ("conversation:communication:view",),
    "end conversation": ("conversation:communication:disconnect",),
    "check sms sender": ("sms:phoneNumber:view",),
    "check email sender": ("routing:email:view",),
    "check voice queue": ("routing:queue:view",),
    "check chat integration": ("messaging:integration:view",),
    "list do-not-contact lists": ("outbound:dncList:view",),
    "export do-not-contact list": ("outbound:dnc:view", "outbound:dncList:view"),
}
"""What a role for this client must hold. Who am I and the organisation's limits need none."""

GUIDE: Mapping[str, tuple[str, ...]] = {
    "register": ("externalcontacts:contact:write",),
    "inspect": ("externalcontacts:contact:read",),
    "start sms": ("conversation:write", "routing:outboundcontact:write"),
    "start chat": ("conversation:write", "routing:outboundcontact:write"),
    "start email": ("conversation:write", "routing:outboundcontact:write"),
    "start voice": ("conversation:write", "routing:outboundcontact:write"),
    "read conversation": ("conversation:read",),
    "end conversation": ("conversation:write",),
}
"""The scopes that the guide names."""

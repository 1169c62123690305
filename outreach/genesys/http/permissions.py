"""Which permission each of our operations needs (platform fact sheet 9, guide sheet "Error guide")."""

from collections.abc import Mapping

from typing_extensions import assert_never

from outreach.contacts import Channel


def _permission_to_start(channel: Channel) -> str:
    match channel:
        case Channel.VOICE:
            return "conversation:callback:create"
        case Channel.SMS | Channel.CHAT:
            return "conversation:message:create"
        case Channel.EMAIL:
            return "conversation:agentlessEmail:send"
        case _:
            assert_never(channel)


PLATFORM: Mapping[str, tuple[str, ...]] = {
    "register": ("externalContacts:contact:enrich",),
    "look up contacts": ("externalContacts:contact:view",),
    "find external source": ("externalContacts:externalSource:view",),
    "create external source": ("externalContacts:externalSource:add",),
    **{f"start {channel}": (_permission_to_start(channel),) for channel in Channel},
    "find conversations": ("analytics:conversationDetail:view",),
    "read conversations": ("analytics:conversationDetail:view",),
    "read conversation": ("conversation:communication:view",),
    "link conversation": ("externalContacts:conversation:associate",),
    "find replies": ("analytics:conversationDetail:view",),
    "read reply": ("conversation:message:view", "conversation:communication:view"),
    "end conversation": ("conversation:communication:disconnect",),
    "check sms sender": ("sms:phoneNumber:view",),
    "check email sender": ("routing:email:view",),  # `:manage` is a right to write (platform fact sheet 9)
    "check voice queue": ("routing:queue:view",),
    "check chat integration": ("messaging:integration:view",),
    "list do-not-contact lists": ("outbound:dncList:view",),
    "export do-not-contact list": ("outbound:dnc:view", "outbound:dncList:view"),
    "find contact list": ("outbound:contactList:view",),
    "read contact list": ("outbound:contactList:view",),
    "create contact list": ("outbound:contactList:add",),
    "add to contact list": ("outbound:contact:add",),
    "withdraw from contact list": ("outbound:contact:edit",),
    "export contact list": ("outbound:contact:view", "outbound:contactList:view"),
    "find campaign": ("outbound:messagingCampaign:view",),
    "read campaign": ("outbound:messagingCampaign:view",),
    "read campaign progress": ("outbound:messagingCampaign:view",),
    "create campaign": ("outbound:messagingCampaign:add",),
    "start campaign": ("outbound:messagingCampaign:start",),
    "stop campaign": ("outbound:messagingCampaign:stop",),
    "find attempt limits": ("outbound:attemptLimits:view",),
    "create attempt limits": ("outbound:attemptLimits:add",),
    "find digital rule set": ("outbound:digitalRuleSet:view",),
    "create digital rule set": ("outbound:digitalRuleSet:add",),
    "find callable time set": ("outbound:callableTimeSet:view",),
    "create callable time set": ("outbound:callableTimeSet:add",),
    "read list contacts": ("outbound:contact:view",),
    "list campaign rules": ("outbound:campaignRule:view",),
}
"""What a role for this client must hold. Who am I and the organisation's limits need none."""

GUIDE: Mapping[str, tuple[str, ...]] = {
    "register": ("externalcontacts:contact:write",),
    "inspect": ("externalcontacts:contact:read",),
    **{f"start {channel}": ("conversation:write", "routing:outboundcontact:write") for channel in Channel},
    "read conversation": ("conversation:read",),
    "end conversation": ("conversation:write",),
}
"""The scopes that the guide names."""

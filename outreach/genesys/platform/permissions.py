"""Which permission each of our operations needs, and which are missing (platform fact sheet 9).

The missing ones are found without contacting anybody. A read asks for an id that cannot exist. A creating
call is sent empty: it lacks every field that the API requires (4.1 to 4.3), so all that can come of it is
403, or 400 for a client that may.
"""

from collections.abc import Mapping
from typing import Literal

from outreach.contacts import Channel
from outreach.errors import Forbidden, Refused
from outreach.genesys.http.client import Connection
from outreach.genesys.http.untrusted_json import Json
from outreach.genesys.platform.media import medium_of

PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    "register": ("externalContacts:contact:enrich",),
    "look up contacts": ("externalContacts:contact:view",),
    "find external source": ("externalContacts:externalSource:view",),
    "create external source": ("externalContacts:externalSource:add",),
    **{f"start {channel}": (medium_of(channel).permission,) for channel in Channel},
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

NOWHERE = "00000000-0000-0000-0000-000000000000"

_STARTS = {medium_of(channel).start_path: f"start {channel}" for channel in reversed(Channel)}
"""Channels that share a path share its permission: one speaks for all."""

_PROBES: Mapping[str, tuple[Literal["GET", "POST", "PUT"], str]] = {
    "register": ("POST", "/api/v2/externalcontacts/bulk/contacts/enrich"),
    **{operation: ("POST", path) for path, operation in _STARTS.items()},
    "find external source": ("GET", "/api/v2/externalcontacts/externalsources"),
    "read conversations": ("GET", f"/api/v2/analytics/conversations/details?id={NOWHERE}"),
    "read conversation": ("GET", f"/api/v2/conversations/{NOWHERE}"),
    "link conversation": ("PUT", f"/api/v2/externalcontacts/conversations/{NOWHERE}"),
    "read reply": ("GET", f"/api/v2/conversations/messages/{NOWHERE}/messages/{NOWHERE}"),
    "list do-not-contact lists": ("GET", "/api/v2/outbound/dnclists"),
    "check sms sender": ("GET", "/api/v2/routing/sms/phonenumbers"),
    "check email sender": ("GET", "/api/v2/routing/email/outbound/domains"),
    "check voice queue": ("GET", "/api/v2/routing/queues"),
    "check chat integration": ("GET", "/api/v2/conversations/messaging/integrations"),
}

ESSENTIAL = frozenset({"register", *_STARTS.values()})
"""Without these nobody is contacted; without the others less is known."""


def find_forbidden(connection: Connection) -> dict[str, Forbidden]:
    """Operation to the refusal that names the missing permission, on the platform API.

    Raises:
        NotSent, Ambiguous: the organisation does not answer.
    """
    forbidden: dict[str, Forbidden] = {}
    for operation, (method, path) in _PROBES.items():
        body: Json = None if method == "GET" else {}
        try:
            # A creating one goes like a real one: never sent twice.
            connection.request(operation, method, path, json=body, creates=method == "POST")
        except Forbidden as error:
            forbidden[operation] = error
        except Refused:  # 400 or 404: the client may, and there was nothing to do
            continue
    return forbidden

"""The operations of the guide's API."""

from __future__ import annotations

from emulator import guide
from emulator.routing import guide_operation

_CONTACT = "/externalcontacts/contacts/{contactId}"
_CONVERSATION = "/conversations/{conversationId}"

GUIDE_REGISTER = guide_operation(
    "guide.register",
    "POST",
    "/externalcontacts/contacts",
    guide.register,
    "externalcontacts:contact:write",
    creation=True,
)
GUIDE_INSPECT = guide_operation(
    "guide.inspect", "GET", _CONTACT, guide.inspect, "externalcontacts:contact:read"
)
GUIDE_START = guide_operation("guide.start", "POST", "/conversations", guide.start, "conversation:write")
GUIDE_READ = guide_operation("guide.read", "GET", _CONVERSATION, guide.read, "conversation:read")
GUIDE_END = guide_operation("guide.end", "DELETE", _CONVERSATION, guide.end, "conversation:write")
GUIDE_DISCONNECT = guide_operation(
    "guide.disconnect", "POST", f"{_CONVERSATION}/disconnect", guide.disconnect, "conversation:write"
)
GUIDE = (GUIDE_REGISTER, GUIDE_INSPECT, GUIDE_START, GUIDE_READ, GUIDE_END, GUIDE_DISCONNECT)

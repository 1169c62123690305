"""The operations of the guide's API."""

from __future__ import annotations

from emulator.guide import handlers
from emulator.http.routing import guide_operation

_CONTACT = "/externalcontacts/contacts/{contactId}"
_CONVERSATION = "/conversations/{conversationId}"

GUIDE_REGISTER = guide_operation(
    "guide.register",
    "POST",
    "/externalcontacts/contacts",
    handlers.register,
    "externalcontacts:contact:write",
    creation=True,
)
GUIDE_INSPECT = guide_operation(
    "guide.inspect", "GET", _CONTACT, handlers.inspect, "externalcontacts:contact:read"
)
GUIDE_START = guide_operation("guide.start", "POST", "/conversations", handlers.start, "conversation:write")
GUIDE_READ = guide_operation("guide.read", "GET", _CONVERSATION, handlers.read, "conversation:read")
GUIDE_END = guide_operation("guide.end", "DELETE", _CONVERSATION, handlers.end, "conversation:write")
GUIDE_DISCONNECT = guide_operation(
    "guide.disconnect", "POST", f"{_CONVERSATION}/disconnect", handlers.disconnect, "conversation:write"
)
GUIDE = (GUIDE_REGISTER, GUIDE_INSPECT, GUIDE_START, GUIDE_READ, GUIDE_END, GUIDE_DISCONNECT)

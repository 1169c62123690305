"""Every operation that is emulated, of both APIs and of the emulator itself."""

from __future__ import annotations

from emulator import oauth
from emulator.control import handlers, page
from emulator.guide.operations import GUIDE_START
from emulator.http.routing import Handler, Operation
from emulator.platform.contact_operations import CONTACTS, SOURCES
from emulator.platform.conversation_operations import INTERACTIONS, READING
from emulator.platform.organisation_operations import ACCOUNT, MAY_WE, SENDERS


def _own(name: str, method: str, path: str, handler: Handler) -> Operation:
    return Operation(name, method, path, handler, open=True, own=True)


LOGIN = (Operation("oauth.token", "POST", "/oauth/token", oauth.issue_token, open=True),)
OWN = (
    _own("own.page", "GET", "/", page.index),
    _own("own.truth", "GET", "/_emulator/truth", handlers.truth),
    _own("own.config", "GET", "/_emulator/config", handlers.read_settings),
    _own("own.configure", "POST", "/_emulator/config", handlers.change_settings),
    _own("own.reset", "POST", "/_emulator/reset", handlers.reset),
    _own("own.clock", "GET", "/_emulator/clock", handlers.read_clock),
    _own("own.set_clock", "POST", "/_emulator/clock", handlers.set_clock),
    _own("own.state", "GET", "/_emulator/state", handlers.state),
    _own("own.metrics", "GET", "/_emulator/metrics", handlers.metrics),
    _own("own.end", "POST", "/_emulator/conversations/{conversationId}/end", handlers.end_conversation),
    _own("own.webhook", "POST", "/_emulator/webhooks", handlers.receive_webhook),
    _own("own.webhook_of", "POST", "/_emulator/webhooks/{endpoint}", handlers.receive_webhook),
    _own("own.webhooks", "GET", "/_emulator/webhooks", handlers.list_webhooks),
)

PLATFORM_OPERATIONS = (*CONTACTS, *SOURCES, *INTERACTIONS, *READING, *MAY_WE, *SENDERS, *ACCOUNT)
OPERATIONS = (*LOGIN, *PLATFORM_OPERATIONS, GUIDE_START, *OWN)

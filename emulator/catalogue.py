"""Every operation that is emulated, of both APIs and of the emulator itself."""

from emulator import oauth
from emulator.control import handlers, page
from emulator.guide import handlers as guide
from emulator.outbound import campaigns, contact_lists, list_contacts, list_export, side_objects
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

LOGIN = tuple(oauth.operation)
_CONTACTS = (contacts, enrichment, merging, bulk, sources)
_CONVERSATIONS = (messages, emails, callbacks, conversations, attribute_search, analytics)
_ORGANISATION = (dnc_lists, senders, account)
_OUTBOUND = (contact_lists, list_contacts, list_export, campaigns, side_objects)
PLATFORM_OPERATIONS = (
    *(
        each
        for module in (*_CONTACTS, *_CONVERSATIONS, *_ORGANISATION, *_OUTBOUND)
        for each in module.operation
    ),
    *conversations.on_contact,
)
GUIDE_OPERATIONS = {(each.method, each.template): each for each in guide.operation}
"""By method and path, since most have the path of an operation of the platform."""
OWN = (*page.operation, *handlers.operation)

_PATHS = {(each.method, each.template) for each in PLATFORM_OPERATIONS}
_GUIDE_ONLY = (each for path, each in GUIDE_OPERATIONS.items() if path not in _PATHS)
OPERATIONS = (*LOGIN, *PLATFORM_OPERATIONS, *_GUIDE_ONLY, *OWN)

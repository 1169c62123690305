"""Telling the CRM: signed, guarded, delivered in order, tried again, never lost.

A receiver needs `verify` alone; `sign` and `new_secret` help its tests.
"""

from outreach.webhook.delivery import Courier
from outreach.webhook.endpoint import Endpoint
from outreach.webhook.outbox import Message, Outbox, Settlement
from outreach.webhook.rounds import DeliveryCounts
from outreach.webhook.signing import new_secret, sign, verify

__all__ = [
    "Courier",
    "DeliveryCounts",
    "Endpoint",
    "Message",
    "Outbox",
    "Settlement",
    "new_secret",
    "sign",
    "verify",
]

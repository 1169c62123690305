"""Clients and people for the tests of this folder."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, timezone
from typing import Any

from outreach.clock import Clock
from outreach.contacts import Channel, Channels, Contact
from outreach.genesys.guide import Guide
from outreach.genesys.http.retries import repeat
from outreach.genesys.interface import Attempt, Engagement, Started
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.platform.api import Platform
from outreach.genesys.senders import Senders
from tests.support.clocks import SetClock

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=timezone.utc)
MESSAGE = "Testing automated contact interaction workflow"
SENDERS = Senders(
    sms_from="+13175550100",
    email_from="hello@outreach.example",
    voice_queue_id="0e6e1b0a-0004-4000-8000-000000000001",
    chat_from="0e6e1b0a-0005-4000-8000-000000000001",
    chat_type="open",
)
ADDRESSES = {
    Channel.VOICE: "+15551234567",
    Channel.SMS: "+15551234567",
    Channel.EMAIL: "support@acme.com",
    Channel.CHAT: "visitor-17",
}


def open_at(
    url: str,
    api: Any = "platform",
    clock: Clock | None = None,
    *,
    allow_private: bool = False,
    **settings: Any,
) -> AbstractContextManager[Platform | Guide]:
    """A client for a server on this machine, without pacing, on a clock whose sleeps take no time."""
    settings = {"senders": SENDERS, "requests_per_minute": None, "creations_per_minute": None} | settings
    return open_genesys(
        Account(
            api=api,
            client_id="demo",
            client_secret="demo",
            api_url=url,
            org_id="acme",
            allow_private=allow_private,
        ),
        clock=clock or SetClock(NOW),
        **settings,
    )


def start(genesys: Platform | Guide, wanted: Engagement) -> Started:
    """Contact somebody as the campaign's step does, but for the looks between turn and call."""
    pause = genesys.connection.clock.sleep
    return repeat(lambda: genesys.wait_for_turn(wanted).send(), pause, creates=True)


def contact(number: int = 0, **changes: Any) -> Contact:
    """The guide's own example, or one of its many brothers."""
    fields: dict[str, Any] = {
        "external_contact_id": f"EXT-{9928374 + number}",
        "name": "Acme Corp Support",
        "channels": Channels(**{channel.value: address for channel, address in ADDRESSES.items()}),
        "initial_message": MESSAGE,
        "interaction_duration_seconds": 600,
        "metadata": {"campaign": "outbound_q3", "region": "us-east"},
    }
    return Contact(**(fields | changes))


def told(*people: Contact) -> list[tuple[Contact, str]]:
    """Each with what will be said to them, as `register` takes them."""
    return [(person, person.initial_message or MESSAGE) for person in people]


def engagement(channel: Channel = Channel.SMS, at: datetime = NOW, **changes: Any) -> Engagement:
    """The example contact, about to be contacted."""
    fields: dict[str, Any] = {
        "reference": "0a1b2c3d4e5f6a7b",
        "external_contact_id": "EXT-9928374",
        "genesys_id": "5f3c0c5e-0000-4000-8000-000000000001",
        "channel": channel,
        "address": ADDRESSES[channel],
        "at": at,
    }
    person = contact()
    return Engagement(Attempt(**(fields | changes)), person, MESSAGE)

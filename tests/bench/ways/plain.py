"""The tutorial's steps as plain httpx calls, on both APIs: log in, register, validate, interact, notify.

Kinder than what is usually written: one client, connections kept. The webhook is signed like ours, because
the receiver refuses others.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import httpx
import orjson

from emulator.state import defaults
from outreach.webhook.signing import sign
from tests.bench.job import Job, Person
from tests.support.emulation import SENDERS

CONTACTS = "/api/v2/externalcontacts/contacts"
MESSAGE = "Your appointment is tomorrow at ten."


class Steps:
    """The five calls of one contact, by at most so many connections at once. Safe for threads."""

    def __init__(self, job: Job, connections: int = 64) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self.client = httpx.Client(base_url=job.url, timeout=30, limits=limits, trust_env=False)
        self._job = job
        self._is_guide = job.api == "guide"

    def authenticate(self) -> None:
        """Put a token on the client."""
        form = {"grant_type": "client_credentials"}
        credentials = {"client_id": "demo", "client_secret": "demo"}
        answer = (
            self.client.post("/oauth/token", data={**form, **credentials})
            if self._is_guide
            else self.client.post("/oauth/token", data=form, auth=("demo", "demo"))
        )
        token = answer.raise_for_status().json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def register(self, person: Person) -> str:
        """Create the contact; Genesys' id for it."""
        body = guide_contact(person) if self._is_guide else platform_contact(person)
        answer = self.client.post(CONTACTS, json=body).raise_for_status().json()
        return str(answer["externalContactId" if self._is_guide else "id"])

    def validate(self, genesys_id: str) -> str:
        """Read the contact back."""
        answer = self.client.get(f"{CONTACTS}/{genesys_id}").raise_for_status().json()
        if self._is_guide and answer["validationStatus"] != "passed":
            raise ValueError(answer["validationStatus"])
        return genesys_id

    def interact(self, genesys_id: str, person: Person) -> str:
        """Send the message; the conversation's id."""
        if self._is_guide:
            body: dict[str, Any] = {"contactId": genesys_id, "type": "sms", "initialMessage": MESSAGE}
            return str(self.client.post("/api/v2/conversations", json=body).raise_for_status().json()["id"])
        body = agentless_message(person)
        path = "/api/v2/conversations/messages/agentless"
        return str(self.client.post(path, json=body).raise_for_status().json()["conversationId"])

    def notify(self, conversation_id: str, person: Person) -> None:
        """Tell the CRM."""
        now = datetime.now(timezone.utc)
        body = orjson.dumps(
            {
                "event": "contact_interaction_created",
                "contact_id": person.external_contact_id,
                "conversation_id": conversation_id,
                "success": True,
                "latency_ms": 0,
                "timestamp": now.isoformat(),
            }
        )
        message_id = f"msg_{conversation_id}"
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": sign(self._job.secret, message_id, int(now.timestamp()), body),
        }
        self.client.post(self._job.webhook_url, content=body, headers=headers).raise_for_status()


def guide_contact(person: Person) -> dict[str, Any]:
    """The body of the tutorial."""
    return {
        "externalContactId": person.external_contact_id,
        "name": person.name,
        "channels": {"sms": person.sms, "email": person.email},
        "initialMessage": MESSAGE,
        "interactionDurationSeconds": 300,
        "metadata": {},
    }


def platform_contact(person: Person) -> dict[str, Any]:
    """The same on the published API."""
    first, _, last = person.name.partition(" ")
    source = {"externalSource": {"id": defaults.EXTERNAL_SOURCE_ID}, "value": person.external_contact_id}
    return {
        "firstName": first,
        "lastName": last,
        "cellPhone": {"display": person.sms, "acceptsSMS": True},
        "workEmail": person.email,
        "externalIds": [source],
    }


def agentless_message(person: Person) -> dict[str, Any]:
    """An SMS."""
    return {
        "fromAddress": SENDERS["sms_from"],
        "toAddress": person.sms,
        "toAddressMessengerType": "sms",
        "textBody": MESSAGE,
    }

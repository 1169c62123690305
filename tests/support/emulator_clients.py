"""Plain HTTP clients for an emulator, logged in to one of its APIs, and the bodies that tests send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from emulator.state import defaults

SOURCE = {"externalSource": {"id": defaults.EXTERNAL_SOURCE_ID}}
AGENTLESS = "/api/v2/conversations/messages/agentless"
ENRICH = "/api/v2/externalcontacts/contacts/enrich"
CONTACTS = "/api/v2/externalcontacts/contacts"
GRANT = {"grant_type": "client_credentials"}
CLIENT = {"client_id": "demo", "client_secret": "demo"}


def open_client(url: str, timeout: float = 10) -> httpx.Client:
    """A client that loads no certificates: that takes longer than most tests."""
    return httpx.Client(base_url=url, timeout=timeout, verify=False)


def log_in(client: httpx.Client, api: str = "platform") -> httpx.Client:
    """The client with a fresh token of one of the APIs."""
    client.headers.pop("Authorization", None)
    if api == "guide":
        answer = client.post("/oauth/token", data=GRANT | CLIENT)
    else:
        answer = client.post("/oauth/token", data=GRANT, auth=("demo", "demo"))
    client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
    return client


@contextmanager
def logged_in(url: str, api: str = "platform", *, timeout: float = 10) -> Iterator[httpx.Client]:
    """A client with a fresh token."""
    with open_client(url, timeout) as client:
        yield log_in(client, api)


def sms(number: int = 0, **changes: Any) -> dict[str, Any]:
    """An agentless SMS to a person of that number."""
    body: dict[str, Any] = {
        "fromAddress": defaults.SMS_NUMBER,
        "toAddress": f"+1415555{number:04d}",
        "toAddressMessengerType": "sms",
        "textBody": "Hello",
    }
    return {**body, **changes}


def upsert(number: int = 0, action: str = "Upsert", **fields: Any) -> dict[str, Any]:
    """An enrich request for the CRM's contact of that number."""
    contact = {"firstName": "Ada", "externalIds": [{**SOURCE, "value": f"crm-{number}"}]}
    return {
        "id": f"row-{number}",
        "matchingIdentifiers": [{"type": "ExternalId", "value": f"crm-{number}", **SOURCE}],
        "action": action,
        "contact": contact | fields,
    }


def details_query(interval: str, **dimensions: str) -> dict[str, Any]:
    """A details query with segment filters."""
    predicates = [
        {"type": "dimension", "dimension": name, "operator": "matches", "value": value}
        for name, value in dimensions.items()
    ]
    return {"interval": interval, "segmentFilters": [{"type": "and", "predicates": predicates}]}

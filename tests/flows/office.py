"""An office to run campaigns from: an emulated organisation, a ledger, and the four blocks by one name."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

import httpx
from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from pydantic import SecretStr

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
from flows.campaign import run_campaign
from flows.contact import contact_one
from outreach.settings import CampaignSettings
from outreach.webhook.signing import new_secret
from tasks.artifact_keys import artifact_key
from tests.support.emulation import SENDERS
from tests.support.emulator_server import EmulatorControl

LEDGER_KEY = "0123456789abcdef0123456789abcdef"

TUTORIAL = {
    "external_contact_id": "EXT-9928374",
    "name": "Acme Corp Support",
    "channels": {"voice": "+15551234567", "sms": "+15551234567", "email": "support@acme.com"},
    "initialMessage": "Testing automated contact interaction workflow",
    "interactionDurationSeconds": 600,
    "metadata": {"campaign": "outbound_q3"},
}
"""The contact of the tutorial that the project comes from."""

_ASKING = httpx.Client(timeout=30, trust_env=False, verify=False)
"""One for all: a client reads certificates for longer than it waits for an answer, and needs none here."""


@dataclass
class Office:
    """One organisation, one ledger, one CRM. Everything is named after `name`."""

    name: str
    prefect: str
    genesys: EmulatorControl
    folder: Path
    ledger_url: str = ""
    budget: int = 0
    secret: str = field(default_factory=new_secret)
    secret_of_client: str = "a secret of this client alone"
    _saved: dict[type[Block], dict[str, Any]] = field(default_factory=dict)

    def save_blocks(self, api: str = "platform") -> None:
        """The blocks, as a person would save them in the UI."""
        (self.folder / "out").mkdir(exist_ok=True)
        # A client of our own: tokens are cached by client, and the organisation forgets them between tests.
        self.genesys.configure(clients={self.name: {"secret": self.secret_of_client}})
        credentials = GenesysCredentials(
            client_id=self.name,
            client_secret=self.secret_of_client,
            login_url=self.genesys.url,
            api_url=self.genesys.url,
            requests_per_minute=self.budget,
            creations_per_minute=0,
            api=api,
        )
        webhook = CrmWebhook(
            url=f"{self.genesys.url}/_emulator/webhooks?secret={quote(self.secret)}",
            signing_secret=self.secret,
            allow_private=True,
        )
        url = self.ledger_url or f"sqlite:///{self.folder / 'ledger.db'}"
        ledger = ContactLedger(url=url, key=LEDGER_KEY)
        _register(self.prefect)
        for block in (credentials, Senders(**SENDERS), webhook, ledger):
            self._save(block)

    def _save(self, block: Block) -> None:
        data = {name: _bare(value) for name, value in block}
        if self._saved.get(type(block)) == {"name": self.name, **data}:
            return
        self._saved[type(block)] = {"name": self.name, **data}
        document = {
            "name": self.name,
            "data": data,
            "block_schema_id": str(block._block_schema_id),
            "block_type_id": str(block._block_type_id),
        }
        with get_client(sync_client=True) as client:
            try:
                client.request("POST", "/block_documents/", json=document)
            except httpx.HTTPStatusError:  # there is one by this name
                block.save(self.name, overwrite=True)

    def save_ledger_as_a_form(self, url: str) -> None:
        """Change the ledger's block as the UI does: nothing of ours is asked."""
        self._saved.pop(ContactLedger, None)
        with get_client(sync_client=True) as client:
            known = client.read_block_document_by_name(self.name, ContactLedger.get_block_type_slug())
            change = {"data": {"url": url, "key": LEDGER_KEY}, "merge_existing_data": False}
            client.request("PATCH", "/block_documents/{id}", path_params={"id": known.id}, json=change)

    def __post_init__(self) -> None:
        """The flow parameters that name our blocks."""
        self.names = dict.fromkeys(("genesys", "senders", "webhook", "ledger"), self.name)

    def run(self, source: Any, dispatch: str = "here", **settings: object) -> dict[str, Any]:
        """Run the campaign that is named as we are; its proof."""
        parameters = {**self.names, "settings": self.settings(**settings), "dispatch": dispatch}
        return cast("dict[str, Any]", run_campaign(source, self.name, **parameters))  # type: ignore[call-overload]  # by name

    def contact(self, contact: dict[str, object], **settings: object) -> dict[str, Any]:
        """Contact one person within the same campaign; its proof."""
        parameters = {**self.names, "settings": self.settings(**settings)}
        return cast("dict[str, Any]", contact_one(contact, self.name, **parameters))  # type: ignore[call-overload]  # by name

    def settings(self, **more: object) -> CampaignSettings:
        """Settings under which nobody has to wait for the morning."""
        return CampaignSettings.model_validate(
            {"hours_bind": (), "message": "Hello", "output": str(self.folder / "out"), **more}
        )

    def source(self, count: int, *, first: int = 0, message: str = "Hello") -> str:
        """A CSV file of so many people, each with a number and an address."""
        file = self.folder / f"contacts-{first}-{count}.csv"
        rows = "".join(
            f"C-{i},Person {i},+1317{2000000 + i},p{i}@example.com,America/New_York,{message}\n"
            for i in range(first, first + count)
        )
        file.write_text("external_contact_id,name,sms,email,time_zone,initial_message\n" + rows)
        return str(file)

    def ask(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        """What Prefect's API answers to a filter."""
        answer = _ASKING.post(f"{self.prefect}{path}", json=query or {})
        return answer.raise_for_status().json()

    def read(self, url: str) -> str:
        """What stands at a URL of Prefect's API."""
        return _ASKING.get(url).raise_for_status().text

    def runs(self) -> Any:
        """The flow runs that are named as we are, as Prefect's API tells them."""
        return self.ask("/flow_runs/filter", {"flow_runs": {"name": {"any_": [self.name]}}})

    def artifact(self, kind: str) -> Any:
        """The newest artifact `kind` of our campaign, or None."""
        query = {
            "artifacts": {"key": {"any_": [f"{kind}-{artifact_key(self.name, self.name)}"]}},
            "sort": "CREATED_DESC",
        }
        return next(iter(self.ask("/artifacts/filter", query)), None)


def call_off(made: httpx.Response) -> None:
    """Take back a run that was asked for: whoever serves deployments later would carry it out."""
    with get_client(sync_client=True) as client:  # asks again where the server has no time
        client.delete_flow_run(UUID(made.json()["id"]))


@functools.lru_cache(maxsize=1)
def _register(prefect: str) -> None:
    """Make our blocks known to this server: once, where `Block.save` asks for type and schema each time."""
    for kind in (GenesysCredentials, Senders, CrmWebhook, ContactLedger):
        kind.register_type_and_schema()


def _bare(value: object) -> Any:
    """What is stored of a field; `Block.save` works out each block's JSON schema thirty times for that."""
    if isinstance(value, list):
        return [_bare(each) for each in value]
    return value.get_secret_value() if isinstance(value, SecretStr) else value

"""A campaign over four channels on the emulator, followed up round by round as time passes for both."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import select, update

from outreach.campaign.interaction import interact_batch
from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.campaign.validation import validate_batch
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.senders import Senders
from outreach.ledger.claims import everything
from outreach.ledger.database.schema import contacts
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.operations.redelivery import redeliver
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from outreach.webhook import Endpoint, new_secret
from tests.support.emulation import SENDERS, emulator_thread
from tests.support.emulator_server import EmulatorThread

WHATSAPP = {
    **SENDERS,
    "chat_from": "0e6e1b0a-0005-4000-8000-000000000002",
    "chat_type": "whatsapp",
    "chat_template_id": "template-1",
}
CHANNELS = ("sms", "email", "voice", "chat")


@dataclass
class Scene:
    run: Run
    ledger: Ledger
    genesys: EmulatorThread
    endpoint: Endpoint

    def contact(self, people: Sequence[Mapping[str, object]], run: Run | None = None) -> None:
        """Load, register, validate and contact them in the scene's campaign, or another run's."""
        run = run or self.run
        load_source(run, open_source(people))
        batch = everything(run.campaign.name)
        register_batch(run, batch)
        validate_batch(run, batch)
        interact_batch(run, batch)

    def pass_time(self, seconds: float) -> None:
        """For us and for them: what was started lies so much longer ago."""
        earlier = timedelta(seconds=seconds)
        with self.ledger.db.write() as connection:
            for row in self.rows():
                if row.started_at and row.look_at:
                    times = {"started_at": row.started_at - earlier, "look_at": row.look_at - earlier}
                    connection.execute(update(contacts).where(contacts.c.id == row.id).values(times))
        self.genesys.advance(seconds)

    def rows(self) -> list[Any]:
        with self.ledger.db.read() as connection:
            return list(connection.execute(select(contacts).order_by(contacts.c.id)).all())

    def requests(self) -> int:
        """How many Genesys took so far."""
        return sum(int(token["accepted"]) for token in self.genesys.metrics()["tokens"])

    def named(self) -> dict[str, str | None]:
        """Of each conversation that we started: the contact that it names there now."""
        self.genesys.org.settle()
        by_id = self.genesys.org.conversations.by_id
        return {row.conversation_id: by_id[row.conversation_id].genesys_id for row in self.rows()}

    def told(self, event: str) -> list[dict[str, Any]]:
        """What the CRM heard; each was signed as it should be."""
        redeliver(self.ledger, "crm", self.endpoint)
        heard = self.genesys.webhooks(event=event)
        assert not heard["invalid"]
        return [attempt["body"] for attempt in heard["attempts"]]


def people(per_channel: int = 3, channels: Sequence[str] = CHANNELS) -> list[dict[str, Any]]:
    """So many on each channel alone, with addresses that nobody shares."""
    addresses = {
        "sms": "+1317555{:04d}",
        "voice": "+1463555{:04d}",
        "email": "person{}@example.com",
        "chat": "visitor-{}",
    }
    return [
        {"external_contact_id": f"{name}-{n}", "name": f"N {n}", name: addresses[name].format(n)}
        for name in channels
        for n in range(1, per_channel + 1)
    ]


@contextlib.contextmanager
def scene(
    folder: Path,
    settings: CampaignSettings | None = None,
    senders: Mapping[str, Any] = SENDERS,
    *,
    api: Literal["platform", "guide"] = "platform",
    **told: object,
) -> Iterator[Scene]:
    """An emulator told so, a ledger, a campaign that calling hours do not bind, and a CRM."""
    secret = new_secret()
    with contextlib.ExitStack() as stack:
        genesys = stack.enter_context(emulator_thread(**{"index_delay_seconds": 0, **told}))
        ledger = stack.enter_context(open_ledger(f"sqlite:///{folder}/ledger.db"))
        account = Account(api=api, client_id="demo", client_secret="demo", api_url=genesys.url)
        client = stack.enter_context(
            open_genesys(
                account,
                senders=Senders(**senders),
                requests_per_minute=None,
                creations_per_minute=None,
                emails_per_minute=None,
            )
        )
        chosen = settings or CampaignSettings(message="Hello", hours_bind=())
        run = stack.enter_context(open_run(ledger, client, "spring", chosen, webhook_name="crm"))
        address = f"{genesys.url}/_emulator/webhooks?secret={quote(secret)}"
        endpoint = stack.enter_context(Endpoint(address, secret, allow_private=True))
        yield Scene(run, ledger, genesys, endpoint)

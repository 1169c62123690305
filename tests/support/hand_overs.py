"""The campaign route against an emulator whose clock stands still until we wait: hours pass in a second."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import select

from emulator.state import defaults
from outreach.campaign.hand_overs.hand_over import hand_over_cleared
from outreach.campaign.interaction import interact_batch
from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.campaign.reconciliation import recover
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.campaign.validation import validate_batch
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.senders import Senders
from outreach.ledger.claims import everything
from outreach.ledger.database.schema import contacts
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import Proof, prove
from outreach.settings import CampaignSettings, Link, Route
from outreach.sources.opening import open_source
from tests.support.clocks import SetClock
from tests.support.emulator_server import EmulatorControl

KEY = "a key for the campaign route"
SENDER, MORE = "+4915100000000", "+4915100000001"
TEMPLATE = "11111111-1111-4111-8111-111111111111"
"""Of e-mails and WhatsApp messages, as an organisation has one."""
SETTINGS = CampaignSettings(
    hours_bind=(), route=Route.CAMPAIGN, look_after_seconds=(5, 10, 20, 40), threads=2, link=Link.NEVER
)


class EmulatedClock(SetClock):
    """The emulator's own time: whoever waits moves it, and so the engine works."""

    def __init__(self, genesys: EmulatorControl) -> None:
        self._genesys = genesys
        told = genesys._ask("POST", "/_emulator/clock", {"speed": 0})
        super().__init__(datetime.fromisoformat(told["now"].replace("Z", "+00:00")).astimezone(timezone.utc))

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._genesys.advance(seconds)
            super().sleep(seconds)


def prepare(genesys: EmulatorControl, **settings: Any) -> None:
    """An organisation with two senders of ten messages a second."""
    numbers = {SENDER: "ACTIVE", MORE: "ACTIVE", **defaults.SMS_NUMBERS}
    genesys.configure(sms_numbers=numbers, index_delay_seconds=1, message_seconds=5, **settings)


@dataclass
class Desk:
    """One process at work on the campaign `spring`."""

    run: Run
    genesys: EmulatorControl

    def work(self, people: range | list[dict[str, object]], **more: object) -> None:
        """Once through everything that is due, as a flow does."""
        recover(self.run)
        rows = [person(each) for each in people] if isinstance(people, range) else people
        load_source(self.run, open_source([{**row, **more} for row in rows]))
        batch = everything(self.run.campaign.name)
        register_batch(self.run, batch)
        validate_batch(self.run, batch)
        interact_batch(self.run, batch)
        hand_over_cleared(self.run)

    def rows(self) -> list[Any]:
        with self.run.ledger.db.read() as connection:
            return list(connection.execute(select(contacts).order_by(contacts.c.id)).all())

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def proof(self) -> Proof:
        return prove(self.run.ledger, self.run.campaign)

    @property
    def reached(self) -> list[str]:
        """Addresses that were really reached."""
        return [row["to"] for row in self.genesys.truth()["contacts"]]


@contextlib.contextmanager
def desk(
    where: Path | str, genesys: EmulatorControl, settings: CampaignSettings = SETTINGS, **senders: Any
) -> Iterator[Desk]:
    """A process's ledger (in a folder, or at a URL), organisation and run, until the block ends."""
    clock = EmulatedClock(genesys)
    url = where if isinstance(where, str) else f"sqlite:///{where / 'ledger.db'}"
    with (
        open_ledger(url, keys=[KEY], clock=clock) as ledger,
        open_genesys(
            Account(client_id="demo", client_secret="demo", api_url=genesys.url),
            senders=Senders(**{"sms_from": SENDER, "email_from": defaults.EMAIL_FROM, **senders}),
            requests_per_minute=None,
            clock=clock,
        ) as organisation,
        open_run(ledger, organisation, "spring", settings) as run,
    ):
        yield Desk(run, genesys)


def person(number: int) -> dict[str, object]:
    """One person with a number."""
    return {
        "external_contact_id": f"EXT-{number}",
        "name": f"N {number}",
        "sms": address(number),
        "initial_message": "Hello",
    }


def mailed(number: int, **more: object) -> dict[str, object]:
    """One person with an e-mail address alone."""
    return {
        "external_contact_id": f"EXT-{number}",
        "name": "N",
        "email": mail_address(number),
        "initial_message": "Hello",
        **more,
    }


def mail_address(number: int) -> str:
    """Where a person is reached by e-mail."""
    return f"n{number}@example.com"


def address(number: int) -> str:
    """Where a person is reached."""
    return f"+1317555{number:04d}"

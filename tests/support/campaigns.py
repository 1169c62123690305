"""A campaign in memory whose interactions go on until the test, or we, end them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import select

from outreach.campaign.interaction import interact_batch
from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.campaign.reconsideration import reconsider
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.campaign.validation import validate_batch
from outreach.contacts import Channel
from outreach.errors import GenesysError
from outreach.genesys.interface import Conversation, Engagement, Started
from outreach.ledger.claims import everything
from outreach.ledger.database.schema import audit, contacts, outbox
from outreach.ledger.ledger import Ledger
from outreach.settings import CampaignSettings, Event
from outreach.sources.opening import open_source
from tests.support.clocks import SetClock
from tests.support.ledgers import new_ledger
from tests.support.organisations import Organisation

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=timezone.utc)
SETTINGS = CampaignSettings(message="Hello", hours_bind=(), events=tuple(Event))


class Followed(Organisation):
    """Shows interactions as they are on a clock, and counts what it was asked."""

    def __init__(self, clock: SetClock) -> None:
        super().__init__()
        self.clock = clock
        self.shown: dict[str, Conversation] = {}
        self.hidden: set[str] = set()
        self.asked: list[str] = []
        self.reads: list[list[str]] = []
        self.refuses_end: GenesysError | None = None
        self.ends_at_once = True

    def start(self, engagement: Engagement) -> Started:
        started = super().start(engagement)
        self.shown[started.conversation_id] = Conversation(
            started.conversation_id,
            self.clock.now(),
            self.clock.now(),
            None,
            delivery="sent",
            contact_ids=frozenset({engagement.attempt.genesys_id}),  # the call carried it
        )
        return started

    def change(self, conversation_id: str, **changes: Any) -> None:
        self.shown[conversation_id] = replace(self.shown[conversation_id], **changes)

    def finish(self, conversation_id: str, disconnect_type: str = "peer") -> None:
        self.change(conversation_id, ended_at=self.clock.now(), disconnect_type=disconnect_type)

    def read(self, conversation_ids: Sequence[str]) -> list[Conversation]:
        self.reads.append(list(conversation_ids))
        return [
            self.shown[name] for name in conversation_ids if name in self.shown and name not in self.hidden
        ]

    def end(self, conversation_id: str, channel: Channel) -> None:
        self.asked.append(conversation_id)
        if self.refuses_end:
            raise self.refuses_end
        if self.ends_at_once:
            self.finish(conversation_id, "client")


@dataclass
class Stage:
    """One campaign with everybody contacted who may be."""

    run: Run
    ledger: Ledger
    org: Followed
    clock: SetClock

    def rows(self) -> list[Any]:
        with self.ledger.db.read() as connection:
            return list(connection.execute(select(contacts).order_by(contacts.c.id)).all())

    def row(self, number: int = 0) -> Any:
        return self.rows()[number]

    def events(self, event: str) -> list[bytes]:
        with self.ledger.db.read() as connection:
            found = select(outbox.c.body).where(outbox.c.event == event).order_by(outbox.c.id)
            return [bytes(body) for body in connection.execute(found).scalars()]

    def actions(self) -> list[str]:
        with self.ledger.db.read() as connection:
            return list(connection.execute(select(audit.c.action).order_by(audit.c.id)).scalars())

    def contact_everybody(self, people: Sequence[Mapping[str, object]]) -> None:
        load_source(self.run, open_source(people))
        reconsider(self.run)
        batch = everything(self.run.campaign.name)
        register_batch(self.run, batch)
        validate_batch(self.run, batch)
        interact_batch(self.run, batch)


def person(number: int, **more: object) -> dict[str, object]:
    return {
        "external_contact_id": f"EXT-{number}",
        "name": f"N {number}",
        "sms": f"+1317555{number:04d}",
        **more,
    }


@contextlib.contextmanager
def stage(
    folder: Path,
    people: Sequence[Mapping[str, object]] = (),
    settings: CampaignSettings = SETTINGS,
    campaign: str = "spring",
) -> Iterator[Stage]:
    clock = SetClock(NOW)
    org = Followed(clock)
    with (
        new_ledger(folder, clock) as ledger,
        open_run(ledger, org, campaign, settings, webhook_name="crm") as run,
    ):
        staged = Stage(run, ledger, org, clock)
        if people:
            staged.contact_everybody(people)
        yield staged


def minutes(count: float) -> float:
    return timedelta(minutes=count).total_seconds()

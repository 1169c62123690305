"""What happens to a campaign in a round: each accident prepares, strikes while it runs, and is over."""

from __future__ import annotations

import os
import time
from random import Random
from typing import ClassVar

from sqlalchemy import select

from outreach.ledger.database.schema import contacts
from outreach.ledger.opening import open_ledger
from tests.accidents.databases import PostgresPlace, SqlitePlace
from tests.accidents.stage import Actor, Stage
from tests.accidents.worker import KEY
from tests.support.frozen_process import frozen

NOBODY = 65534
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class Accident:
    """One accident of one round, drawn by lot."""

    name: ClassVar[str]

    def __init__(self, random: Random) -> None:
        self.random = random

    def prepare(self, stage: Stage) -> None:
        """Before the first run."""

    def strike(self, stage: Stage, actor: Actor) -> Actor:
        """While it works; gives who works after that."""
        return actor

    def clear(self, stage: Stage) -> None:
        """The first run is over, and so is the accident."""


class OlderCopy(Accident):
    """Somebody puts a copy back that was taken in the middle of the run."""

    name = "ledger restored from an older copy"
    whole: ClassVar[bool] = True

    def strike(self, stage: Stage, actor: Actor) -> Actor:
        """Take the copy when some were contacted and some were not."""
        actor.await_registering()
        stage.await_contacts(actor, self.random.randint(0, max(len(stage.crowd.innocent) - 6, 0)))
        if isinstance(stage.place, SqlitePlace):
            with frozen(actor.pid, stage.place.path):
                stage.place.copy(whole=self.whole)
            return actor
        stage.kill(actor)
        stage.place.copy(whole=self.whole)
        return stage.start()

    def clear(self, stage: Stage) -> None:
        """And put it back."""
        stage.place.restore()
        stage.restored = True
        with open_ledger(stage.place.direct, keys=[KEY], actor="restore") as ledger:
            standing = select(contacts.c.reference).where(contacts.c.state == "intent")
            stage.let_go.update(ledger.db.values(standing))  # what became of them is noted in no older copy


class HalfCopy(OlderCopy):
    """The same, of the file without its write-ahead log."""

    name = "ledger copied without its log"
    whole = False


class UnreadableList(Accident):
    """The do-not-contact lists, or their export, say nothing that can be read."""

    name = "do-not-contact list unreadable"
    KINDS: ClassVar = tuple(
        {"kind": kind, "operation": operation}
        for kind in ("empty_body", "wrong_content_type")
        for operation in ("downloads.get", "dnc.list")
    )
    SETTINGS: ClassVar = (
        *({"dnc_export": how} for how in ("empty", "page", "half")),
        *({"dnc_listing": how} for how in ("object", "array")),
    )

    def prepare(self, stage: Stage) -> None:
        """Until the first run is over."""
        how = self.random.choice([*self.KINDS, *self.SETTINGS])
        stage.emulator.configure(**({"faults": [how]} if "kind" in how else how))

    def clear(self, stage: Stage) -> None:
        """They can be read again."""
        stage.emulator.configure(faults=[], dnc_export="file", dnc_listing="page")


class WrongClock(Accident):
    """The machine's clock is wrong for as long as the first run takes."""

    name = "clock wrong for one run"
    AHEAD: ClassVar = (5 * MINUTE, HOUR, DAY, 10 * DAY)

    def prepare(self, stage: Stage) -> None:
        """Ahead, or behind."""
        stage.ahead_seconds = self.random.choice((1, 1, -1)) * self.random.choice(self.AHEAD)

    def clear(self, stage: Stage) -> None:
        """Somebody has set it right."""
        stage.ahead_seconds = 0.0


class Killed(Accident):
    """A user kills the run right after it began to register people, once or more."""

    name = "killed right after registering began"

    def strike(self, stage: Stage, actor: Actor) -> Actor:
        """Kill and start again, sometimes by another user."""
        for _ in range(self.random.choice((1, 2, 3, 5))):
            stage.await_registration(actor)
            time.sleep(self.random.choice((0.0, 0.0, self.random.uniform(0, 0.3))))
            stage.kill(actor)
            if os.getuid() == 0:
                stage.user = self.random.choice((None, NOBODY))
            actor = stage.start()
        return actor

    def clear(self, stage: Stage) -> None:
        """Whoever runs it next."""
        if os.getuid() == 0:
            stage.user = self.random.choice((None, NOBODY))


class Locked(Accident):
    """Another program holds the ledger's file for some seconds."""

    name = "ledger locked for some seconds"

    def strike(self, stage: Stage, actor: Actor) -> Actor:
        """At any moment."""
        assert isinstance(stage.place, SqlitePlace)
        actor.await_registering()
        time.sleep(self.random.uniform(0, 0.3))
        with stage.place.locked():
            time.sleep(self.random.uniform(0.3, 2))
        return actor


class Cut(Accident):
    """The way to the database drops every packet for some seconds."""

    name = "way to the database cut"

    def strike(self, stage: Stage, actor: Actor) -> Actor:
        """At any moment; what was connected goes on, or is gone."""
        assert isinstance(stage.place, PostgresPlace)
        actor.await_registering()
        time.sleep(self.random.uniform(0, 0.5))
        with stage.place.line.silent(severed=self.random.random() < 0.5):
            time.sleep(self.random.uniform(0.5, 3))
        return actor


class Away(Accident):
    """The database is away for some seconds."""

    name = "database away for some seconds"

    def strike(self, stage: Stage, actor: Actor) -> Actor:
        """At any moment."""
        assert isinstance(stage.place, PostgresPlace)
        actor.await_registering()
        time.sleep(self.random.uniform(0, 0.5))
        with stage.place.line.refusing():
            time.sleep(self.random.uniform(0.5, 4))
        return actor


EVERYWHERE = (OlderCopy, UnreadableList, WrongClock, Killed)
ACCIDENTS: dict[str, tuple[type[Accident], ...]] = {
    "sqlite": (*EVERYWHERE, HalfCopy, Locked),
    "postgres": (*EVERYWHERE, Cut, Away),
}


def draw(database: str, random: Random, only: str = "") -> list[Accident]:
    """One to three of them, one where `only` names it; a ledger is put back from one copy only."""
    if only:
        return [random.choice([kind for kind in ACCIDENTS[database] if only in kind.name])(random)]
    kinds = random.sample(ACCIDENTS[database], random.choice((1, 1, 2, 3)))
    copies = [kind for kind in kinds if issubclass(kind, OlderCopy)]
    return [kind(random) for kind in kinds if kind not in copies[1:]]

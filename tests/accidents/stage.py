"""One round's world: people, a file, a ledger, the far end, and the processes that run the campaign."""

from __future__ import annotations

import multiprocessing
import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from emulator.state.defaults import DNC_LIST_ID
from tests.accidents.crowd import Crowd
from tests.accidents.databases import Place
from tests.accidents.worker import Order, Report, work
from tests.support.emulator_server import EmulatorThread

PATIENCE_SECONDS = float(os.environ.get("ACCIDENTS_PATIENCE", "90"))
"""After so long a run counts as hung."""

REGISTER = "contacts.bulk_enrich"

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    [
        "tests.accidents.worker",
        # What a run would import late: another user may not be able to read this Python.
        "encodings.ascii",
        "encodings.idna",
        "encodings.latin_1",
        "encodings.utf_8_sig",
        "psycopg",
        "sqlalchemy.dialects.postgresql.psycopg",
    ]
)


class Actor:
    """A process that runs the campaign."""

    def __init__(self, order: Order) -> None:
        self._heard, told = _PROCESSES.Pipe(duplex=False)
        self._process = _PROCESSES.Process(target=work, args=(order, told), daemon=True)
        self._process.start()
        told.close()
        self._report: Report | None = None
        self.order = order

    @property
    def lives(self) -> bool:
        """Whether it is at work."""
        return self._process.is_alive()

    def await_registering(self) -> None:
        """Until it has begun to register people, or ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._report is None and time.monotonic() < deadline:
            if self._hear(0.02) == "registering" or not self.lives:
                return

    def kill(self) -> bool:
        """SIGKILL; whether it hit somebody at work."""
        hit = self.lives
        self._process.kill()
        self._process.join()
        return hit

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process.pid
        return self._process.pid

    def end(self) -> Report:
        """Wait for its report; one that says nothing for too long is hung, and killed."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._report is None and time.monotonic() < deadline:
            lives = self.lives
            if self._hear(0.05) is None and not lives:
                self._report = Report("killed")
        self.kill()
        self._heard.close()
        return self._report or Report("hung", f"after {PATIENCE_SECONDS:.0f} s")

    def _hear(self, seconds: float) -> object:
        try:
            heard: object = self._heard.recv() if self._heard.poll(seconds) else None
        except (EOFError, OSError):
            return None
        if isinstance(heard, Report):
            self._report = heard
        return heard


@dataclass
class Stage:
    """Everything that an accident can get at. `ahead_seconds` and `user` are the next processes'."""

    place: Place
    emulator: EmulatorThread
    folder: Path
    random: Random
    crowd: Crowd
    ahead_seconds: float = 0.0
    user: int | None = None
    restored: bool = False
    kills: int = 0
    let_go: set[str] = field(default_factory=set)
    """References of calls that were on their way when their process was killed, or that were made."""
    caught_up: int = 0
    reports: list[Report] = field(default_factory=list)

    def come(self, count: int) -> None:
        """More people, and whom of them the organisation leaves alone."""
        listed = self.crowd.come(count)
        self.emulator.org.dnc[DNC_LIST_ID].entries |= dict.fromkeys(sorted(listed))

    def start(self, *, catches_up: bool = False) -> Actor:
        """A process that runs the campaign from now on, or takes in what the far end knows."""
        self.place.open_to_all()
        order = Order(
            ledger=self.place.url,
            emulator=self.emulator.url,
            source=str(self.crowd.path),
            home=str(self.folder),
            log=str(self.folder / "runs.log"),
            catches_up=catches_up,
        )
        return Actor(replace(order, ahead_seconds=self.ahead_seconds, user=self.user))

    def kill(self, actor: Actor) -> None:
        """SIGKILL, and look at what it had let go: of these calls nobody here can say what became."""
        self.kills += actor.kill()
        for notes in self.folder.glob("genesys-outreach-*/*"):
            self.let_go.update(notes.read_text().split())

    def finish(self, actor: Actor) -> Report:
        """Its end, kept for the verdict."""
        report = actor.end()
        self.reports.append(report)
        return report

    def contacted(self) -> int:
        """How many contacts there were at the far end."""
        return len(self.emulator.org.truth.rows)

    def await_registration(self, actor: Actor) -> None:
        """Until the far end was asked to register somebody, or there is nobody left to register."""
        asked = self.emulator.org.metrics.by_operation
        actor.await_registering()
        before, deadline = asked[REGISTER], time.monotonic() + 0.5
        while asked[REGISTER] == before and actor.lives and time.monotonic() < deadline:
            time.sleep(0.002)

    def await_contacts(self, actor: Actor, count: int) -> None:
        """Until so many were contacted, or the process ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.contacted() < count and actor.lives and time.monotonic() < deadline:
            time.sleep(0.005)

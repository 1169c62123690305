"""One database, one emulator, round after round."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from outreach.ledger.campaigns import find_campaign
from outreach.ledger.ledger import Ledger
from tests.chaos.crowd import MIX, Crowd, write_crowd
from tests.chaos.verdict import Verdict, judge
from tests.chaos.weather import Weather
from tests.support.emulator_server import EmulatorControl

PATIENCE_SECONDS = 60.0
KEY = "a key for the chaos test"
BUSY = 1.5
"""A load per core at which seconds say more about the machine than about us; we ourselves bring about one."""
POLICIES = ("hold", "release")
"""What a round's campaign does with a doubt that it cannot resolve. Requests that never arrive are only lost
under `release`: nothing can tell them from a slow index, so with `hold` each would rightly end with a person.
"""
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""A worker starts as it does for a user: from compiled modules."""


class Stuck(Exception):  # noqa: N818 - it names what happened
    """A worker did not come to its end."""


def end(worker: subprocess.Popen[str]) -> None:
    """SIGKILL, if it still lives."""
    worker.kill()
    worker.wait()
    if worker.stdout:
        worker.stdout.close()


class Blow(NamedTuple):
    """A kill: whether it hit a living process, and the seconds to the next new contact, where one can say."""

    hit: bool
    seconds: float | None
    was_busy: bool


@dataclass
class Arena:
    """Where rounds are held.

    Args:
        ledger: the parent's own view of it.
        url: for the workers.
        emulator: the organisation, and the CRM's receiver.
        secret: of the webhooks.
        folder: for files.
        random: decides everything.
    """

    ledger: Ledger
    url: str
    emulator: EmulatorControl
    secret: str
    folder: Path
    random: Random
    tokens: str = ""
    """The sealed tokens that all workers share."""
    email_reference: str = "none"
    channels: tuple[str, ...] = tuple(MIX)
    seen: int = 0
    policy: str = POLICIES[0]

    def play(self, number: int) -> Verdict:
        """One round: people, weather, workers, kills; and what came of it."""
        crowd = write_crowd(self.folder, number, self.random, self.channels)
        weather = Weather(self.emulator, self.random)
        self.policy = self.random.choice(POLICIES)
        weather.change(storms=self.random.random() < 0.5, unsent=self.policy == "release")
        kills = self.random.choice((1, 1, 1, 2, 3))
        overlap = self.random.random() < 0.5
        fight = list(self._fight(crowd, number, kills, weather, overlap=overlap))
        weather.settle()
        truth = self._truth()
        verdict = judge(self.ledger, find_campaign(self.ledger, f"round-{number}"), crowd, truth)
        verdict.kills, verdict.overlaps = sum(blow.hit for blow in fight), int(overlap)
        verdict.recovery_seconds = [b.seconds for b in fight if b.seconds is not None and not b.was_busy]
        verdict.busy_seconds = [b.seconds for b in fight if b.seconds is not None and b.was_busy]
        verdict.faults = weather.fired.total() - weather.fired["latency"]
        happened = weather.fired.keys() - {"latency", "rate_limited", "reset_before"}
        verdict.dropped = sum(weather.fired[kind] for kind in happened)
        return verdict

    def _fight(
        self, crowd: Crowd, number: int, kills: int, weather: Weather, *, overlap: bool
    ) -> Iterator[Blow]:
        """Kill and start again, so many times."""
        crew = [self._start(crowd, number, "first")]
        if overlap:
            crew.append(self._start(crowd, number, "second"))
        try:
            for _ in range(kills):
                self._await_the_moment(crew[0], crowd)
                killed, hit = time.monotonic(), crew[0].poll() is None
                end(crew[0])
                weather.change(storms=False, unsent=self.policy == "release")
                before = self._count()
                crew[0] = self._start(crowd, number, "again")
                seconds = None if overlap else self._await_contact(crew[0], before, killed)
                yield Blow(hit, seconds, os.getloadavg()[0] > BUSY * (os.cpu_count() or 1))
            for worker in crew:
                self._await_end(worker)
        finally:
            for worker in crew:
                end(worker)

    def _start(self, crowd: Crowd, number: int, name: str) -> subprocess.Popen[str]:
        order = {
            "ledger": self.url,
            "key": KEY,
            "emulator": self.emulator.url,
            "secret": self.secret,
            "campaign": f"round-{number}",
            "policy": self.policy,
            "email_reference": self.email_reference,
            "tokens": self.tokens,
            "source": str(crowd.path),
            "name": name,
        }
        command = [sys.executable, "-m", "tests.chaos.worker", json.dumps(order)]
        log = (self.folder / f"round-{number}-{name}.log").open("a")
        with log:
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=ENVIRONMENT)

    def _await_the_moment(self, worker: subprocess.Popen[str], crowd: Crowd) -> None:
        """When it has contacted so many, or so long after it began: loading, registering, anything."""
        if self.random.random() < 0.35:
            assert worker.stdout
            worker.stdout.readline()
            time.sleep(self.random.uniform(0, 0.7))
            return
        left = crowd.people - (self._count() - self.seen)
        until = self._count() + self.random.randint(0, max(left - 10, 0))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._count() < until and worker.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)

    def _await_contact(self, worker: subprocess.Popen[str], before: int, killed: float) -> float | None:
        """None when there was nobody left to contact."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._count() == before and time.monotonic() < deadline:
            if worker.poll() is not None:
                return None
            time.sleep(0.01)
        return time.monotonic() - killed

    def _await_end(self, worker: subprocess.Popen[str]) -> None:
        try:
            worker.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise Stuck(f"worker {worker.pid} is not at its end after {PATIENCE_SECONDS:.0f} s") from None
        if worker.returncode != 0:
            raise Stuck(f"worker {worker.pid} ended with {worker.returncode}; its log is in {self.folder}")

    def _count(self) -> int:
        return int(self.emulator.truth(summary=True)["count"])

    def _truth(self) -> list[dict[str, Any]]:
        """The rows of this round."""
        answer = self.emulator.truth(since=self.seen)
        self.seen = int(answer["next"])
        rows: list[dict[str, Any]] = answer["contacts"]
        return rows

"""Ten tokens against one, at the published limits, on the real clock: contacts a minute, and answers 429.

Each scenario has an emulator of its own that refuses with 429 what is over 300 requests a minute of a token,
and in one of them what is over a limit above the tokens that nobody told us of. One or several processes
share the timetable of a ledger, on SQLite or PostgreSQL; an earlier build, which has one token, takes part
if there is one. Two scenarios are measured at a time, as they wait far more than they work.
"""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.job import run_child
from tests.bench.limits import AFTER_FIRST, BEFORE_LAST, KEY, SECONDS, fullest
from tests.support.emulation import emulator
from tests.support.emulator_server import EmulatorServer
from tests.support.postgres import postgres

LIMIT = 300


@dataclass(frozen=True)
class Scenario:
    """One organisation, some processes that share its tokens. `cap` is of the client, all tokens together."""

    ledger: str
    tokens: int
    processes: int = 1
    window: str = "sliding"
    cap: int | None = None
    is_earlier: bool = False
    """Whether it is the earlier build's."""
    times_as_long: int = 1
    """For how long it is measured, the finding of what binds included."""

    @property
    def name(self) -> str:
        """For tables and files."""
        build = "-earlier" if self.is_earlier else ""
        cap = self.cap or "uncapped"
        return f"{self.ledger}-{self.tokens}-tokens-{self.processes}-{self.window}-{cap}{build}"


SCENARIOS = (
    Scenario("sqlite", 1),
    Scenario("sqlite", 10),
    Scenario("sqlite", 1, is_earlier=True),
    Scenario("sqlite", 10, window="fixed"),
    Scenario("postgres", 1),
    Scenario("postgres", 10),
    Scenario("sqlite", 10, 3),
    Scenario("postgres", 10, 3),
    Scenario("sqlite", 10, cap=2000, times_as_long=2),
)


def measure(seconds: float = SECONDS, earlier: Path | None = None) -> list[dict[str, Any]]:
    """Every scenario, two at a time; with a checkout of an earlier build, that one too."""
    scenarios = [each for each in SCENARIOS if earlier or not each.is_earlier]
    with postgres() as server, tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as crew:
        ledgers = [
            server.new_database() if each.ledger == "postgres" else f"sqlite:///{Path(folder) / each.name}.db"
            for each in scenarios
        ]
        playing = [
            crew.submit(_play, scenario, url, seconds, earlier)
            for scenario, url in zip(scenarios, ledgers, strict=True)
        ]
        return [each.result() for each in playing]


def _play(scenario: Scenario, url: str, seconds: float, earlier: Path | None) -> dict[str, Any]:
    limits: dict[str, Any] = {"requests_per_minute": LIMIT, "client_requests_per_minute": scenario.cap}
    with (
        emulator(window=scenario.window, **limits) as genesys,
        ThreadPoolExecutor(scenario.processes) as crew,
    ):
        lasting = seconds * scenario.times_as_long
        tasks = [_task(scenario, url, genesys.url, lasting, n) for n in range(scenario.processes)]
        build = earlier if scenario.is_earlier else None
        said = list(crew.map(lambda task: run_child("spender", task, checkout=build), tasks))
        bound = {name for each in said for name in each.get("bound", ())}
        figures = _figures(scenario, genesys)
        return {"scenario": scenario.name, **asdict(scenario), **figures, "bound": sorted(bound)}


def _task(scenario: Scenario, ledger: str, url: str, seconds: float, number: int) -> dict[str, Any]:
    return {
        "name": f"p{number}",
        "number": number,
        "api": "platform",
        "url": url,
        "ledger": ledger,
        "key": KEY,
        "limit": "",
        "seconds": seconds,
        "contacts": int(seconds * 5 * scenario.tokens),
        "tokens": scenario.tokens,
        "steps": "all",
    }


def _figures(scenario: Scenario, genesys: EmulatorServer) -> dict[str, Any]:
    seen = genesys.metrics(timestamps=True)
    times = sorted(moment for token in seen["tokens"] for moment in token["timestamps"])
    begin, end = times[0] + AFTER_FIRST, times[-1] - BEFORE_LAST
    steady = sum(begin <= moment < end for moment in times)
    a_minute = steady / (end - begin) * 60
    allowed = min(LIMIT * scenario.tokens, scenario.cap or LIMIT * scenario.tokens)
    contacts = seen["by_operation"].get("messages.agentless", 0) - seen["too_many"]
    return {
        "seconds": times[-1] - times[0],
        "requests": len(times),
        "requests_a_minute": round(a_minute, 1),
        "contacts_a_minute": round(a_minute * contacts / len(times), 1),
        "used": round(a_minute / allowed, 4),
        "fullest_60_seconds_of_a_token": max(fullest(token["timestamps"]) for token in seen["tokens"]),
        "answers_429": seen["too_many"],
    }

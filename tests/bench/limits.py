"""At the published limits, on the real clock: how much of the budget is used, and how many answers are 429.

Each scenario has an emulator of its own that refuses with 429 whatever is over the limit in its kind of
window. All scenarios run at the same time, for 190 seconds: they wait far more than they work. Used is the
number of accepted requests in the steady part (from 10 seconds after the first to 5 before the last) as a
share of what the limit allows in it.
"""

from __future__ import annotations

import contextlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.job import run_child
from tests.bench.prefect_timetable import create_limits
from tests.support.emulation import emulator
from tests.support.emulator_server import EmulatorServer

SECONDS = 190.0
KEY = "a key for the bench only"
AFTER_FIRST, BEFORE_LAST = 10.0, 5.0


@dataclass(frozen=True)
class Scenario:
    """One organisation, some processes that share its budget."""

    shared_by: str
    processes: int
    window: str
    api: str = "platform"

    @property
    def name(self) -> str:
        """For tables and files."""
        return f"{self.shared_by}-{self.processes}-{self.window}-{self.api}"


SCENARIOS = (
    Scenario("ledger", 1, "fixed"),
    Scenario("ledger", 1, "sliding"),
    Scenario("ledger", 3, "fixed"),
    Scenario("ledger", 3, "sliding"),
    Scenario("ledger", 3, "sliding", "guide"),
    Scenario("prefect", 1, "sliding"),
    Scenario("prefect", 3, "sliding"),
    Scenario("prefect", 3, "sliding", "guide"),
)


def measure(seconds: float = SECONDS) -> list[dict[str, Any]]:
    """Every scenario; needs the Prefect server of `site` for half of them."""
    _create_limits()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(len(SCENARIOS)) as crew:
        return list(crew.map(lambda scenario: _play(scenario, Path(folder), seconds), SCENARIOS))


def _create_limits() -> None:
    for scenario in SCENARIOS:
        if scenario.shared_by == "prefect":
            create_limits(f"bench-{scenario.name}", token=300, creations=100)


def _play(scenario: Scenario, folder: Path, seconds: float) -> dict[str, Any]:
    with (
        emulator(requests_per_minute=300, creations_per_minute=100, window=scenario.window) as genesys,
        contextlib.ExitStack() as stack,
    ):
        crew = stack.enter_context(ThreadPoolExecutor(scenario.processes))
        tasks = [_task(scenario, folder, genesys.url, seconds, n) for n in range(scenario.processes)]
        list(crew.map(lambda task: run_child("spender", task), tasks))
        return {
            "scenario": scenario.name,
            **vars(scenario),
            "seconds": seconds,
            **_figures(scenario, genesys),
        }


def _task(scenario: Scenario, folder: Path, url: str, seconds: float, number: int) -> dict[str, Any]:
    return {
        "name": f"p{number}",
        "number": number,
        "api": scenario.api,
        "url": url,
        "ledger": f"sqlite:///{folder / scenario.name}.db",
        "key": KEY,
        "limit": f"bench-{scenario.name}" if scenario.shared_by == "prefect" else "",
        "seconds": seconds,
        "contacts": int(seconds * 6),
        # The creation budget binds alone when nothing else is asked of the guide's API.
        "steps": "register" if scenario.api == "guide" else "all",
    }


def _figures(scenario: Scenario, genesys: EmulatorServer) -> dict[str, Any]:
    seen = genesys.metrics(timestamps=True)
    limit = 100 if scenario.api == "guide" else 300
    times = sorted(moment for token in seen["tokens"] for moment in token["timestamps"])
    begin, end = times[0] + AFTER_FIRST, times[-1] - BEFORE_LAST
    steady = sum(begin <= moment < end for moment in times)
    return {
        "limit_per_minute": limit,
        "requests": len(times),
        "used": round(steady / (limit * (end - begin) / 60), 4),
        "fullest_60_seconds": fullest(times),
        "answers_429": seen["too_many"],
    }


def fullest(times: list[float]) -> int:
    most = first = 0
    for last, moment in enumerate(times):
        while moment - times[first] >= 60.0:
            first += 1
        most = max(most, last - first + 1)
    return most

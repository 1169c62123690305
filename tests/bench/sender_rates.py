"""Three senders with rates of their own in a campaign, beside one: `python -m tests.bench.sender_rates 190`.

The emulator fails what a sender sends above its rate, as carriers do, and refuses with 429 what is above a
token's budget, both in sliding windows on the real clock. Used is what a sender sent in the steady part, as a
share of its rate; the list never runs out of anybody's people.
"""

from __future__ import annotations

import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.bench.job import run_child
from tests.bench.limits import AFTER_FIRST, BEFORE_LAST, KEY, SECONDS, fullest
from tests.support.emulation import emulator

LIMIT = 300


@dataclass(frozen=True)
class Scenario:
    """So many tokens, and each sender's messages a minute."""

    tokens: int
    rates: tuple[int, ...]

    @property
    def name(self) -> str:
        """For tables."""
        return f"{'+'.join(map(str, self.rates))} a minute, {self.tokens} tokens"

    @property
    def senders(self) -> dict[str, int]:
        """Number to rate."""
        return {f"+1317555020{n}": rate for n, rate in enumerate(self.rates)}


SCENARIOS = (Scenario(4, (60, 180, 600)), Scenario(4, (600,)))


def measure(seconds: float = SECONDS) -> list[dict[str, Any]]:
    """Every scenario, at the same time: they wait far more than they work."""
    with ThreadPoolExecutor(len(SCENARIOS)) as crew:
        return list(crew.map(lambda scenario: play(scenario, seconds), SCENARIOS))


def play(scenario: Scenario, seconds: float) -> dict[str, Any]:
    """One campaign, for so long."""
    rates = scenario.senders
    with (
        tempfile.TemporaryDirectory() as folder,
        emulator(
            window="sliding",
            requests_per_minute=LIMIT,
            sms_numbers=dict.fromkeys(rates, "ACTIVE"),
            senders_per_minute=rates,
        ) as genesys,
    ):
        run_child("spender", _task(scenario, Path(folder), genesys.url, seconds))
        sent: dict[str, list[float]] = {sender: [] for sender in rates}
        rows = genesys.truth()["contacts"]
        for row in rows:
            sent[row["from"]].append(seconds_of(row["at"]))
        return {
            "scenario": scenario.name,
            "senders": [_figures(rates[sender], times) for sender, times in sent.items()],
            "failed_by_rate": sum(not row["delivered"] for row in rows),
            "answers_429": genesys.metrics()["too_many"],
        }


def _task(scenario: Scenario, folder: Path, url: str, seconds: float) -> dict[str, Any]:
    return {
        "name": "p0",
        "number": 0,
        "api": "platform",
        "url": url,
        "ledger": f"sqlite:///{folder / 'ledger.db'}",
        "key": KEY,
        "limit": "",
        "seconds": seconds,
        "contacts": int(seconds * (sum(scenario.rates) / 60 + 5)),
        "tokens": scenario.tokens,
        "rates": scenario.senders,
        "steps": "all",
    }


def _figures(rate: int, times: list[float]) -> dict[str, Any]:
    times.sort()
    begin, end = times[0] + AFTER_FIRST, times[-1] - BEFORE_LAST
    a_minute = sum(begin <= moment < end for moment in times) / (end - begin) * 60
    return {
        "rate": rate,
        "a_minute": round(a_minute, 1),
        "used": round(a_minute / rate, 4),
        "fullest": fullest(times),
    }


def seconds_of(instant: str) -> float:
    """Of an instant in the emulator's words."""
    return datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()


if __name__ == "__main__":
    print(json.dumps(measure(float(sys.argv[1]) if sys.argv[1:] else SECONDS), indent=2))

"""Side by side: every way contacts people in turn, round after round, and each is a ratio to ours.

    round 1: ours, ceiling, naive Prefect, tutorial, SDK, SDK in threads
    round 2: the same, beginning with another ...

A round's ratio compares what ran within the same minute, so that a machine that is busy for a while spoils
little; the figure is the median over the rounds, with the lowest and highest beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.bench.machine import load_now
from tests.bench.site import Site

ROUNDS = 5
SDK_THREADS = 16


@dataclass(frozen=True)
class Setting:
    """One API at one latency, and how many people each way contacts (a few seconds' worth; ours and the
    ceiling as many as it takes for the start of a run to weigh what it weighs in a campaign).
    """

    api: str
    latency_ms: int
    contacts: Mapping[str, int]
    ceiling_threads: Sequence[int]
    rounds: int = ROUNDS

    @property
    def name(self) -> str:
        """As a part of the bench: `platform-50`."""
        return f"{self.api}-{self.latency_ms}"


SETTINGS = (
    Setting(
        "platform",
        0,
        {
            "ours": 10_000,
            "ceiling": 10_000,
            "naive_prefect": 60,
            "tutorial": 150,
            "sdk": 100,
            "sdk_threads": 200,
        },
        (1, 2, 4, 16),
    ),
    Setting(
        "platform",
        50,
        {
            "ours": 10_000,
            "ceiling": 10_000,
            "naive_prefect": 60,
            "tutorial": 20,
            "sdk": 20,
            "sdk_threads": 150,
        },
        (32, 48, 64, 96),
    ),
    Setting(
        "platform",
        300,
        {"ours": 5000, "ceiling": 5000, "tutorial": 10, "sdk_threads": 64},
        (64, 96, 128),
        rounds=3,
    ),
    Setting(
        "guide", 0, {"ours": 5000, "ceiling": 10_000, "naive_prefect": 60, "tutorial": 150}, (1, 2, 4, 16)
    ),
    Setting("guide", 50, {"ours": 3000, "ceiling": 5000, "naive_prefect": 60, "tutorial": 15}, (16, 32, 64)),
)


def find_contests(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that were held, in their order."""
    return [results[setting.name] for setting in SETTINGS if setting.name in results]


def hold(site: Site, setting: Setting, *, rounds: int = 0, part: float = 1.0) -> dict[str, Any]:
    """One setting; `part` makes the numbers of people smaller."""
    rounds = rounds or setting.rounds
    counts = {way: max(10, int(count * part)) for way, count in setting.contacts.items()}
    if site.before:
        counts["before"] = counts["ours"]
    threads = {"sdk_threads": SDK_THREADS, "ceiling": _best_threads(site, setting, counts["ceiling"])}
    results: dict[str, list[dict[str, float]]] = {way: [] for way in counts}
    order = list(counts)
    loads = []
    for number in range(rounds):
        for way in order[number % len(order) :] + order[: number % len(order)]:
            results[way].append(_measure(site, setting, way, counts[way], threads.get(way, 1)))
        loads.append(load_now())
    return {
        "api": setting.api,
        "latency_ms": setting.latency_ms,
        "rounds": rounds,
        "machine_load": loads,
        "ways": {way: _summarise(counts[way], threads.get(way, 1), rows) for way, rows in results.items()},
        "ratios": _ratios(results),
    }


def _best_threads(site: Site, setting: Setting, contacts: int) -> int:
    """The number of threads with which the ceiling is highest."""
    few = max(100, contacts // 5)
    rates = {
        threads: max(
            _measure(site, setting, "ceiling", few, threads)["requests_per_second"] for _ in range(2)
        )
        for threads in setting.ceiling_threads
    }
    return max(rates, key=lambda threads: rates[threads])


def _measure(site: Site, setting: Setting, way: str, contacts: int, threads: int) -> dict[str, float]:
    site.clear(setting.latency_ms)
    result = site.run(way, setting.api, contacts, threads)
    requests = result["genesys_requests"] + result["webhooks"]
    if result.get("webhooks_pending"):
        raise RuntimeError(f"{result['webhooks_pending']} webhooks were not delivered within the run")
    seconds = result["seconds"]
    working = seconds - result.get("start_seconds", 0.0)
    return {
        "contacts_per_second": contacts / seconds,
        "requests_per_second": requests / seconds,
        "contacts_per_second_without_start": contacts / working,
        "requests_per_second_without_start": requests / working,
        "start_seconds": result.get("start_seconds", 0.0),
        "cpu_ms_per_contact": result["cpu_seconds"] / contacts * 1000,
        "genesys_requests_per_contact": result["genesys_requests"] / contacts,
    }


def _summarise(contacts: int, threads: int, rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    figures = {name: spread([row[name] for row in rows]) for name in rows[0]}
    return {"contacts": contacts, "threads": threads, **figures}


def _ratios(results: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    """Ours to each other way in contacts a second, and to the ceiling in requests a second, with the start
    of a run and without; and in contacts per second of the processor.
    """
    ratios: dict[str, dict[str, float]] = {}
    for way, rows in results.items():
        if way == "ours":
            continue
        unit = "requests_per_second" if way == "ceiling" else "contacts_per_second"
        pairs = list(zip(results["ours"], rows, strict=True))
        ratios[way] = spread([ours[unit] / theirs[unit] for ours, theirs in pairs])
        without = [ours[f"{unit}_without_start"] / theirs[unit] for ours, theirs in pairs]
        ratios[f"{way}, without start"] = spread(without)
        per_second = [theirs["cpu_ms_per_contact"] / ours["cpu_ms_per_contact"] for ours, theirs in pairs]
        ratios[f"{way}, processor"] = spread(per_second)
    return ratios


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, lowest and highest."""
    return {
        "median": round(median(values), 3),
        "lowest": round(min(values), 3),
        "highest": round(max(values), 3),
    }

"""How long one decision takes, on one core, with zones cached: `python -m tests.bench.decision_speed`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from statistics import median, quantiles
from time import perf_counter_ns

from outreach.compliance import Facts, Gate
from outreach.contacts import Channels, Contact
from outreach.settings import CampaignSettings, FrequencyCap

BAR_MICROSECONDS = 150
"""The median must stay below."""

ROUNDS = 20
NOW = datetime(2026, 7, 14, 16, 30, tzinfo=timezone.utc)
_AREAS = ("212", "213", "312", "305", "205", "401", "215", "808", "602", "416", "709", "876", "800")
_ABROAD = ("+33612345678", "+4930123456", "+61412345678", "+819012345678", "+919812345678", "+442071838750")
_GATES = {
    "default hours": CampaignSettings(),
    "every pack, two caps": CampaignSettings(
        rules=("us-federal", "us-states", "ca", "fr", "eu-default"),
        caps=(FrequencyCap(contacts=2, hours=24), FrequencyCap(contacts=5, hours=168)),
    ),
}


def measure() -> dict[str, object]:
    """Microseconds per decision: median and 99th percentile, per set of rules, and for the explanation."""
    results: dict[str, object] = {}
    for name, settings in _GATES.items():
        results[name] = _time(Gate(settings).decide)
    results["a number seen for the first time"] = _time_new_numbers(Gate(_GATES["every pack, two caps"]))
    results["explained"] = _time(Gate(_GATES["every pack, two caps"]).explain)
    medians = [
        entry["median"] for name, entry in results.items() if isinstance(entry, dict) and name in _GATES
    ]
    return {
        "what": "microseconds per decision, one core, zones cached",
        **results,
        "bar": BAR_MICROSECONDS,
        "passed": max(medians) < BAR_MICROSECONDS,
    }


def _time(decide: Callable[[Contact, Facts, datetime], object]) -> dict[str, float]:
    contacts = _contacts()
    facts = Facts(recent=tuple(NOW - timedelta(hours=hours) for hours in (30, 90, 200)))
    for contact in contacts:
        decide(contact, facts, NOW)
    taken = []
    for _ in range(ROUNDS):
        for contact in contacts:
            start = perf_counter_ns()
            decide(contact, facts, NOW)
            taken.append((perf_counter_ns() - start) / 1000)
    return {
        "median": round(median(taken), 1),
        "p99": round(quantiles(taken, n=100)[98], 1),
        "decisions": len(taken),
    }


def _time_new_numbers(gate: Gate) -> dict[str, float]:
    """The same people's neighbours: hours are known, their numbers are not."""
    taken = []
    for contact in _contacts():
        gate.decide(contact, Facts(), NOW)
    for contact in _contacts("556"):
        start = perf_counter_ns()
        gate.decide(contact, Facts(), NOW)
        taken.append((perf_counter_ns() - start) / 1000)
    return _summarise(taken)


def _summarise(taken: list[float]) -> dict[str, float]:
    return {
        "median": round(median(taken), 1),
        "p99": round(quantiles(taken, n=100)[98], 1),
        "decisions": len(taken),
    }


def _contacts(exchange: str = "555") -> list[Contact]:
    """A thousand people in some forty zones, by number, ZIP code and stated zone."""
    numbers = [f"+1{area}{exchange}01{n:02}" for area in _AREAS for n in range(70)] + list(_ABROAD) * 15
    return [
        Contact(
            external_contact_id=f"bench-{n}",
            name="Bench",
            channels=Channels(sms=number, voice=number, email=f"bench-{n}@example.com" if n % 3 else None),
            postal_code=f"{n * 97 % 99999:05}" if n % 5 == 0 else None,
            time_zone="America/Denver" if n % 7 == 0 else None,
        )
        for n, number in enumerate(numbers)
    ]


def main() -> None:
    """Print the measurement as one JSON object."""
    print(json.dumps(measure(), indent=2))


if __name__ == "__main__":
    main()

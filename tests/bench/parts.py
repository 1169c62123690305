"""The parts of the bench by name: what each measures, and smaller numbers for a quick look."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from typing import Any

from tests.bench import (
    contest,
    decision_speed,
    emulator_speed,
    format_reading,
    growth,
    hanging_receiver,
    large_ledger,
    ledger_loading,
    limits,
    routes,
    sender_rates,
    start_end,
    text_speed,
    tokens,
    triggered,
    webhook_speed,
)
from tests.bench.machine import load_now
from tests.bench.site import Site

Part = Callable[[Site, bool], Any]
"""Takes the site, and whether to be quick."""


def _measure_contest(setting: contest.Setting, site: Site, is_quick: bool) -> Any:  # noqa: FBT001 - a Part
    """Everybody side by side."""
    if is_quick:
        return contest.hold(site, setting, rounds=1, part=0.1)
    return contest.hold(site, setting)


def measure_tokens(site: Site, is_quick: bool) -> Any:  # noqa: FBT001 - a Part
    """Ten tokens against one, and against an earlier build."""
    return tokens.measure(25.0 if is_quick else limits.SECONDS, site.before)


def measure_limits(_site: Site, is_quick: bool) -> Any:  # noqa: FBT001 - a Part
    """At the published limits."""
    return limits.measure(25.0 if is_quick else limits.SECONDS)


def measure_senders(_site: Site, is_quick: bool) -> Any:  # noqa: FBT001 - a Part
    """Three senders with rates of their own, beside one."""
    return sender_rates.measure(25.0 if is_quick else limits.SECONDS)


def measure_routes(_site: Site, is_quick: bool) -> Any:  # noqa: FBT001 - a Part
    """A call for each person, and Genesys' own engine: requests by SMS, pace by e-mail."""
    return routes.measure(200, 200, 25.0) if is_quick else routes.measure()


def measure_growth(site: Site, is_quick: bool) -> Any:  # noqa: FBT001 - a Part
    """1,000, 10,000 and 100,000 people."""
    return growth.measure(site, (200, 1_000) if is_quick else growth.SIZES)


def measure_loading(site: Site, is_quick: bool) -> Any:  # noqa: FBT001 - a Part
    """A million rows into the ledger, beside an earlier build; each format beside what others read it by."""
    load, few = load_now(), 2_000
    loaded = ledger_loading.measure(20_000 if is_quick else ledger_loading.ROWS, site.before)
    if site.before:
        loaded["times_before"] |= (
            ledger_loading.compare(site.before, few, 1) if is_quick else ledger_loading.compare(site.before)
        )
    formats = format_reading.measure(few, few) if is_quick else format_reading.measure()
    return {**loaded, "formats": formats, "machine_load": [load, load_now()]}


def measure_hanging_receiver(site: Site, is_quick: bool) -> Any:  # noqa: FBT001 - a Part
    """A CRM that never answers."""
    if is_quick:
        return hanging_receiver.measure(site, 200, 1)
    return hanging_receiver.measure(site)


def measure_start(site: Site, is_quick: bool) -> Any:  # noqa: FBT001 - a Part
    """Start and end of commands, beside an empty flow and an earlier build; a contact by Prefect's API."""
    commands = start_end.measure(site, 1 if is_quick else start_end.ROUNDS)
    return {**commands, "triggered": triggered.measure(site, 1 if is_quick else triggered.ROUNDS)}


def measure_ledger(site: Site, is_quick: bool) -> Any:  # noqa: FBT001 - a Part
    """Commands that go through a whole ledger, beside an earlier build."""
    if is_quick:
        return large_ledger.measure(site, 500, 1)
    return large_ledger.measure(site)


def measure_webhooks(_site: Site, is_quick: bool) -> Any:  # noqa: FBT001 - a Part
    """Events a second to a local receiver."""
    count = 500 if is_quick else 5000
    speeds = []
    for _ in range(1 if is_quick else 5):
        with webhook_speed.in_a_ledger(count) as outbox:
            speeds.append(webhook_speed.measure(outbox, count))
    return {
        "events": count,
        "events_per_second": median(speed["events_per_second"] for speed in speeds),
        "cpu_ms_per_event": median(speed["cpu_ms_per_event"] for speed in speeds),
    }


def measure_emulator(_site: Site, is_quick: bool) -> Any:  # noqa: FBT001 - a Part
    """Sends a second, by raw sockets, so that the emulator is never what a benchmark measures."""
    return [emulator_speed.measure(1000 if is_quick else 20_000, depth) for depth in emulator_speed.DEPTHS]


def measure_decisions(_site: Site, _quick: bool) -> Any:  # noqa: FBT001 - a Part
    """Microseconds for a decision."""
    return decision_speed.measure()


def measure_texts(_site: Site, _quick: bool) -> Any:  # noqa: FBT001 - a Part
    """Filled texts a second."""
    return text_speed.measure()


def measure_never_twice(_site: Site, _quick: bool) -> Any:  # noqa: FBT001 - a Part
    """The official SDK in a plain loop and ours, on the same faults: who contacts people twice."""
    if find_spec("tests.bench.never_twice") is None:
        return None
    return import_module("tests.bench.never_twice").measure()


PARTS: dict[str, Part] = {
    "decisions": measure_decisions,
    "texts": measure_texts,
    "emulator": measure_emulator,
    "webhooks": measure_webhooks,
    "never_twice": measure_never_twice,
    **{setting.name: partial(_measure_contest, setting) for setting in contest.SETTINGS},
    "start": measure_start,
    "hanging_receiver": measure_hanging_receiver,
    "loading": measure_loading,
    "ledger": measure_ledger,
    "limits": measure_limits,
    "tokens": measure_tokens,
    "senders": measure_senders,
    "routes": measure_routes,
    "growth": measure_growth,
}

_LONG = ("platform-50", "platform-300", "guide-0", "start", "ledger")
QUICK = tuple(name for name in PARTS if name not in _LONG)
"""What a quick look leaves out to stay quick."""

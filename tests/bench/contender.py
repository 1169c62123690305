"""One contender at work, in a process of its own, held to the cores that the emulator leaves: see `job`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.bench.accounting import Accountant
from tests.bench.boundaries import base, set_boundaries, set_first_boundaries
from tests.bench.job import Job
from tests.bench.machine import cores, hold_to, peak_megabytes
from tests.support.emulator_server import EmulatorControl

Go = Callable[[], dict[str, Any] | None]
"""The work itself, ready to start: what is done before (imports, connections, blocks) is not measured."""

WAYS = {
    "ours": "campaign",
    "tutorial": "tutorial",
    "sdk": "official_sdk",
    "sdk_threads": "official_sdk",
    "naive_prefect": "naive_prefect",
    "ceiling": "ceiling",
}


def main() -> None:
    """Prepare, run, and say how long it took and what the emulator saw of it."""
    job = Job(**json.loads(sys.argv[1]))
    hold_to(0, cores()[0])
    genesys = EmulatorControl()
    genesys.url = job.url
    accounts: list[dict[str, Any]] = []
    accountant = Accountant(base) if job.accounted else None
    if accountant:
        set_first_boundaries(accountant)
    way = import_module(f"tests.bench.ways.{WAYS[job.way]}")
    if accountant:
        set_boundaries(accountant)
    with way.prepare(job) as go:
        accounts += [accountant.read()] if accountant else []
        before = _seen(genesys)
        began, cpu = time.perf_counter(), time.process_time()
        more = go()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        accounts += [accountant.read()] if accountant else []
        after = _seen(genesys)
    seen = {name: after[name] - before[name] for name in after}
    if seen["contacted"] != job.contacts:
        raise SystemExit(f"{job.way} contacted {seen['contacted']} of {job.contacts}")
    measured = {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_megabytes": peak_megabytes(),
        "accounts": accounts,
    }
    print(json.dumps({**measured, **seen, **(more or {})}))


def _seen(genesys: EmulatorControl) -> dict[str, int]:
    return {
        "genesys_requests": genesys.metrics()["requests"],
        "webhooks": genesys.webhooks(summary=True)["count"],
        "contacted": genesys.truth(summary=True)["count"],
    }


if __name__ == "__main__":
    main()

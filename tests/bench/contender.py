"""One contender at work, in a process of its own, held to the cores that the emulator leaves: see `job`."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.bench.job import Job
from tests.bench.machine import cores, hold_to
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
    way = import_module(f"tests.bench.ways.{WAYS[job.way]}")
    genesys = EmulatorControl()
    genesys.url = job.url
    with way.prepare(job) as go:
        before = _seen(genesys)
        began, cpu = time.perf_counter(), time.process_time()
        more = go()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        after = _seen(genesys)
    seen = {name: after[name] - before[name] for name in after}
    if seen["contacted"] != job.contacts:
        raise SystemExit(f"{job.way} contacted {seen['contacted']} of {job.contacts}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    measured = {"seconds": seconds, "cpu_seconds": cpu, "peak_megabytes": peak}
    print(json.dumps({**measured, **seen, **(more or {})}))


def _seen(genesys: EmulatorControl) -> dict[str, int]:
    return {
        "genesys_requests": genesys.metrics()["requests"],
        "webhooks": genesys.webhooks(summary=True)["count"],
        "contacted": genesys.truth(summary=True)["count"],
    }


if __name__ == "__main__":
    main()

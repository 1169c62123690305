"""One contender at work, in a process of its own, held to the cores that the emulator leaves: see `job`."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from tests.bench.job import Job
from tests.bench.machine import cores, hold_to, peak_megabytes
from tests.bench.sampling import Sampler
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
    sampled: list[dict[str, float]] = []
    with contextlib.ExitStack() as prepared:
        with _sampling(job, sampled):
            way = import_module(f"tests.bench.ways.{WAYS[job.way]}")
            go = prepared.enter_context(way.prepare(job))
        before = _seen(genesys)
        with _sampling(job, sampled):
            began, cpu = time.perf_counter(), time.process_time()
            more = go()
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        after = _seen(genesys)
    seen = {name: after[name] - before[name] for name in after}
    if seen["contacted"] != job.contacts:
        raise SystemExit(f"{job.way} contacted {seen['contacted']} of {job.contacts}")
    measured = {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_megabytes": peak_megabytes(),
        "sampled": sampled,
    }
    print(json.dumps({**measured, **seen, **(more or {})}))


@contextlib.contextmanager
def _sampling(job: Job, sampled: list[dict[str, float]]) -> Iterator[None]:
    """Add to `sampled` where the block's processor time went, if that is asked for."""
    if not job.sampled:
        yield
        return
    with Sampler() as sampler:
        yield
    sampled.append(dict(sampler.steps))


def _seen(genesys: EmulatorControl) -> dict[str, int]:
    return {
        "genesys_requests": genesys.metrics()["requests"],
        "webhooks": genesys.webhooks(summary=True)["count"],
        "contacted": genesys.truth(summary=True)["count"],
    }


if __name__ == "__main__":
    main()

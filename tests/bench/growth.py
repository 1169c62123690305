"""Growth: whole campaigns of 1,000, 10,000 and 100,000 people, each in a process of its own.

Time per contact, peak memory of the process that runs the flow, and task runs as Prefect's API counts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.bench.site import Site
from tests.support.task_runs import count_task_runs

SIZES = (1_000, 10_000, 100_000)


def measure(site: Site, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Each size once, and how much the last takes per contact compared with the one before."""
    rows = [_run(site, size) for size in sizes]
    last, before = rows[-1], rows[-2]
    return {
        "campaigns": rows,
        **({"before": [_run(site, size, "before") for size in sizes]} if site.before else {}),
        "last_to_the_one_before": round(last["ms_per_contact"] / before["ms_per_contact"], 3),
        "cpu_last_to_the_one_before": round(last["cpu_ms_per_contact"] / before["cpu_ms_per_contact"], 3),
    }


def _run(site: Site, size: int, way: str = "ours") -> dict[str, Any]:
    site.clear()
    result = site.run(way, "platform", size)
    return {
        "contacts": size,
        "seconds": round(result["seconds"], 1),
        "ms_per_contact": round(result["seconds"] / size * 1000, 3),
        "ms_per_contact_without_start": round((result["seconds"] - result["start_seconds"]) / size * 1000, 3),
        "cpu_ms_per_contact": round(result["cpu_seconds"] / size * 1000, 3),
        "peak_megabytes": round(result["peak_megabytes"], 1),
        "task_runs": count_task_runs(site.prefect, result["campaign"]),
        "genesys_requests_per_contact": round(result["genesys_requests"] / size, 4),
    }

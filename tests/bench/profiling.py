"""`make profile`: processor time by step, of a contact and of a run's start and end, into `docs/bench`."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from tests.bench.job import run_job
from tests.bench.machine import load_now
from tests.bench.site import open_site

PAGE = Path(__file__).parents[2] / "docs" / "bench" / "profile.md"
CONTACTS = 3000
LEAST = 0.01
"""The share below which a step stands under `else`."""


def main() -> None:
    """Contact people once without accounts and once with, and write the page."""
    contacts = int(sys.argv[1]) if len(sys.argv) > 1 else CONTACTS
    logging.disable(logging.WARNING)
    with open_site() as site:
        site.clear()
        plain = run_job(site.job("ours", "platform", contacts))["cpu_seconds"]
        site.clear()
        start, both = run_job(replace(site.job("ours", "platform", contacts), accounted=True))["accounts"]
    PAGE.write_text("\n".join(_lines(contacts, plain, start, both)) + "\n")
    print(PAGE.read_text())


def _lines(contacts: int, plain: float, start: Mapping[str, Any], both: Mapping[str, Any]) -> Iterator[str]:
    campaign = {name: Counter(both[name]) for name in ("seconds", "entered")}
    for name, counts in campaign.items():
        counts.subtract(start[name])
    yield "# Where the time goes"
    yield ""
    yield (
        "Written by `make profile`: processor time of the process that contacts, at 0 ms latency, while "
        f"{load_now()} processes wanted a core: each of them makes caches colder and waits longer. "
        f"Without accounts a contact took {plain / contacts * 1000:,.3f} ms. To enter a step takes the "
        f"accountant {both['cost'] * 1e6:.1f} microseconds, which stand in the step and around it: "
        f"{both['cost'] * campaign['entered'].total() / contacts * 1000:,.3f} ms of a contact below."
    )
    yield ""
    yield f"## A contact ({contacts:,} by SMS, webhooks included, the run's start and end among them)"
    yield from _table(campaign, contacts)
    yield ""
    yield "## Start and end (imports, and two runs for one person each, until the second has ended)"
    yield from _table(start, 1)


def _table(account: Mapping[str, Mapping[str, float]], shared_by: int) -> Iterator[str]:
    steps, entered = account["seconds"], account["entered"]
    total = sum(steps.values())
    kept = {step: spent for step, spent in steps.items() if spent >= LEAST * total}
    kept["else"] = kept.get("else", 0.0) + total - sum(kept.values())
    yield ""
    yield "| Step | ms | Share | Entered |"
    yield "|---|---|---|---|"
    for step, spent in sorted(kept.items(), key=itemgetter(1), reverse=True):
        times = f"{entered[step] / shared_by:,.1f}" if step in entered else ""
        yield f"| {step} | {spent / shared_by * 1000:,.3f} | {spent / total:.0%} | {times} |"
    yield f"| all | {total / shared_by * 1000:,.3f} | 100% | |"


if __name__ == "__main__":
    main()

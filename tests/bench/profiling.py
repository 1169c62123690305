"""`make profile`: processor time by step, of a contact and of a run's start and end, into `docs/bench`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from operator import itemgetter
from pathlib import Path

from tests.bench.job import run_job
from tests.bench.machine import load_now
from tests.bench.site import open_site

PAGE = Path(__file__).parents[2] / "docs" / "bench" / "profile.md"
CONTACTS = 3000
LEAST = 0.01
"""The share below which a step stands under `else`."""


def main() -> None:
    """Contact people once, and write the page."""
    contacts = int(sys.argv[1]) if len(sys.argv) > 1 else CONTACTS
    logging.disable(logging.WARNING)
    with open_site() as site:
        site.clear()
        result = run_job(replace(site.job("ours", "platform", contacts), sampled=True))
    start, campaign = result["sampled"]
    PAGE.write_text("\n".join(_lines(contacts, start, campaign)) + "\n")
    print(PAGE.read_text())


def _lines(contacts: int, start: Mapping[str, float], campaign: Mapping[str, float]) -> Iterator[str]:
    yield "# Where the time goes"
    yield ""
    yield (
        "Written by `make profile`: processor time of the process that contacts, at 0 ms latency, while "
        f"{load_now()} processes wanted a core: each of them makes caches colder and waits longer. "
        "A thread beside the main one is seen where it lets others go on, so what it computed just before "
        "stands there too: much of what is said here of waiting and transport is the work around them."
    )
    yield ""
    yield f"## A contact ({contacts:,} by SMS, webhooks included, the run's start and end among them)"
    yield from _table(campaign, contacts)
    yield ""
    yield "## Start and end (imports, and two runs for one person each, until the second has ended)"
    yield from _table(start, 1)


def _table(steps: Mapping[str, float], shared_by: int) -> Iterator[str]:
    total = sum(steps.values())
    kept = {step: spent for step, spent in steps.items() if spent >= LEAST * total}
    kept["else"] = kept.get("else", 0.0) + total - sum(kept.values())
    yield ""
    yield "| Step | ms | Share |"
    yield "|---|---|---|"
    for step, spent in sorted(kept.items(), key=itemgetter(1), reverse=True):
        yield f"| {step} | {spent / shared_by * 1000:,.3f} | {spent / total:.0%} |"
    yield f"| all | {total / shared_by * 1000:,.3f} | 100% |"


if __name__ == "__main__":
    main()

"""Loading a large CSV into the ledger: rows a second and peak memory, in a process of its own.

Phone and e-mail are checked, each contact gets its row and its first audit record, the bad rows go to the
ledger and the rejects file. A second run over the same file shows what it costs to resume.
An earlier build loads and reads a smaller file in turn with ours.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from outreach.campaign.loading import load_source
from outreach.campaign.run import open_run
from outreach.ledger.opening import open_ledger
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from tests.bench.job import run_child
from tests.bench.loading_speed import _write, read_in_child
from tests.bench.machine import peak_megabytes
from tests.support.organisations import Organisation

ROWS = 1_000_000
ROWS_IN_TURN = 50_000
ROUNDS = 3


def measure(rows: int = ROWS) -> dict[str, Any]:
    """Load that many rows twice."""
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder, "contacts.csv"), rows)
        return run_child("ledger_loading", {"folder": folder})


def compare(before: Path, rows: int = ROWS_IN_TURN, rounds: int = ROUNDS) -> dict[str, Any]:
    """Rows per processor second of ours, as many times those of the checkout `before`, round by round."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder / "contacts.csv", rows)
        ledger, reading = [], []
        for number in range(rounds):
            builds = (before, None) if number % 2 else (None, before)
            loaded = {build: _load_anew(folder, build) for build in builds}
            read = {build: read_in_child(folder / "contacts.csv", build) for build in builds}
            ledger.append(loaded[None] / loaded[before])
            reading.append(read[before]["cpu_seconds"] / read[None]["cpu_seconds"])
    return {"rows": rows, "into the ledger": _spread(ledger), "reading alone": _spread(reading)}


def _load_anew(folder: Path, checkout: Path | None) -> float:
    for left in folder.glob("ledger.db*"):
        left.unlink()
    done = run_child("ledger_loading", {"folder": str(folder)}, checkout=checkout)
    return float(done["rows_per_cpu_second"])


def _spread(ratios: Sequence[float]) -> dict[str, float]:
    return {"median": median(ratios), "lowest": min(ratios), "highest": max(ratios)}


def _load(folder: Path) -> dict[str, Any]:
    began, cpu = time.perf_counter(), time.process_time()
    with (
        open_ledger(f"sqlite:///{folder / 'ledger.db'}") as ledger,
        open_run(ledger, Organisation(), "bench", CampaignSettings(message="Hello")) as run,
    ):
        loaded = load_source(run, open_source(str(folder / "contacts.csv")), folder / "rejects.csv")
    return {
        "rows": loaded.rows_read,
        "accepted": loaded.accepted,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu,
    }


def main() -> None:
    """In the child."""
    folder = Path(json.loads(sys.argv[1])["folder"])
    gc.set_threshold(10_000, 20, 20)  # as flows.opening does; importing it would bring Prefect's memory along
    first = _load(folder)
    peak = peak_megabytes()
    again = _load(folder)
    print(
        json.dumps(
            {
                "rows": first["rows"],
                "accepted": first["accepted"],
                "seconds": round(first["seconds"], 1),
                "rows_per_second": round(first["rows"] / first["seconds"]),
                "rows_per_cpu_second": round(first["rows"] / first["cpu_seconds"]),
                "peak_megabytes": peak,
                "seconds_again": round(again["seconds"], 2),
            }
        )
    )


if __name__ == "__main__":
    main()

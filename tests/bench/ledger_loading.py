"""Loading a large CSV into the ledger: rows a second and peak memory, in a process of its own.

Phone and e-mail are checked, each contact gets its row and its first audit record, the bad rows go to the
ledger and the rejects file. A second run over the same file shows what it costs to resume.
An earlier build loads the same file once, right after ours; a smaller one it loads, reads and decides on in
turn with ours: there the start of the process that reads weighs more. Processor time is that of all
processes; a list is read by one and written by another, so what binds on free cores is the busier of the two.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.ledger.opening import open_ledger
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from tests.bench.job import run_child
from tests.bench.loading_speed import _write, read_in_child
from tests.bench.machine import peak_megabytes, watched_children
from tests.bench.site import ROOT
from tests.bench.start_end import call
from tests.support.organisations import Organisation

ROWS = 1_000_000
ROWS_IN_TURN = 50_000
ROUNDS = 3


def measure(rows: int = ROWS, before: Path | None = None) -> dict[str, Any]:
    """Load that many rows twice, and by the clock as many times as fast as the checkout `before` does."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder / "contacts.csv", rows)
        ours = run_child("ledger_loading", {"folder": name})
        if before:
            theirs = _load_anew(folder, before)["clock"]
            ours["times_before"] = {
                f"into the ledger, {rows:,} rows, by clock": _spread(
                    [ours["rows"] / ours["seconds"] / theirs]
                )
            }
        return ours


def compare(before: Path, rows: int = ROWS_IN_TURN, rounds: int = ROUNDS) -> dict[str, Any]:
    """Rows per second of ours, as many times those of the checkout `before`, round by round.

    By the clock, by processor time, and by the processor time of the busier process.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder / "contacts.csv", rows)
        ledger: dict[str, list[float]] = {"clock": [], "processor": [], "busier process": []}
        reading, deciding = [], []
        for number in range(rounds):
            builds = (before, None) if number % 2 else (None, before)
            loaded = {build: _load_anew(folder, build) for build in builds}
            read = {build: read_in_child(folder / "contacts.csv", build) for build in builds}
            for measure_of, ratios in ledger.items():
                ratios.append(loaded[None][measure_of] / loaded[before][measure_of])
            reading.append(read[before]["cpu_seconds"] / read[None]["cpu_seconds"])
            decided = {build: _decide(folder, build) for build in builds}
            deciding.append(decided[before] / decided[None])
    spread = {f"into the ledger, by {name}": _spread(ratios) for name, ratios in ledger.items()}
    return {
        "rows": rows,
        **spread,
        "reading alone, by processor": _spread(reading),
        "dry run, by processor": _spread(deciding),
    }


def _decide(folder: Path, checkout: Path | None) -> float:
    """The processor seconds of a dry run, its start included."""
    arguments = ["-m", "cli.main", "run", str(folder / "contacts.csv"), "--campaign", "bench", "--dry-run"]
    # Where there is a server, it is asked for a block of the ledger.
    done = call([*arguments, "--json"], checkout or ROOT, folder, without=["PREFECT_API_URL"])
    return done["cpu_seconds"]


def _load_anew(folder: Path, checkout: Path | None) -> dict[str, float]:
    for left in folder.glob("ledger.db*"):
        left.unlink()
    done = run_child("ledger_loading", {"folder": str(folder)}, checkout=checkout)
    by_processor = float(done["rows_per_cpu_second"])  # all that an earlier build says: it has one process
    return {
        "clock": float(done["rows"] / done["seconds"]),
        "processor": by_processor,
        "busier process": float(done.get("rows_per_second_of_busier", by_processor)),
    }


def _spread(ratios: Sequence[float]) -> dict[str, float]:
    return {"median": median(ratios), "lowest": min(ratios), "highest": max(ratios)}


def _load(folder: Path) -> dict[str, Any]:
    began, cpu, others = time.perf_counter(), time.process_time(), _cpu_of_children()
    with (
        open_ledger(f"sqlite:///{folder / 'ledger.db'}") as ledger,
        open_run(ledger, Organisation(), "bench", CampaignSettings(message="Hello")) as run,
    ):
        loaded = load_source(run, open_source(str(folder / "contacts.csv")), folder / "rejects.csv")
    cpu, others = time.process_time() - cpu, _cpu_of_children() - others
    return {
        "rows": loaded.rows_read,
        "accepted": loaded.accepted,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": cpu + others,
        "busier_seconds": max(cpu, others),
    }


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """In the child."""
    folder = Path(json.loads(sys.argv[1])["folder"])
    with watched_children() as readers:
        first = _load(folder)
    peak = peak_megabytes()
    again = _load(folder)
    print(
        json.dumps(
            {
                "rows": first["rows"],
                "accepted": first["accepted"],
                "seconds": round(first["seconds"], 2),
                "rows_per_second": round(first["rows"] / first["seconds"]),
                "rows_per_cpu_second": round(first["rows"] / first["cpu_seconds"]),
                "rows_per_second_of_busier": round(first["rows"] / first["busier_seconds"]),
                "peak_megabytes": peak,
                "peak_megabytes_of_reader": max(readers, default=0.0),
                "seconds_again": round(again["seconds"], 2),
            }
        )
    )


if __name__ == "__main__":
    main()

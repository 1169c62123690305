"""Several workers, ledger and Prefect on PostgreSQL: one dies in mid-batch, nothing is lost or done twice.

Prefect's own database is SQLite where no PostgreSQL is installed, and the test says so: see `crew`.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.flows.crew import Servers, kill_a_worker, office_with, started, workers
from tests.flows.office import Office

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR is not set"),  # the wheel looks for a place of its own
]

BATCHES, SIZE = 4, 30
WORKERS = 3
BUDGET = 1200
"""Requests a minute: one worker's threads cannot use it up, three workers' can."""

LATENCY_MS = 300
THREADS = 3
TIGHT = 420
"""Requests a minute that one worker alone could use up: the limit binds."""

AFTER_FIRST, BEFORE_LAST = 10.0, 5.0
"""Seconds from the first contact, and to the last, that are not the steady part."""

BUSY = 2.5
"""Above so much load for each core, workers wait for the processor, not for the limit."""


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with started(tmp_path_factory.mktemp("prefect-of-workers")) as both:
        yield both


@pytest.fixture
def ledger(servers: Servers) -> str:
    return servers.postgres.new_database()


def campaign(
    office: Office, name: str, first: int, batches: int = BATCHES, size: int = SIZE, threads: int = THREADS
) -> tuple[dict[str, Any], float]:
    """Run it by the workers; its proof, and how long it took in seconds."""
    office_of = Office(name, office.prefect, office.genesys, office.folder)
    office_of.names = office.names
    source = office.source(batches * size, first=first)
    began = time.monotonic()
    proof = office_of.run(source, "work-pool", batch_size=size, threads=threads)
    return proof, time.monotonic() - began


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the parent of a process in /proc")
def test_three_workers_of_which_one_is_killed_beat_one_and_contact_everybody_once(
    servers: Servers, ledger: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = BATCHES * SIZE
    with office_with(servers, ledger, tmp_path, BUDGET, LATENCY_MS) as office:
        with workers(1, tmp_path / "one"):
            alone, seconds_alone = campaign(office, "one-worker", first=0)
        with workers(WORKERS, tmp_path / "three"):
            killer = threading.Thread(target=kill_a_worker, args=(office, ledger, people + 20))
            killer.start()
            together, seconds_together = campaign(office, "three-workers", first=people)
            killer.join()
        truth, spent = office.genesys.truth(), office.genesys.metrics()

    # Whom the killed process had an intent for, and never called, stays in doubt for a person's word.
    doubts = people - together["contacted"]
    with capsys.disabled():
        print(f"\n{servers.words}")
        print(f"{people} people by one worker: {seconds_alone:.1f} s")
        print(f"{people} people by three, of which one was killed: {seconds_together:.1f} s")
        twice, over = truth["contacted_twice_count"], spent["over_limit"]
        print(f"contacted twice {twice}, in doubt {doubts}, requests over the limit {over}")
    assert (alone["contacted"], alone["balanced"], together["balanced"]) == (people, True, True)
    assert doubts == together["unknown"] + together["states"].get("held", 0) <= 5 * THREADS
    assert truth["contacted_twice_count"] == 0
    assert 2 * people - doubts <= truth["count"] <= 2 * people
    assert spent["over_limit"] == 0
    assert seconds_together < seconds_alone


def test_where_the_limit_binds_three_workers_use_the_whole_budget_and_no_more(
    servers: Servers, ledger: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = WORKERS * 100
    with (
        office_with(servers, ledger, tmp_path, TIGHT, latency_ms=50) as office,
        workers(WORKERS, tmp_path / "tight"),
    ):
        proof, _ = campaign(office, "tight", first=0, batches=WORKERS, size=100, threads=8)
        seen, truth = office.genesys.metrics(timestamps=True), office.genesys.truth(limit=people)

    contacted = [datetime.fromisoformat(each["at"].replace("Z", "+00:00")) for each in truth["contacts"]]
    begin, end = min(contacted).timestamp() + AFTER_FIRST, max(contacted).timestamp() - BEFORE_LAST
    asked = [moment for token in seen["tokens"] for moment in token["timestamps"]]
    used = sum(begin <= moment < end for moment in asked) / (TIGHT * (end - begin) / 60)
    with capsys.disabled():
        print(f"\n{servers.words}: {used:.1%} of {TIGHT} requests a minute used over {end - begin:.0f} s")
    assert (proof["contacted"], proof["balanced"]) == (people, True)
    assert (seen["over_limit"], seen["too_many"], truth["contacted_twice_count"]) == (0, 0, 0)
    if os.getloadavg()[0] > BUSY * (os.cpu_count() or 1):
        pytest.skip("everything holds but the 95 %: other programs keep this machine busy")
    assert used >= 0.95

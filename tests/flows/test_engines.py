"""One campaign by threads, by worker processes, by Dask and by Ray: nobody twice, nobody lost, and how fast.

Slow calls bind here, not the budget: each process has few at once. `docs/workers.md` has the table.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.campaign import run_campaign
from tests.flows.crew import Servers, kill_a_worker, office_with, started, workers
from tests.flows.office import Office

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR is not set"),  # the wheel looks for a place of its own
]

PEOPLE, SIZE = 400, 100
THREADS, LATENCY_MS, BUDGET = 4, 300, 6000
"""Calls at once in a process, what each takes, and more requests a minute than anybody here makes."""

DOUBTS = 5 * THREADS
"""At most so many are in doubt after the death of a process: those whom it was about to contact."""

EXTRA = "prefect-{0} is not installed: pip install '.[{0}]'"

Engine = Callable[[Path], AbstractContextManager[Any]]
"""Yields a task runner, or None where the pool's workers do the work; takes a folder for logs."""


def by_threads(folder: Path) -> AbstractContextManager[Any]:
    return nullcontext(run_campaign.task_runner)


@contextlib.contextmanager
def by_workers(count: int, folder: Path) -> Iterator[None]:
    with workers(count, folder):
        yield


def by_dask(folder: Path) -> AbstractContextManager[Any]:
    module: Any = pytest.importorskip("prefect_dask", reason=EXTRA.format("dask"))
    cluster = {"n_workers": 2, "threads_per_worker": 4, "dashboard_address": None}
    return nullcontext(module.DaskTaskRunner(cluster_kwargs=cluster))


def by_ray(folder: Path) -> AbstractContextManager[Any]:
    module: Any = pytest.importorskip("prefect_ray", reason=EXTRA.format("ray"))
    return nullcontext(module.RayTaskRunner(init_kwargs={"num_cpus": 2, "include_dashboard": False}))


ENGINES: dict[str, tuple[Engine, bool, bool]] = {
    # name: the engine, whether one of its processes is killed, whether with its parent
    "threads": (by_threads, False, False),
    "Dask, 2 processes": (by_dask, False, False),
    "Dask, one killed": (by_dask, True, False),
    "Ray, 2 processes": (by_ray, False, False),
    "1 worker": (partial(by_workers, 1), False, False),
    "2 workers": (partial(by_workers, 2), False, False),
    "4 workers": (partial(by_workers, 4), False, False),
    "4 workers, one killed": (partial(by_workers, 4), True, True),
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with started(tmp_path_factory.mktemp("prefect-of-engines")) as both:
        yield both


@pytest.fixture(scope="module")
def office(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    ledger, folder = servers.postgres.new_database(), tmp_path_factory.mktemp("engines")
    with office_with(servers, ledger, folder, BUDGET, LATENCY_MS) as made:
        yield made


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_contacts_everybody_once_even_if_a_process_of_it_dies(
    office: Office, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    engine, is_killed, with_parent = ENGINES[name]
    order = list(ENGINES).index(name)
    folder = office.folder / str(order)
    before = office.genesys.truth(summary=True)["count"]
    with engine(folder) as runner:
        killer = threading.Thread(
            target=kill_a_worker,
            args=(office, office.ledger_url, before + PEOPLE // 4),
            kwargs={"with_parent": with_parent},
        )
        if is_killed:
            killer.start()
        source, began = office.source(PEOPLE, first=order * PEOPLE), time.monotonic()
        proof = run(office, source, f"engine-{order}", runner)
        seconds = time.monotonic() - began
        if is_killed:
            killer.join()

    truth = office.genesys.truth(limit=PEOPLE * len(ENGINES))
    moments = sorted(moment(each["at"]) for each in truth["contacts"])[before:]
    doubts = PEOPLE - proof["contacted"]
    with capsys.disabled():
        steady = 60 * (len(moments) - 1) / (moments[-1] - moments[0])
        load = os.getloadavg()[0]
        print(
            f"\n| {name} | {seconds:.0f} s | {60 * len(moments) / seconds:.0f} | {steady:.0f} "
            f"| {truth['contacted_twice_count']} | {doubts} | {load:.1f} |"
        )
    assert (proof["balanced"], truth["contacted_twice_count"]) == (True, 0)
    assert doubts == proof["unknown"] + proof["states"].get("held", 0)
    assert doubts <= (DOUBTS if is_killed else 0)
    assert PEOPLE - doubts <= len(moments) <= PEOPLE


def run(office: Office, source: str, name: str, runner: Any) -> dict[str, Any]:
    """The proof of a campaign by a task runner, or by the pool's workers."""
    settings = office.settings(batch_size=SIZE, threads=THREADS)
    parameters: dict[str, Any] = {**office.names, "settings": settings}
    if runner is None:
        parameters["dispatch"] = "work-pool"
        flow: Any = run_campaign
    else:
        flow = run_campaign.with_options(task_runner=runner)
    proof: dict[str, Any] = flow(source, name, **parameters)
    return proof


def moment(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()

"""How long somebody waits who has one person contacted by Prefect's API, beside an empty flow.

From `create_flow_run` of the deployment `contact-one/contact` to the contact, and of an empty flow's
deployment to its end, on one process worker that has nothing else to do, in turn. Each run is a process of
its own, and each contact a campaign of its own. The worker asks often, so that what it waits between its
questions, which is luck, stays small beside the rest, and the next run waits for the end of the last one's
process. Processor time, which others on the machine change less, stands beside.

Both moments are those in which somebody else sees it: Prefect's server that the empty flow has completed, by
its clock, and Genesys the person's message, whose answer the ledger has a moment later.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType

from cli.processes import child
from deployments.production import POOL, deploy
from tests.bench.contest import spread
from tests.bench.job import people
from tests.bench.machine import load_now
from tests.bench.site import ROOT, Site
from tests.bench.start_end import COMPILED
from tests.bench.ways.campaign import save_blocks
from tests.bench.ways.empty import empty

ROUNDS = 15
BLOCK = "triggered"
ENV = {
    "PREFECT_WORKER_QUERY_SECONDS": "0.2",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PYTHONPATH": str(ROOT),
    **COMPILED,
}
DIRECT = {"command": f"{sys.executable} -m flows"}
"""The job variable by which a worker begins a run without Prefect's first Python: see `flows/__main__.py`."""
PATIENCE_SECONDS = 300.0


def measure(site: Site, rounds: int = ROUNDS) -> dict[str, Any]:
    """Seconds from the request, of an empty flow and of a contact, and the one in times the other."""
    load, folder = load_now(), site.folder / BLOCK
    folder.mkdir()
    site.clear(message_seconds=0.0)
    save_blocks(site.job("ours", "platform", 2 * rounds), BLOCK, folder)
    deploy()
    _deploy_empty()
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
    seen: dict[str, list[float]] = defaultdict(list)
    with child(command, folder / "worker.log", ENV) as worker, get_client(sync_client=True) as client:
        for number in range(rounds + 1):
            before = _spent(worker.pid)
            nothing = _run(client, "empty/empty", {})
            between = _spent(worker.pid)
            asked, ended = _contact(client, folder, 2 * number)
            after = _spent(worker.pid)
            at_once, _ = _contact(client, folder, 2 * number + 1, DIRECT)
            last = _spent(worker.pid)
            if number:  # the first of each also waits for the worker, and compiles what it imports
                seen["empty"].append(nothing)
                seen["contact"].append(asked)
                seen["contact's run"].append(ended)
                seen["times_empty"].append(asked / nothing)
                seen["empty, processor"].append(between - before)
                seen["contact's run, processor"].append(after - between)
                seen["contact, begun directly"].append(at_once)
                seen["times_empty, begun directly"].append(at_once / nothing)
                seen["contact's run, begun directly, processor"].append(last - after)
    figures = {name: spread(values) for name, values in seen.items()}
    return {**figures, "machine_load": [load, load_now()]}


def _spent(worker: int) -> float:
    """Processor seconds of all runs so far, once the last one's process has ended."""
    while any(path.read_text() for path in Path(f"/proc/{worker}/task").glob("*/children")):
        time.sleep(0.05)
    fields = Path(f"/proc/{worker}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _deploy_empty() -> None:
    made = RunnerDeployment.from_flow(
        empty, name="empty", work_pool_name=POOL, entrypoint_type=EntrypointType.MODULE_PATH
    )
    made.apply()


def _contact(
    client: SyncPrefectClient, folder: Path, number: int, job: Mapping[str, str] | None = None
) -> tuple[float, float]:
    """Seconds until a person was contacted, and until their run had ended."""
    person = people(number + 1)[number]
    given = {
        "contact": {
            "external_contact_id": person.external_contact_id,
            "name": person.name,
            "sms": person.sms,
        },
        "campaign": f"triggered-{number}",
        **dict.fromkeys(("genesys", "senders", "webhook", "ledger"), BLOCK),
        "settings": {"message": "Hello", "hours_bind": [], "output": str(folder)},
    }
    began = time.time()
    ended = _run(client, "contact-one/contact", given, job)
    with sqlite3.connect(folder / "ledger.db") as ledger:
        (contacted,) = ledger.execute("SELECT max(started_at) FROM contacts").fetchone()
    return contacted / 1e6 - began, ended


def _run(
    client: SyncPrefectClient,
    deployment: str,
    parameters: Mapping[str, Any],
    job: Mapping[str, str] | None = None,
) -> float:
    """Seconds from the request for a run to its end.

    Raises:
        RuntimeError: it did not complete, or not in time.
    """
    known = client.read_deployment_by_name(deployment).id
    began = time.time()
    made = client.create_flow_run_from_deployment(
        known, parameters=dict(parameters), job_variables=dict(job) if job else None
    )
    while (until := _end(client, made.id)) is None:
        if time.time() - began > PATIENCE_SECONDS:
            raise RuntimeError(f"{deployment} has not ended in {PATIENCE_SECONDS:.0f} s.")
        time.sleep(0.2)
    return until - began


def _end(client: SyncPrefectClient, run: UUID) -> float | None:
    state = client.read_flow_run(run).state
    if state is None or not state.is_final():
        return None
    if not state.is_completed():
        raise RuntimeError(f"The run ended {state.name}: {state.message}")
    return state.timestamp.timestamp()

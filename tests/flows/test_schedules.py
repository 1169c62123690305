"""A schedule fires by itself: the server makes its runs, a worker carries them out, they end Completed."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client

from cli.next_runs import find_next_runs
from cli.processes import child
from deployments.production import _make_pool
from deployments.registry import DEPLOYMENTS, build
from tests.flows.office import Office

OFTEN = timedelta(seconds=5)
WAIT_SECONDS = 120.0
ENV = {"PREFECT_WORKER_QUERY_SECONDS": "1"}  # Prefect's own is fifteen


@contextlib.contextmanager
def scheduled(office: Office, name: str, **parameters: object) -> Iterator[UUID]:
    """The deployment `name` with its schedule switched on, but every few seconds, and a worker for it."""
    ours = next(each for each in DEPLOYMENTS if each.name == name)
    wanted = build(replace(ours, name=office.name, every=OFTEN), pool=office.name, paused=False)
    wanted.parameters = parameters
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", office.name, "--limit", "1"]
    with get_client(sync_client=True) as client:
        _make_pool(client, office.name)
        wanted.apply()
        deployment = client.read_deployment_by_name(wanted.full_name).id
        try:
            with child(command, office.folder / "worker.log", ENV):
                yield deployment
        finally:
            client.delete_deployment(deployment)  # and the runs that still wait
            client.delete_work_pool(office.name)


def first_ended(office: Office, deployment: UUID) -> tuple[str, str]:
    """Type and message of the state in which the first run ended that nobody but the schedule asked for."""
    ended = {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}  # not what is left out while one runs
    query = {
        "deployments": {"id": {"any_": [str(deployment)]}},
        "flow_runs": {"state": ended},
        "sort": "END_TIME_DESC",
    }
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        for run in office.ask("/flow_runs/filter", query):
            assert run["auto_scheduled"]
            return run["state"]["type"], run["state"]["message"]
        time.sleep(0.3)
    made = office.ask("/flow_runs/count", {"deployments": query["deployments"]})
    log = (office.folder / "worker.log").read_text()
    pytest.fail(f"no scheduled run ended within {WAIT_SECONDS:.0f} s; the server made {made}\n{log}")


def test_what_the_crm_missed_is_delivered_by_the_schedule(office: Office) -> None:
    office.genesys.configure(webhook_answers=[{"status": 503, "probability": 1}])
    office.run(office.source(4), events=["contact_interaction_created"])
    office.genesys.configure(webhook_answers=[])

    names = {name: office.names[name] for name in ("webhook", "ledger")}
    with scheduled(office, "redeliver", **names, ignore_schedule=True) as deployment:
        state = first_ended(office, deployment)
        to_come = dict(find_next_runs(office.ask, most=1000))

    assert office.name in to_come
    assert state == ("COMPLETED", "4 delivered, 0 pending, 0 dead")
    assert office.genesys.webhooks()["accepted"] == 4

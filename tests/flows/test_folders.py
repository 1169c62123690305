"""A worker gives each run a temporary folder: nobody is contacted twice for it, files lie at home."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State

from cli.processes import child
from deployments.production import _make_pool
from deployments.registry import DEPLOYMENTS, build
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import prove
from tests.flows.office import LEDGER_KEY, Office

pytestmark = pytest.mark.slow

PEOPLE = 5
WAIT_SECONDS = 180.0


@pytest.fixture(autouse=True)
def new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are started here."""
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path / "new")


@contextlib.contextmanager
def worked(office: Office, home: Path) -> Iterator[str]:
    """The deployment of campaigns, and a process worker."""
    ours = next(each for each in DEPLOYMENTS if each.name == "campaign")
    wanted = build(ours, pool=office.name)
    wanted.name = office.name
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", office.name, "--type", "process"]
    env = {"PREFECT_WORKER_QUERY_SECONDS": "1", "OUTREACH_HOME": str(home)}
    with get_client(sync_client=True) as client:
        _make_pool(client, office.name)
        wanted.apply()
        try:
            with child(command, office.folder / "worker.log", env):
                yield wanted.full_name
        finally:
            client.delete_deployment(client.read_deployment_by_name(wanted.full_name).id)
            client.delete_work_pool(office.name)


def run(office: Office, deployment: str, source: str, **job: str) -> State[Any]:
    """One run of it, ended; `job` are variables of its job."""
    parameters = {**office.names, "source": source, "campaign": office.name, "settings": {"hours_bind": []}}
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name(deployment)
        made = client.create_flow_run_from_deployment(known.id, parameters=parameters, job_variables=job)
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            state = client.read_flow_run(made.id).state
            if state and state.is_final():
                return state
            time.sleep(0.3)
    pytest.fail(f"no run ended\n{(office.folder / 'worker.log').read_text()}")


def test_the_run_of_a_deployment_refuses_a_relative_ledger_and_contacts_nobody_twice(
    office: Office, tmp_path: Path
) -> None:
    office.save_ledger_as_a_form("sqlite:///outreach.db")

    with worked(office, tmp_path / "home") as deployment:
        states = [run(office, deployment, office.source(PEOPLE)) for _ in range(2)]

    truth = office.genesys.truth()
    assert truth["count"] == 0, f"{truth['count']} contacts for {PEOPLE} people"
    assert {state.type.value for state in states} == {"FAILED"}
    assert all("path is relative" in (state.message or "") for state in states)


def test_two_runs_in_temporary_folders_contact_nobody_twice_and_leave_their_files_at_home(
    office: Office, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    url = f"sqlite:///{home / 'ledger.db'}"
    office.save_ledger_as_a_form(url)
    rows = Path(office.source(PEOPLE)).read_text()
    (home / "contacts.csv").write_text(rows + "C-bad,Nobody,not a number,,America/New_York\n")

    with worked(office, home) as deployment:
        states = [run(office, deployment, "contacts.csv") for _ in range(2)]  # below home, as the docs say

    assert {state.type.value for state in states} == {"COMPLETED"}
    assert office.genesys.truth()["count"] == PEOPLE
    left = {file.name for file in (home / "out").iterdir()}
    latest = {f"{office.name}-{kind}" for kind in ("proof.json", "rejects.csv", "report.html")}
    assert latest <= left
    [kept] = left - latest
    assert kept.startswith(f"{office.name}-report-2")  # the first run's, by its instant
    with open_ledger(url, keys=[LEDGER_KEY]) as ledger:
        assert prove(ledger, find_campaign(ledger, office.name)).balanced


def test_a_run_that_begins_directly_contacts_everybody_and_leaves_its_files_at_home(
    office: Office, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    office.save_ledger_as_a_form(f"sqlite:///{home / 'ledger.db'}")

    with worked(office, home) as deployment:
        state = run(office, deployment, office.source(PEOPLE), command=f"{sys.executable} -m flows")

    assert state.type.value == "COMPLETED", state
    assert office.genesys.truth()["count"] == PEOPLE
    assert (home / "out" / f"{office.name}-report.html").is_file()

"""A run by Prefect's API, from the request to the finished proof, by curl alone."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from cli.processes import child
from tasks.artifact_keys import artifact_key
from tests.flows.curl import curl
from tests.flows.office import TUTORIAL, Office

WAIT_SECONDS = 120.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's own folder."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def served(prefect_api: str, home: Path) -> Iterator[str]:
    """The API, once `python -m deployments.local` serves every deployment there."""
    log = home / "serve.log"
    often = {
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "OUTREACH_HOME": str(home),
    }  # seconds; Prefect's own is ten
    with child([sys.executable, "-m", "deployments.local"], log, often) as process:
        until = time.monotonic() + WAIT_SECONDS
        while "Your deployments are being served" not in log.read_text() and time.monotonic() < until:
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
        yield prefect_api


def await_end(api: str, run_id: str) -> Any:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        run = curl(f"{api}/flow_runs/{run_id}")
        if run["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}:
            return run
        time.sleep(0.3)
    pytest.fail(f"the run is still {run['state']}")


def await_line(api: str, run_id: str, words: str) -> None:
    """Return once the core said so in the run's log: its lines are sent every few seconds."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        logs = curl(f"{api}/logs/filter", {"logs": {"flow_run_id": {"any_": [run_id]}}})
        if any(words in line["message"] for line in logs if line["name"].startswith("outreach.")):
            return
        time.sleep(0.3)
    pytest.fail(f"nothing in the log says {words!r}: {[line['name'] for line in logs]}")


def start(office: Office, deployment: str, **parameters: object) -> Any:
    settings = office.settings(lists_needed=False).model_dump(mode="json", exclude_defaults=True)
    parameters |= {"campaign": office.name, **office.names, "settings": settings}
    api = office.prefect
    found = curl(f"{api}/deployments/name/{deployment}")
    body = {"parameters": parameters, "idempotency_key": office.name, "tags": ["nightly"]}
    return curl(f"{api}/deployments/{found['id']}/create_flow_run", body)


def test_from_a_request_to_the_finished_proof_by_curl_alone(served: str, office: Office) -> None:
    office.genesys.configure(permissions_denied={"*": ["outbound:dncList:view", "outbound:dnc:view"]})
    source = office.source(20)

    made = start(office, "run-campaign/campaign", source=source)
    again = start(office, "run-campaign/campaign", source=source)
    run = await_end(served, made["id"])

    assert again["id"] == made["id"]
    assert "nightly" in run["tags"]
    assert run["state"]["message"] == "20 started, 0 deferred, 0 rejected, 0 unknown"
    key = f"proof-{artifact_key(office.name, office.name)}"
    query = {"artifacts": {"key": {"any_": [key]}, "flow_run_id": {"any_": [run["id"]]}}}
    proof = orjson.loads(curl(f"{served}/artifacts/filter", query)[0]["data"].strip("`json\n"))
    assert (proof["balanced"], proof["contacted"], proof["contacted_twice"]) == (True, 20, 0)
    assert office.genesys.truth()["count"] == 20
    await_line(served, run["id"], "not checkable")


def test_a_contact_sent_by_the_api_does_not_stay_in_prefect(served: str, office: Office) -> None:
    run = await_end(served, start(office, "contact-one/contact", contact=TUTORIAL)["id"])

    assert run["state"]["type"] == "COMPLETED", run["state"]
    assert run["parameters"]["contact"] == {"external_contact_id": TUTORIAL["external_contact_id"]}
    assert office.genesys.truth()["count"] == 1


def test_serving_leaves_schedules_off_until_a_person_switches_them_on(served: str) -> None:
    assert curl(f"{served}/deployments/name/run-campaign/campaign")["paused"]


def test_whoever_serves_keeps_the_runs_files_in_a_folder_of_their_own(served: str, home: Path) -> None:
    assert (home / "runner_storage").is_dir()

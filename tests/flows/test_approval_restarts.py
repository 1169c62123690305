"""A person takes their time: worker and server are killed meanwhile, and the one slot serves others."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.flow_runs import resume_flow_run

from cli.processes import child, free_port, pointed_to, wait_until_up
from deployments.production import POOL, deploy
from outreach.ledger.opening import open_ledger
from outreach.ledger.release import list_living_executors
from tests.flows.office import LEDGER_KEY, Office
from tests.flows.pointing import pointing_to
from tests.support.emulation import emulator

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="signals")]

PEOPLE, OTHERS = 8, 3
WAIT_SECONDS = 240.0

T = TypeVar("T")


@dataclass
class Place:
    """A Prefect server and a worker with one slot, each of which may be killed."""

    folder: Path
    port: int = field(default_factory=free_port)
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def start_server(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
        log = self.folder / "server.log"
        process = self.stack.enter_context(child([*command, "--port", str(self.port)], log, {}))
        wait_until_up("The Prefect server", f"{self.api}/health", process, log)
        return process

    def start_worker(self, name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
        log, env = self.folder / f"{name}.log", {"PREFECT_WORKER_QUERY_SECONDS": "1"}
        return self.stack.enter_context(child([*command, "--limit", "1", "--name", name], log, env))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    env = {
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": made.api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "OUTREACH_HOME": str(tmp_path / "home"),
    }
    with made.stack, pointed_to(env), pointing_to(made.api, is_up=False):
        yield made


@pytest.fixture
def office(place: Place) -> Iterator[Office]:
    with emulator(index_delay_seconds=0) as genesys:
        yield Office("restarts", place.api, genesys, place.folder)


def kill(process: subprocess.Popen[bytes]) -> None:
    """It and all that it started, at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def ask_for(office: Office, campaign: str, source: str) -> UUID:
    """A run of the campaign's deployment that needs an approval for more than five."""
    settings = office.settings(approve_above=5).model_dump(mode="json")
    parameters = {**office.names, "source": source, "campaign": campaign, "settings": settings}
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name("run-campaign/campaign")
        return client.create_flow_run_from_deployment(known.id, parameters=parameters).id


def wait_for(run: UUID, is_it: Callable[[State], bool], place: Place) -> State:
    until = time.monotonic() + WAIT_SECONDS
    with get_client(sync_client=True) as client:
        while time.monotonic() < until:
            state = client.read_flow_run(run).state
            if state and is_it(state):
                return state
            time.sleep(0.5)
    logs = "\n".join(each.read_text() for each in place.folder.glob("*.log"))
    pytest.fail(f"the run is {state and state.name} after {WAIT_SECONDS:.0f} s\n{logs[-5000:]}")


def test_an_approval_counts_after_worker_and_server_were_killed_and_holds_no_slot(
    place: Place, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    server = place.start_server()
    office.save_blocks()
    deploy()
    first = place.start_worker("first")
    run = ask_for(office, "waits", office.source(PEOPLE))
    asked = wait_for(run, lambda state: state.is_paused(), place)

    other = ask_for(office, "passes", office.source(OTHERS, first=PEOPLE))
    passed = wait_for(other, lambda state: state.is_final(), place)
    with open_ledger(f"sqlite:///{place.folder / 'ledger.db'}", keys=[LEDGER_KEY]) as ledger:
        working = list_living_executors(ledger)
    meanwhile = office.genesys.truth()["count"]
    kill(first)
    kill(server)
    place.start_server()
    resume_flow_run(run, {"approve": True, "by": "Ada"})
    began = time.monotonic()
    place.start_worker("second")
    ended = wait_for(run, lambda state: state.is_final(), place)

    with capsys.disabled():
        print(f"\nApproved and contacted {time.monotonic() - began:.0f} s after a worker lived again.")
    assert (asked.name, passed.type.value, meanwhile) == ("Suspended", "COMPLETED", OTHERS)
    assert not working, "a process waits"
    assert ended.type.value == "COMPLETED", ended.message
    truth = office.genesys.truth()
    assert (truth["count"], truth["contacted_twice_count"]) == (PEOPLE + OTHERS, 0)

"""Every way to stop and every way to run: nobody new leaves three seconds later, and running again goes on.

Counted at the far end, which answers slowly and has no limit. Each case prints its figures.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelling, Suspended

from cli.processes import child, prefect_server
from deployments.production import POOL, deploy
from outreach.ledger.executors.processes import born, is_gone
from outreach.settings import CampaignSettings
from tests.flows.office import Office
from tests.flows.pointing import pointing_to
from tests.support.emulation import emulator

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="signals")]

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the threads")

PEOPLE, SIZE = 400, 60
LATENCY_MS, THREADS = 800, 4
"""Five people a second by one process: unstopped, 400 take at least 80 seconds, by four processes 20."""

BEFORE_STOP = 12
GRACE_SECONDS, WATCHED_SECONDS, END_SECONDS = 3.0, 9.0, 90.0
ENV = {"PREFECT_WORKER_QUERY_SECONDS": "1", "PREFECT_RUNNER_POLL_FREQUENCY": "1"}


@dataclass
class Program:
    """A campaign under way: its process, and its run in Prefect."""

    process: subprocess.Popen[bytes]
    log: Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prefect_server(tmp_path_factory.mktemp("prefect-of-stops")) as api, pointing_to(api):
        yield api


@pytest.fixture(autouse=True)
def interruptible() -> None:
    """As from a terminal: what a script began with `&` ignores Ctrl-C, and Prefect's worker SIGTERM too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def office(server: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Office]:
    with emulator(latency_ms=LATENCY_MS, index_delay_seconds=0) as genesys:
        case = re.search(r"\[(.+)\]", request.node.name)
        name = f"stop-{case[1] if case else 'twice'}"
        made = Office(name, server, genesys, tmp_path)
        made.save_blocks()
        yield made


@contextlib.contextmanager
def terminal(office: Office) -> Iterator[Program]:
    """`outreach run` by hand."""
    settings = office.folder / "settings.json"
    settings.write_text(slow(office).model_dump_json())
    names = [part for kind, name in office.names.items() for part in (f"--{kind}", name)]
    command = [*OUTREACH, "run", office.source(PEOPLE), "--campaign", office.name, *names]
    log = office.folder / "terminal.log"
    with child([*command, "--settings", str(settings)], log, {}) as process:
        yield Program(process, log)


PART = """
import sys, orjson
from prefect import flow
from flows.campaign import run_campaign

@flow(name="outer", flow_run_name=sys.argv[1])
def outer():
    return run_campaign(**orjson.loads(sys.argv[2]), return_state=True)

outer(return_state=True)
"""


@contextlib.contextmanager
def part(office: Office) -> Iterator[Program]:
    """Called by somebody's own flow, by hand."""
    log = office.folder / "part.log"
    parameters = orjson.dumps(parameters_of(office, "here")).decode()
    with child([sys.executable, "-c", PART, f"outer-{office.name}", parameters], log, {}) as process:
        yield Program(process, log)


@contextlib.contextmanager
def serve(office: Office) -> Iterator[Program]:
    """Served by `python -m deployments.local`."""
    log = office.folder / "serve.log"
    with child([sys.executable, "-m", "deployments.local"], log, ENV) as process:
        time.sleep(3)
        ask_for_run(office, "here")
        yield Program(process, log)


@contextlib.contextmanager
def worker(office: Office, dispatch: str = "here") -> Iterator[Program]:
    """By a process worker."""
    deploy()
    with get_client(sync_client=True) as client:  # so that somebody can pause it
        client.resume_deployment(wait_for_deployment(client))
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
    log = office.folder / "worker.log"
    with child([*command, "--name", office.name, "--limit", "3"], log, ENV) as process:
        ask_for_run(office, dispatch)
        yield Program(process, log)


@contextlib.contextmanager
def work_pool(office: Office) -> Iterator[Program]:
    """Handed out batch by batch to a process worker."""
    with worker(office, "work-pool") as program:
        yield program


def parameters_of(office: Office, dispatch: str) -> dict[str, Any]:
    return {
        "source": office.source(PEOPLE),
        "campaign": office.name,
        **office.names,
        "settings": slow(office).model_dump(mode="json"),
        "dispatch": dispatch,
    }


def ask_for_run(office: Office, dispatch: str) -> None:
    """As the form does."""
    parameters = parameters_of(office, dispatch)
    with get_client(sync_client=True) as client:
        deployment = wait_for_deployment(client)
        client.create_flow_run_from_deployment(deployment, parameters=parameters, name=office.name)


def wait_for_deployment(client: SyncPrefectClient) -> UUID:
    """Whoever serves it needs a while."""
    until = time.monotonic() + END_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(ObjectNotFound):
            return client.read_deployment_by_name("run-campaign/campaign").id
        time.sleep(0.5)
    pytest.fail("nobody serves the deployment")


def slow(office: Office) -> CampaignSettings:
    return office.settings(threads=THREADS, batch_size=SIZE)


def cancel(office: Office, program: Program) -> None:
    """As the UI does."""
    [run] = [each for each in office.runs() if each["state"]["type"] == "RUNNING"]
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(UUID(run["id"]), Cancelling())


def cancel_outer(office: Office, program: Program) -> None:
    """The flow that the campaign is a part of, as the UI does."""
    name = {"flow_runs": {"name": {"any_": [f"outer-{office.name}"]}}}
    [run] = office.ask("/flow_runs/filter", name)
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(UUID(run["id"]), Cancelling())


def suspend(office: Office, program: Program) -> None:
    """*Pause* of the run's page in the UI."""
    [run] = [each for each in office.runs() if each["state"]["type"] == "RUNNING"]
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(UUID(run["id"]), Suspended(timeout_seconds=3600), force=True)


def stop_verb(office: Office, program: Program) -> None:
    """`outreach stop`."""
    done = subprocess.run(
        [*OUTREACH, "stop", office.name, "--ledger", office.names["ledger"]],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "contacted so far" in done.stdout


def ctrl_c(office: Office, program: Program) -> None:
    """The terminal sends it to all that it runs."""
    os.killpg(program.process.pid, signal.SIGINT)


def terminate(office: Office, program: Program) -> None:
    """`kill`, an orchestrator of containers, a shutdown."""
    program.process.send_signal(signal.SIGTERM)


def terminate_a_thread(office: Office, program: Program) -> None:
    """The same, handed to another thread than the first, as the kernel does now and then."""
    pid = program.process.pid
    threads = [int(each.name) for each in Path(f"/proc/{pid}/task").iterdir()]
    os.kill(max(threads), signal.SIGTERM)


def pause(office: Office, program: Program) -> None:
    """As the switch in the UI does."""
    with get_client(sync_client=True) as client:
        client.pause_deployment(wait_for_deployment(client))


def lose(office: Office, program: Program) -> None:
    """The process of the run that hands out batches is killed without a warning."""
    [run] = [each for each in office.runs() if each["state"]["type"] == "RUNNING"]
    pid = int(run["infrastructure_pid"].rpartition(":")[2])
    for each in (*children_of(pid), pid):
        os.kill(each, signal.SIGKILL)


def children_of(pid: int) -> list[int]:
    done = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in done.stdout.split()]


OUTREACH = [sys.executable, "-m", "cli.main"]
WAYS_TO_RUN = {"terminal": terminal, "serve": serve, "worker": worker, "work-pool": work_pool}
WAYS_TO_STOP = {"cancel": cancel, "verb": stop_verb, "ctrl-c": ctrl_c, "sigterm": terminate}
CASES = [
    pytest.param(run, stop, id=f"{name}-{way}")
    for name, run in WAYS_TO_RUN.items()
    for way, stop in WAYS_TO_STOP.items()
]
CASES += [
    pytest.param(terminal, terminate_a_thread, id="terminal-thread", marks=LINUX),
    pytest.param(worker, pause, id="worker-pause"),
    pytest.param(work_pool, lose, id="work-pool-lost"),
    pytest.param(part, cancel_outer, id="part-cancel"),
    pytest.param(terminal, suspend, id="terminal-suspend"),
    pytest.param(worker, suspend, id="worker-suspend"),
    pytest.param(work_pool, suspend, id="work-pool-suspend"),
]


@pytest.mark.parametrize(("run", "stop"), CASES)
def test_nobody_new_is_contacted_three_seconds_after_a_stop_and_the_next_run_goes_on(
    office: Office,
    run: Callable[[Office], contextlib.AbstractContextManager[Program]],
    stop: Callable[[Office, Program], None],
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    with run(office) as program:
        wait_until(lambda: contacted(office) >= BEFORE_STOP, program, seconds=240)
        family = family_of(program.process.pid)
        stop(office, program)
        at_stop, stopped = contacted(office), time.monotonic()
        time.sleep(GRACE_SECONDS)
        after_grace = contacted(office)
        time.sleep(WATCHED_SECONDS)
        later = contacted(office)
        # A worker, or who serves, that is ended itself kills its runs: "Running" until the next one of ours.
        is_killed = program.process.poll() is not None and run is not terminal
        wait_until(
            lambda: all(is_gone(*each) for each in family.items()) if is_killed else ended(office),
            program,
            END_SECONDS,
        )
        seconds = time.monotonic() - stopped
        states = sorted({each["state"]["name"] for each in office.runs()})
        message = office.runs()[0]["state"]["message"]
    with capsys.disabled():
        print(
            f"\n{request.node.callspec.id}: at the stop {at_stop}, after 3 s {after_grace}, later {later}; "
            f"ended within {seconds:.0f} s as {', '.join(states)}: {message}"
        )
    assert later == after_grace < PEOPLE
    assert contacted(office) == later

    check_the_next_run_goes_on(office)
    assert not {"RUNNING", "CANCELLING"} & {each["state"]["type"] for each in office.runs()}


def check_the_next_run_goes_on(office: Office) -> None:
    office.genesys.configure(latency_ms=0)
    proof = office.run(office.source(PEOPLE), threads=16)
    truth = office.genesys.truth()
    assert truth["contacted_twice_count"] == 0
    assert proof["balanced"]
    in_doubt = proof["unknown"] + proof["states"].get("held", 0)
    assert proof["contacted"] + in_doubt == PEOPLE
    assert in_doubt <= 2 * THREADS


def test_a_second_ctrl_c_ends_the_process_at_once_and_nobody_is_contacted_twice(office: Office) -> None:
    with terminal(office) as program:
        wait_until(lambda: contacted(office) >= BEFORE_STOP, program, seconds=240)
        program.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        program.process.send_signal(signal.SIGINT)
        assert program.process.wait(GRACE_SECONDS) == 130
    check_the_next_run_goes_on(office)


def contacted(office: Office) -> int:
    return int(office.genesys.truth(summary=True)["count"])


def ended(office: Office) -> bool:
    over = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED", "PAUSED"}
    return all(each["state"]["type"] in over for each in office.runs())


def family_of(pid: int) -> dict[int, str]:
    """The processes below one, each with when it began."""
    known = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
    below = {each: parent_of(each) for each in known}
    found = {pid}
    while more := {each for each, parent in below.items() if parent in found} - found:
        found |= more
    return {each: born(each) or "" for each in found - {pid}}


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended
        return 0


def wait_until(holds: Callable[[], bool], program: Program, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, program.log.read_text()[-3000:]
        time.sleep(0.1)

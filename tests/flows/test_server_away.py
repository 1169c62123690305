"""Prefect's server goes away while a campaign runs: the work is done and proven, and told at last."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from cli.processes import _say_the_last, free_port, past_proxies, pointed_to, wait_until_up
from deployments.production import deploy
from flows import telling
from tests.flows.crew import workers
from tests.flows.office import Office
from tests.flows.pointing import pointing_to
from tests.support.emulation import emulator

pytestmark = pytest.mark.slow

PEOPLE, BEFORE, MANY = 120, 12, 320
END_SECONDS = 300.0


class Server:
    """A Prefect server that can be killed, and started again with what it knew."""

    def __init__(self, home: Path) -> None:
        self.api = f"http://127.0.0.1:{(port := free_port())}/api"
        self.env = {
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            **past_proxies(),
        }
        self._log = home / "server.log"
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port"]
        self._command = [*command, str(port)]

    def start(self) -> None:
        with pointed_to(self.env), self._log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log)
        wait_until_up("Prefect", f"{self.api}/health", self.process, self._log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("prefect-that-goes"))
    made.start()
    try:
        with pointed_to(made.env), pointing_to(made.api):
            yield made
            _say_the_last()  # else this process asks for minutes, when it ends, for the server that is gone
    finally:
        made.kill()


@pytest.fixture
def office(server: Server, tmp_path: Path) -> Iterator[Office]:
    with emulator(latency_ms=300, index_delay_seconds=0) as genesys:
        made = Office("server-away", server.api, genesys, tmp_path)
        made.save_blocks()
        yield made


def wait_for_some(office: Office) -> None:
    until = time.monotonic() + END_SECONDS
    while office.genesys.truth(summary=True)["count"] < BEFORE:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_campaign_goes_on_without_the_server_and_the_next_run_tells_it(
    server: Server, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = office.folder / "settings.json"
    settings.write_text(office.settings(threads=4, batch_size=10).model_dump_json())  # most begin later
    names = [part for kind, name in office.names.items() for part in (f"--{kind}", name)]
    command = [sys.executable, "-m", "cli.main", "run", office.source(PEOPLE), "--campaign", office.name]
    run = subprocess.Popen(
        [*command, *names, "--settings", str(settings), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_some(office)
    server.kill()
    away, at_first = time.monotonic(), office.genesys.truth(summary=True)["count"]

    said, complaints = run.communicate(timeout=END_SECONDS)

    took = time.monotonic() - away
    with capsys.disabled():
        print(f"\nserver gone at {at_first} of {PEOPLE}; the run ended {took:.0f} s later, {run.returncode}")
    assert run.returncode == 0, complaints
    assert at_first < office.genesys.truth(summary=True)["count"] == PEOPLE
    assert orjson.loads(said)["balanced"]
    assert "was not told how the run ended: 120 started" in complaints
    assert "Traceback" not in complaints
    out = office.folder / "out"
    assert orjson.loads((out / f"{office.name}-proof.json").read_bytes())["contacted"] == PEOPLE
    assert (out / f"{office.name}-report.html").exists()

    server.start()
    assert [each["state"]["type"] for each in office.runs()] == ["RUNNING"]
    office.run(office.source(PEOPLE))

    assert {each["state"]["type"] for each in office.runs()} == {"COMPLETED"}
    assert "120 started" in min(office.runs(), key=lambda each: each["created"])["state"]["message"]
    assert '"contacted": 120' in office.artifact("proof")["data"]
    assert office.genesys.truth()["contacted_twice_count"] == 0
    assert not (out / f"{office.name}-untold.json").exists()


def wait_until_done(office: Office) -> None:
    until = time.monotonic() + END_SECONDS
    while not (office.folder / "out" / f"{office.name}-proof.json").exists():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_server_that_comes_back_in_time_has_the_artifacts_and_the_end_from_the_run_itself(
    server: Server, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "WAIT_BY_HAND_SECONDS", telling.WAIT_SECONDS)  # as by a worker

    def restart() -> None:
        wait_for_some(office)
        server.kill()
        wait_until_done(office)
        server.start()

    restarting = threading.Thread(target=restart)
    restarting.start()
    proof = office.run(office.source(PEOPLE), threads=8)
    restarting.join()

    assert (proof["contacted"], proof["balanced"]) == (PEOPLE, True)
    assert [each["state"]["type"] for each in office.runs()] == ["COMPLETED"]
    assert '"contacted": 120' in office.artifact("proof")["data"]
    assert not (office.folder / "out" / f"{office.name}-untold.json").exists()


def test_a_campaign_whose_batches_are_out_goes_on_without_the_server(
    server: Server,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(telling, "WAIT_BY_HAND_SECONDS", telling.WAIT_SECONDS)  # as by a worker
    deploy()
    office.genesys.configure(
        latency_ms=1000
    )  # so that much is left when Prefect has asked again for a minute
    gone = 0

    def restart() -> None:
        nonlocal gone
        wait_for_some(office)
        server.kill()
        gone = office.genesys.truth(summary=True)["count"]
        wait_until_done(office)
        server.start()

    restarting = threading.Thread(target=restart)
    with workers(1, office.folder), caplog.at_level("WARNING", "outreach"):
        restarting.start()
        proof = office.run(office.source(MANY), "work-pool", threads=2, batch_size=MANY // 4)
        restarting.join()

    with capsys.disabled():
        print(f"\nserver gone at {gone} of {MANY}, which a worker's batches had; all contacted")
    assert gone < proof["contacted"] == MANY
    assert proof["balanced"]
    assert office.genesys.truth()["contacted_twice_count"] == 0
    assert caplog.text.count("Prefect's server is away: this run works on the batches that are left") == 1

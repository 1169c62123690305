"""What a kill leaves "Running" is set right by the ledger's next run; a run that lives is left alone."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.states import Cancelling, Running

from blocks import ContactLedger
from flows import lost_runs
from flows.beside import beside
from flows.campaign import run_campaign
from flows.follow_up import follow_up
from flows.lost_runs import BORN, COUNT, HOST, KILLED, LEDGER, PID
from outreach.errors import LedgerError
from outreach.ledger.executors.processes import host
from outreach.ledger.witness import read_identity
from tests.flows.office import Office
from tests.support.frozen_process import frozen
from tests.support.ledgers import new_ledger

PEOPLE, BEFORE, LATENCY_MS = 60, 3, 1000
WAIT_SECONDS = 240.0


@contextmanager
def under_way(office: Office, campaign: str, first: int) -> Iterator[subprocess.Popen[bytes]]:
    """A campaign in a process of its own, which has begun to contact."""
    settings = office.folder / "settings.json"
    settings.write_text(office.settings(threads=1).model_dump_json())
    names = [part for kind, name in office.names.items() for part in (f"--{kind}", name)]
    command = [sys.executable, "-m", "cli.main", "run", office.source(PEOPLE, first=first)]
    with (office.folder / f"{campaign}.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--campaign", campaign, *names, "--settings", str(settings)], stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + WAIT_SECONDS
        while contacted(office) < BEFORE or not is_named(office, campaign):
            assert time.monotonic() < until, Path(log.name).read_text()[-2000:]
            time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


def contacted(office: Office) -> int:
    return int(office.genesys.truth(summary=True)["count"])


def is_named(office: Office, campaign: str) -> bool:
    """Whether its run has said in which process it is."""
    query = {"flow_runs": {"name": {"any_": [campaign]}}}
    return any(PID in each["labels"] for each in office.ask("/flow_runs/filter", query))


def states_of(office: Office, campaign: str) -> list[tuple[str, str | None]]:
    query = {"flow_runs": {"name": {"any_": [campaign]}}}
    states = [each["state"] for each in office.ask("/flow_runs/filter", query)]
    return [(each["type"], each["message"]) for each in states]


def test_a_round_ends_the_run_of_a_killed_process_and_leaves_the_one_that_lives(office: Office) -> None:
    office.genesys.configure(latency_ms=LATENCY_MS)
    killed, living = f"{office.name}-killed", f"{office.name}-living"
    # The living one first: as it begins it looks for lost runs itself.
    with under_way(office, living, PEOPLE), under_way(office, killed, 0) as first:
        first.kill()
        first.wait()
        assert states_of(office, killed) == [("RUNNING", None)]

        follow_up(**office.names, return_state=True)

        assert states_of(office, killed) == [("CRASHED", KILLED)]
        assert states_of(office, living) == [("RUNNING", None)]


def test_a_run_beside_one_that_sleeps_says_who_has_the_others_and_contacts_nobody_twice(
    office: Office,
) -> None:
    office.genesys.configure(latency_ms=LATENCY_MS)
    with under_way(office, office.name, 0) as sleeper:
        with frozen(sleeper.pid, office.folder / "ledger.db"):
            office.genesys.configure(latency_ms=0)
            state = run_campaign(
                office.source(PEOPLE),
                office.name,
                **office.names,
                settings=office.settings(),
                return_state=True,
            )
        assert sleeper.wait(WAIT_SECONDS) == 0

    said = (
        f"contacts are in other hands: process {sleeper.pid} on {host().partition('/')[0]}, which last said"
    )
    assert said in (state.message or "")
    assert len(office.genesys.truth()["contacts"]) == PEOPLE
    assert office.genesys.truth()["contacted_twice_count"] == 0


def identify(office: Office) -> str | None:
    """The ledger's identity, which its first run gives it."""
    office.run(office.source(1))
    with ContactLedger.load(office.names["ledger"]).open("test") as ledger:  # type: ignore[union-attr]
        return read_identity(ledger)


@pytest.fixture
def gone() -> int:
    """The pid of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_only_runs_of_this_ledger_whose_last_process_is_surely_gone_are_ended(
    office: Office, gone: int
) -> None:
    identity = identify(office)
    name, _, namespace = host().split("/")
    left = {LEDGER: identity, COUNT: 1, HOST: host(), PID: gone, BORN: "1"}
    with get_client(sync_client=True) as client:
        made = {
            "gone": make_run(client, left),
            "gone, to be cancelled": make_run(client, left),
            "before the machine started again": make_run(client, {**left, HOST: f"{name}/else/{namespace}"}),
            "begun again": make_run(client, {**left, COUNT: 0}),
            "of another ledger": make_run(client, {**left, LEDGER: "another"}),
            "on another machine": make_run(client, {**left, HOST: f"else/else/{namespace}"}),
            "never named": make_run(client, {}),
        }
        client.set_flow_run_state(made["gone, to be cancelled"], Cancelling())

        office.run(office.source(1))

        assert {why: client.read_flow_run(run).state_name for why, run in made.items()} == {
            "gone": "Crashed",
            "gone, to be cancelled": "Cancelled",
            "before the machine started again": "Crashed",
            "begun again": "Running",
            "of another ledger": "Running",
            "on another machine": "Running",
            "never named": "Running",
        }
        for run in made.values():
            client.delete_flow_run(run)


def test_a_prefect_that_is_busy_for_a_moment_is_asked_again(
    office: Office, gone: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = [httpx.Response(503, request=httpx.Request("PATCH", "http://prefect"))]

    def name_process(client: SyncPrefectClient, run: UUID, ledger: str, tags: Collection[str]) -> None:
        if busy:
            busy.pop().raise_for_status()
        named(client, run, ledger, tags)

    named = lost_runs._name_process
    identity = identify(office)
    with get_client(sync_client=True) as client:
        left = make_run(client, {LEDGER: identity, COUNT: 1, HOST: host(), PID: gone, BORN: "1"})
        monkeypatch.setattr(lost_runs, "_name_process", name_process)

        follow_up(**office.names)

        assert client.read_flow_run(left).state_name == "Crashed"
        client.delete_flow_run(left)


@flow
def some_flow() -> None:
    """Never run: its runs are made by hand."""


def make_run(client: SyncPrefectClient, labels: Mapping[str, object]) -> UUID:
    run = client.create_flow_run(some_flow)
    client.set_flow_run_state(run.id, Running())
    client.update_flow_run_labels(run.id, dict(labels))  # type: ignore[arg-type]
    return run.id


def test_a_ledger_that_is_away_when_lost_runs_are_looked_for_makes_no_run_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_away(_: object) -> str:
        raise LedgerError("The ledger does not answer.", "Wait.")

    monkeypatch.setattr(lost_runs, "read_identity", be_away)
    with new_ledger(tmp_path) as ledger, beside() as begin:
        begin(partial(lost_runs.end_lost_runs, ledger))

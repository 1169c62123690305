"""An ordinary day of a small office: one worker with one slot, and whatever an outage left behind."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from prefect import tags
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
)
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions, FlowRun
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Pending
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from cli.processes import child
from deployments.production import POOL, deploy
from deployments.registry import DEPLOYMENTS, QUEUES, Deployment, build
from flows import dispatch
from flows.batch import outreach_batch
from flows.opening import BlockNames
from flows.parentage import PARENT_EXECUTOR_TAG, PARENT_GONE
from flows.rounds import STALE
from flows.verdict import first_failure
from outreach.ledger.claims import BatchRef
from tasks.policies import UNBEGUN_SECONDS
from tests.flows.office import Office
from tests.support.clocks import SetClock
from tests.support.emulation import emulator
from tests.support.ledgers import NOON, new_ledger, new_run
from tests.support.organisations import Organisation

PEOPLE = 6
WAIT_SECONDS, TIDYING_SECONDS = 400.0, 180.0
OFTEN = timedelta(seconds=4)
LATE = 8
"""Rounds that an outage leaves behind."""

FIRST_SECONDS = 30.0
"""So long after the worker's start a campaign may wait behind them, on a machine that is not busy."""


@pytest.fixture
def deployed(prefect_api: str) -> Iterator[SyncPrefectClient]:
    deploy()
    with get_client(sync_client=True) as client:
        yield client


@contextlib.contextmanager
def one_slot(office: Office) -> Iterator[None]:
    """One worker that takes one run at a time."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--limit", "1"]
    with child(command, office.folder / "worker.log", {"PREFECT_WORKER_QUERY_SECONDS": "1"}):
        yield


def ask_for(client: SyncPrefectClient, office: Office, campaign: str, source: str, how: str) -> UUID:
    """A run of the campaign's deployment, as the form asks for one."""
    known = client.read_deployment_by_name("run-campaign/campaign")
    settings = {"hours_bind": [], "batch_size": 3, "output": str(office.folder / "out")}
    parameters = {
        **office.names,
        "source": source,
        "campaign": campaign,
        "settings": settings,
        "dispatch": how,
    }
    return client.create_flow_run_from_deployment(known.id, parameters=parameters).id


def wait_for(what: Callable[[], Any], office: Office) -> Any:
    """What it answers as soon as it is something."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.5)
    log = office.folder / "worker.log"
    pytest.fail(f"nothing in {WAIT_SECONDS:.0f} s\n{log.read_text() if log.exists() else ''}")


def ended(client: SyncPrefectClient, run: UUID) -> FlowRun | None:
    found = client.read_flow_run(run)
    return found if found.state and found.state.is_final() else None


def test_a_campaign_whose_batches_nobody_takes_works_on_them_itself_and_says_so(
    office: Office,
    deployed: SyncPrefectClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(dispatch, "UNTAKEN_SECONDS", 1.0)

    proof = office.run(office.source(PEOPLE), "work-pool", batch_size=3)

    assert (proof["contacted"], proof["balanced"]) == (PEOPLE, True)
    assert office.genesys.truth()["contacted_twice_count"] == 0
    assert "no worker takes batch 1: this run works on it. Start another worker" in caplog.text


def test_a_batch_that_waited_long_for_a_worker_is_not_lost_when_one_takes_it(
    office: Office, deployed: SyncPrefectClient, tmp_path: Path
) -> None:
    clock = SetClock(NOON)
    batch_runs = deployed.read_deployment_by_name(dispatch.DEPLOYMENT)
    with new_ledger(tmp_path, clock) as ledger, new_run(ledger, Organisation()) as run:
        handing_out = dispatch._Dispatch(
            run, BlockNames(**office.names), deployed, batch_runs.id, lambda _: []
        )
        handing_out._send(BatchRef(run.campaign.name, 1, 1, 1, 1), 1)
        (sent,) = handing_out.out
        clock.advance(UNBEGUN_SECONDS + 1)
        deployed.set_flow_run_state(sent, Pending(), force=True)

        handing_out._look()
        taken = deployed.read_flow_run(sent).state
        clock.advance(UNBEGUN_SECONDS + 1)
        handing_out._look()
        never_begun = deployed.read_flow_run(sent).state

    deployed.delete_flow_run(sent)
    assert taken is not None
    assert taken.is_pending()
    assert never_begun is not None
    assert never_begun.is_crashed()


def test_a_batch_whose_run_was_deleted_is_handed_out_again(
    office: Office, deployed: SyncPrefectClient, tmp_path: Path
) -> None:
    batch_runs = deployed.read_deployment_by_name(dispatch.DEPLOYMENT)
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation()) as run:
        handing_out = dispatch._Dispatch(
            run, BlockNames(**office.names), deployed, batch_runs.id, lambda _: []
        )
        batch = BatchRef(run.campaign.name, 1, 1, 1, 1)
        handing_out._send(batch, 1)
        (sent,) = handing_out.out
        deployed.delete_flow_run(sent)

        handing_out._look()

    assert (handing_out.out, list(handing_out.waiting)) == ({}, [(batch, 2)])


def test_a_limit_that_cancels_batches_is_named_with_what_to_set_instead(
    office: Office, deployed: SyncPrefectClient, tmp_path: Path
) -> None:
    batch_runs = deployed.read_deployment_by_name(dispatch.DEPLOYMENT)
    cancels = ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    limited = DeploymentUpdate(concurrency_limit=1, concurrency_options=cancels)
    deployed.update_deployment(batch_runs.id, limited)
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation()) as run:
        handing_out = dispatch._Dispatch(
            run, BlockNames(**office.names), deployed, batch_runs.id, lambda _: []
        )
        for number in (1, 2):
            handing_out._send(BatchRef(run.campaign.name, number, 1, number, number), 1)
        sent = list(handing_out.out)
        for each in sent:  # as a worker that takes it
            deployed.set_flow_run_state(each, Pending())
        handing_out._look()

    deployed.update_deployment(batch_runs.id, DeploymentUpdate(concurrency_limit=None))
    for each in sent:
        deployed.delete_flow_run(each)
    assert first_failure(handing_out.ended) == dispatch.CANCELLING_LIMIT


@pytest.mark.parametrize("status", [404, 429, 503])
def test_a_server_that_takes_no_batch_is_no_reason_to_end(status: int) -> None:
    request = httpx.Request("POST", "http://prefect/api")
    dispatch.say_away(
        httpx.HTTPStatusError("", request=request, response=httpx.Response(status, request=request))
    )


def test_batches_come_before_campaigns_and_both_before_rounds(deployed: SyncPrefectClient) -> None:
    found = {queue.name: queue.priority for queue in deployed.read_work_queues(work_pool_name=POOL)}
    queues = {each.name: each.queue for each in DEPLOYMENTS}

    assert sorted(QUEUES, key=lambda name: found[name] or 0) == list(QUEUES)
    assert found["default"] == max(found.values(), key=lambda priority: priority or 0)
    assert (queues["batch"], queues["campaign"], queues["redeliver"]) == QUEUES
    for each in DEPLOYMENTS:
        full_name = f"{each.flow.name}/{each.name}"
        assert deployed.read_deployment_by_name(full_name).work_queue_name == each.queue


@pytest.mark.slow
def test_two_campaigns_on_one_worker_with_one_slot_both_end(
    office: Office, deployed: SyncPrefectClient
) -> None:
    sources = [office.source(PEOPLE), office.source(PEOPLE, first=PEOPLE)]
    names = [f"{office.name}-{number}" for number in (1, 2)]
    runs = [
        ask_for(deployed, office, name, source, "work-pool")
        for name, source in zip(names, sources, strict=True)
    ]

    with one_slot(office):
        states = [wait_for(partial(ended, deployed, run), office).state for run in runs]

    assert [state.type.value for state in states] == ["COMPLETED", "COMPLETED"]
    truth = office.genesys.truth()
    assert (truth["count"], truth["contacted_twice_count"]) == (2 * PEOPLE, 0)


@pytest.fixture
def two_offices(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, Office]]:
    """Two organisations on one Prefect server, each with a ledger and a CRM of its own."""
    with emulator() as theirs:
        name = f"{office.name[-50:]}-other"
        other = Office(name, office.prefect, theirs, tmp_path_factory.mktemp("other"))
        other.save_blocks()
        yield office, other


def rounds_of(
    office: Office, client: SyncPrefectClient, deployment: UUID, due_before: datetime
) -> list[FlowRun]:
    """The rounds for this office's ledger that were due by then."""
    due = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[deployment]),
        expected_start_time=FlowRunFilterExpectedStartTime(before_=due_before),
    )
    found = client.read_flow_runs(flow_run_filter=due)
    return [run for run in found if run.parameters["ledger"] == office.name]


@contextlib.contextmanager
def scheduled(offices: Sequence[Office], client: SyncPrefectClient) -> Iterator[list[UUID]]:
    """The rounds' deployments, each with a schedule for each office, every few seconds."""
    wanted = []
    for kind in (each for each in DEPLOYMENTS if each.name in ("redeliver", "follow-up")):
        made = build(replace(kind, name=offices[0].name), pool=POOL, paused=False)
        made.schedules = [
            DeploymentScheduleCreate(
                schedule=IntervalSchedule(interval=OFTEN),
                slug=each.name,
                max_scheduled_runs=LATE + 2,
                parameters=parameters_of(kind, each),
            )
            for each in offices
        ]
        wanted.append(made)
    deployments = [cast("UUID", made.apply()) for made in wanted]
    try:
        yield deployments
    finally:
        for each in deployments:
            delete(client, each)


@retry(
    retry=retry_if_exception_type(PrefectHTTPStatusError),
    stop=stop_after_delay(TIDYING_SECONDS),
    wait=wait_fixed(3),
    reraise=True,
)
def delete(client: SyncPrefectClient, deployment: UUID) -> None:
    """Delete it with its runs: a busy server on SQLite says 503 for longer than Prefect asks again."""
    with contextlib.suppress(ObjectNotFound):  # it was done, and the answer was late
        client.delete_deployment(deployment)


@pytest.mark.slow
def test_after_an_outage_the_campaign_is_first_and_one_round_of_each_organisation_runs(
    two_offices: tuple[Office, Office], deployed: SyncPrefectClient, capsys: pytest.CaptureFixture[str]
) -> None:
    for each in two_offices:
        each.genesys.configure(webhook_answers=[{"status": 503, "probability": 1}])
        each.run(each.source(PEOPLE), events=["contact_interaction_created"])
        each.genesys.configure(webhook_answers=[])
    ours = two_offices[0]
    with scheduled(two_offices, deployed) as deployments:
        wait_for(lambda: len(rounds_of(ours, deployed, deployments[0], now())) >= LATE, ours)
        asked = ask_for(deployed, ours, f"{ours.name}-first", ours.source(PEOPLE, first=50), "here")
        began = now()

        def rounds() -> list[list[FlowRun]]:
            return [
                rounds_of(each, deployed, deployment, began)
                for each in two_offices
                for deployment in deployments
            ]

        with one_slot(ours):
            first = wait_for(lambda: ended(deployed, asked), ours)
            wait_for(lambda: all(any(map(is_done, of_one)) for of_one in rounds()), ours)
            time.sleep(5)  # one more would begin by now
            late = rounds()

    waited = (first.start_time - began).total_seconds()
    ran = [[run for run in of_one if is_done(run)] for of_one in late]
    unstarted = [sum(bool(run.state and run.state.message == STALE) for run in of_one) for of_one in late]
    with capsys.disabled():
        counts = zip(map(len, late), map(len, ran), unstarted, strict=True)
        print("\nLate rounds, of which ran, and were left out unstarted:", *counts)
        print(f"The campaign began {waited:.0f} s after the worker.")
    assert first.state.is_completed()
    assert waited < FIRST_SECONDS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert [len(of_one) for of_one in ran] == [1, 1, 1, 1]
    assert all(of_one[0].start_time > first.start_time for of_one in ran)
    assert all(each.genesys.webhooks()["accepted"] >= PEOPLE for each in two_offices)


def parameters_of(kind: Deployment, office: Office) -> dict[str, object]:
    """What a person sets for a schedule: the blocks, and that nothing has to wait for its time."""
    known = signature(kind.flow.fn).parameters
    return {name: value for name, value in {**office.names, "ignore_schedule": True}.items() if name in known}


def now() -> datetime:
    return datetime.now(timezone.utc)


def is_done(run: FlowRun) -> bool:
    return run.state is not None and run.state.is_completed()


def test_a_batch_whose_campaigns_run_is_gone_ends_before_it_asks_anybody(office: Office) -> None:
    office.run(office.source(PEOPLE))
    asked = office.genesys.metrics()["requests"]
    batch: Any = outreach_batch

    with tags(f"{PARENT_EXECUTOR_TAG}nobody"):
        state = batch(office.name, 1, 1, PEOPLE, PEOPLE, **office.names, return_state=True)

    assert (state.name, str(state.message).startswith(PARENT_GONE)) == ("Cancelled", True)
    assert office.genesys.metrics()["requests"] == asked

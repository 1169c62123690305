"""Tasks take references only, so another engine's runner takes them to processes that opened nothing."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prefect.task_engine import SyncTaskRunEngine
from prefect.task_runners import ProcessPoolTaskRunner
from pydantic import BaseModel

from flows.campaign import run_campaign
from flows.follow_up import follow_up
from flows.preflight import preflight
from flows.redeliver import redeliver
from flows.retention import retention
from tests.flows.office import TUTORIAL, Office

TASKS = {
    "authenticate",
    "check",
    "check-senders",
    "deliver-waiting",
    "deliver-webhooks",
    "follow",
    "hand-over",
    "interact",
    "load",
    "mirror-do-not-contact",
    "publish-report",
    "publish-undelivered",
    "purge",
    "register",
    "rehearse",
    "validate",
}
NAMES_AND_NUMBERS = (str, int, float, datetime, Enum, Path, type(None))
LARGEST = 8000
"""Bytes of one pickled parameter: names and numbers, however many contacts a campaign has."""


def run_by_processes(office: Office, people: int, **settings: object) -> Any:
    """The state in which a campaign ends that two processes beside this one work on."""
    runner: Any = ProcessPoolTaskRunner(max_workers=2)
    elsewhere: Any = run_campaign.with_options(task_runner=runner)
    parameters = {**office.names, "settings": office.settings(**settings), "return_state": True}
    return elsewhere(office.source(people), office.name, **parameters)


def test_a_campaign_by_a_process_pool_contacts_everybody_once_and_tells_the_crm(office: Office) -> None:
    proof = run_by_processes(office, 40, batch_size=10).result()

    assert (proof["contacted"], proof["balanced"]) == (40, True)
    truth, spent = office.genesys.truth(), office.genesys.metrics()["by_operation"]
    assert (truth["count"], truth["contacted_twice_count"]) == (40, 0)
    assert office.genesys.webhooks()["accepted"] > 40
    assert [count for name, count in spent.items() if "token" in name] == [1]
    assert "- Requests: " not in office.artifact("report")["data"]


def test_a_stop_in_one_process_stops_the_run_and_the_ledger_says_so(office: Office) -> None:
    office.genesys.configure(permissions_denied={"*": ["conversation:message:create"]})

    state = run_by_processes(office, 40, batch_size=10)

    assert (state.type.value, office.genesys.truth()["count"]) == ("FAILED", 0)
    assert "conversation:message:create" in str(state.result(raise_on_failure=False))


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What each task was given, by its name."""
    found: dict[str, dict[str, Any]] = {}
    plain = SyncTaskRunEngine.call_task_fn

    def noting(self: SyncTaskRunEngine[..., Any], transaction: Any) -> Any:
        found[self.task.name] = dict(self.parameters or {})
        return plain(self, transaction)

    monkeypatch.setattr(SyncTaskRunEngine, "call_task_fn", noting)
    return found


def leaves(value: object) -> Iterator[object]:
    """What a parameter is made of in the end."""
    if isinstance(value, partial):
        assert pickle.loads(pickle.dumps(value.func)) is value.func
        yield from leaves([value.args, value.keywords])
    elif isinstance(value, BaseModel):
        yield from leaves(value.model_dump())
    elif is_dataclass(value):
        yield from leaves([getattr(value, field.name) for field in fields(value)])
    elif isinstance(value, Mapping):
        yield from leaves([*value.keys(), *value.values()])
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from leaves(each)
    else:
        yield value


def test_every_parameter_of_every_task_is_small_and_made_of_names_and_numbers(
    office: Office, taken: dict[str, dict[str, Any]]
) -> None:
    office.genesys.configure(webhook_answers=[{"status": 500, "times": 100}])
    office.run(office.source(3), dry_run=True)
    office.run(office.source(300))
    office.run(
        office.source(1, first=900), route="campaign", look_after_seconds=(0.5,), channel_order=("sms",)
    )
    office.contact(TUTORIAL)
    follow_up(**office.names, campaign=office.name)
    redeliver(office.name, office.name, ignore_schedule=True, return_state=True)
    retention(ledger=office.name)
    preflight(**office.names, return_state=True)

    assert set(taken) == TASKS
    for name, parameters in taken.items():
        for parameter, value in parameters.items():
            travelled = pickle.loads(pickle.dumps(value))
            assert len(pickle.dumps(value)) < LARGEST, (name, parameter)
            for leaf in leaves(travelled):
                assert isinstance(leaf, NAMES_AND_NUMBERS), (
                    name,
                    parameter,
                    leaf,
                )
                assert "Acme" not in str(leaf), (name, parameter)

"""A server that makes no scheduled runs is noticed; one that makes them is not."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from cli.processes import prefect_server
from deployments.production import deploy
from flows.preflight import check_prefect
from flows.schedules import find_unscheduled
from tests.flows.pointing import pointing_to

pytestmark = pytest.mark.slow

ROUNDS = {"follow-up", "redeliver"}
"""What `--activate` switches on; the schedule of retention stays off until somebody wants it."""

WAIT_SECONDS = 120.0


@pytest.mark.parametrize("scheduler", ["false", "true"])
def test_schedules_that_make_no_runs_are_named(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED", scheduler)
    with prefect_server(tmp_path) as api, pointing_to(api), get_client(sync_client=True) as client:
        deploy(activate=True)
        later = datetime.now(timezone.utc) + timedelta(days=1)
        assert find_unscheduled(client) == []  # just made: nobody knows yet
        until = time.monotonic() + (WAIT_SECONDS if scheduler == "true" else 0)
        while (found := find_unscheduled(client, changed_before=later)) and time.monotonic() < until:
            time.sleep(1)

        assert set(found) == (set() if scheduler == "true" else ROUNDS)
        assert [each.level.value for each in check_prefect() if each.name == "schedules"] == ["OK"]

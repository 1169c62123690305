"""The form refuses nonsense before a run starts."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from prefect.client.orchestration import get_client

from deployments.production import deploy

NONSENSE: list[dict[str, Any]] = [
    {"threads": 0},
    {"threads": 65},
    {"batch_size": 0},
    {"stop_failure_rate": 1.5},
    {"channel_order": ["fax"]},
    {"consent": "perhaps"},
    {"when_not_found": "forget"},
    {"approve_above": -1},
    {"no_such_setting": 1},
    {"caps": [{"contacts": 0, "hours": 24}]},
]


@pytest.fixture(scope="module")
def create_run(prefect_api: str) -> str:
    deploy("outreach")
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name("run-campaign/campaign")
    return f"{prefect_api}/deployments/{known.id}/create_flow_run"


@pytest.mark.parametrize("settings", NONSENSE, ids=str)
def test_a_setting_out_of_bounds_is_refused(create_run: str, settings: dict[str, Any]) -> None:
    parameters = {"source": "contacts.csv", "campaign": "any", "settings": settings}

    answer = httpx.post(create_run, json={"parameters": parameters}, trust_env=False)

    assert answer.status_code in {409, 422}, answer.text


@pytest.mark.parametrize(
    "parameters", [{}, {"source": "x.csv"}, {"source": "x", "campaign": "y", "dispatch": "moon"}]
)
def test_a_parameter_that_is_missing_or_unknown_is_refused(
    create_run: str, parameters: dict[str, Any]
) -> None:
    answer = httpx.post(create_run, json={"parameters": parameters}, trust_env=False)

    assert answer.status_code in {409, 422}, answer.text

"""A campaign as a part of somebody's own flow."""

from __future__ import annotations

from uuid import UUID

import pytest
from prefect.context import _deployment_id

from flows.parentage import find_deployment

DEPLOYMENT = UUID("937773e9-52e7-4a0e-9a0b-5d1a8f5f5a11")


def test_whoever_pauses_the_deployment_of_the_outer_flow_stops_the_campaign(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PREFECT__FLOW_RUN_ID", "0b1b0a4e-6a0b-4f3a-9a53-3a1f0f9a2c11")
    within = _deployment_id.set(DEPLOYMENT)  # as Prefect does for all flows within a deployment's
    try:
        assert find_deployment() == DEPLOYMENT
    finally:
        _deployment_id.reset(within)


def test_a_run_by_hand_is_of_no_deployment() -> None:
    assert find_deployment() is None

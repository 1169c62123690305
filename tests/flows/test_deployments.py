"""What `outreach deploy` puts on a Prefect server, and what it leaves alone."""

from __future__ import annotations

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.flows import load_flow_from_entrypoint

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
from deployments.production import Deployed, deploy
from deployments.registry import DEPLOYMENTS, Deployment, build
from flows.events import Signal
from outreach.settings import CampaignSettings

MOST_USED = [
    *("dry_run", "country", "message", "channel_order", "route", "consent", "rules", "expires_at"),
    *("approve_above", "messages"),
]
"""What a person looks for first stands first in the form."""


@pytest.fixture(scope="module")
def deployed(prefect_api: str) -> list[Deployed]:
    return deploy("outreach")


def test_deploying_makes_everything_there_is(deployed: list[Deployed]) -> None:
    made = [each.name for each in deployed]

    kinds = (GenesysCredentials, Senders, CrmWebhook, ContactLedger)
    assert {kind.get_block_type_slug() for kind in kinds} < set(made)
    assert {f"{each.flow.name}/{each.name}" for each in DEPLOYMENTS} < set(made)
    assert len([each for each in deployed if each.kind == "automation"]) == len(Signal)
    # Other tests of this server may have deployed before.
    assert {each.outcome for each in deployed if each.kind == "deployment"} <= {"created", "unchanged"}
    with get_client(sync_client=True) as client:
        assert all(client.read_deployment_by_name(f"{each.flow.name}/{each.name}") for each in DEPLOYMENTS)


def test_deploying_twice_changes_nothing(deployed: list[Deployed]) -> None:
    again = deploy("outreach")

    assert {each.outcome for each in again} == {"unchanged"}
    assert [each.name for each in again] == [each.name for each in deployed]


def test_what_a_person_switched_on_stays_on_and_what_drifted_is_mended(deployed: list[Deployed]) -> None:
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name("run-campaign/campaign")
        assert known.paused
        client.update_deployment(known.id, DeploymentUpdate(paused=False, description="drifted"))

        outcomes = {each.name: each.outcome for each in deploy("outreach")}

        assert outcomes["run-campaign/campaign"] == "updated"
        after = client.read_deployment_by_name("run-campaign/campaign")
        assert (after.paused, after.description == known.description) == (False, True)
        client.update_deployment(known.id, DeploymentUpdate(paused=True))


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda each: str(each.name))
def test_each_entrypoint_loads_for_real(deployment: Deployment) -> None:
    entrypoint = build(deployment).entrypoint

    assert entrypoint
    assert ".py" not in entrypoint
    assert load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False).name == deployment.flow.name


def test_the_form_has_a_title_and_a_description_for_every_setting(deployed: list[Deployed]) -> None:
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name("run-campaign/campaign")
    schema = known.parameter_openapi_schema
    assert schema is not None
    form = schema["definitions"]["CampaignSettings"]["properties"]

    assert set(form) == set(CampaignSettings.model_fields)
    assert list(form)[: len(MOST_USED)] == MOST_USED
    assert all(field.get("title") and field.get("description") for field in form.values())
    assert all(field.get("description") for field in schema["properties"].values())
    assert schema["properties"]["dispatch"]["enum"] == ["here", "work-pool"]
    assert known.enforce_parameter_schema


def test_the_limit_that_left_out_every_second_ledgers_rounds_goes_with_the_next_deploy(
    deployed: list[Deployed],
) -> None:
    old = ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name("redeliver/redeliver")
        client.update_deployment(known.id, DeploymentUpdate(concurrency_limit=1, concurrency_options=old))

        outcomes = {each.name: each.outcome for each in deploy("outreach")}

        assert outcomes["redeliver/redeliver"] == "updated"
        assert client.read_deployment(known.id).global_concurrency_limit is None
    assert {each.outcome for each in deploy("outreach")} == {"unchanged"}

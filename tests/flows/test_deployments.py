"""What `outreach deploy` puts on a Prefect server, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys

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
from outreach.sources.columns import PLAIN

MOST_USED = [
    *("dry_run", "country", "message", "channel_order", "route", "consent", "rules", "expires_at"),
    *("approve_above", "messages"),
]
"""What a person looks for first stands first in the form."""


@pytest.fixture(scope="module")
def deployed(prefect_api: str) -> list[Deployed]:
    with get_client(sync_client=True) as client:
        if client.read_deployments(limit=1):  # others have deployed, and saved blocks since: the forms' lists
            deploy("outreach")
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
        env = {**known.job_variables["env"], "OUTREACH_HOME": "/var/lib/outreach"}
        theirs = {"env": env, "command": "/opt/outreach/bin/python -m prefect.engine"}
        drifted = DeploymentUpdate(paused=False, description="drifted", job_variables=theirs)
        client.update_deployment(known.id, drifted)

        outcomes = {each.name: each.outcome for each in deploy("outreach")}

        assert outcomes["run-campaign/campaign"] == "updated"
        after = client.read_deployment_by_name("run-campaign/campaign")
        assert (after.paused, after.description == known.description) == (False, True)
        assert after.job_variables == theirs
        client.update_deployment(known.id, DeploymentUpdate(paused=True, job_variables=known.job_variables))


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


def test_the_form_offers_the_saved_blocks_and_takes_one_that_was_saved_since(
    deployed: list[Deployed],
) -> None:
    Senders(sms_from="+13175550100").save("north", overwrite=True)
    deploy("outreach")
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name("run-campaign/campaign")
        assert known.parameter_openapi_schema is not None
        offered = known.parameter_openapi_schema["properties"]["senders"]["anyOf"]
        given = {"source": "x.csv", "campaign": "offered", "senders": "saved-since"}
        made = client.create_flow_run_from_deployment(known.id, parameters=given)
        client.delete_flow_run(made.id)

    [saved] = [each["enum"] for each in offered if "enum" in each]
    assert "north" in saved
    assert [each["title"] for each in offered if "enum" not in each] == ["Another"]
    assert {each.outcome for each in deploy("outreach")} == {"unchanged"}


def test_the_form_begins_with_nothing_where_nothing_is_set(deployed: list[Deployed]) -> None:
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name("run-campaign/campaign")

    assert known.parameter_openapi_schema is not None
    settings = known.parameter_openapi_schema["properties"]["settings"]["default"]
    assert None not in settings.values()
    assert CampaignSettings.model_validate(settings) == CampaignSettings()


def test_the_form_of_one_contact_has_a_field_for_each_column(deployed: list[Deployed]) -> None:
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name("contact-one/contact")
    assert known.parameter_openapi_schema is not None
    fields, *others = known.parameter_openapi_schema["properties"]["contact"]["anyOf"]
    assert {"external_contact_id", "name", "sms", "email", "time_zone"} <= set(fields["properties"])
    assert set(fields["properties"]) <= set(PLAIN)
    assert [each["title"] for each in others] == ["JSON", "Sealed"]


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


def test_the_limit_that_a_person_gave_the_campaigns_stays(deployed: list[Deployed]) -> None:
    one = ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name("run-campaign/campaign")
        client.update_deployment(known.id, DeploymentUpdate(concurrency_limit=1, concurrency_options=one))
        deploy("outreach")

        limit = client.read_deployment(known.id).global_concurrency_limit
        client.update_deployment(known.id, DeploymentUpdate(concurrency_limit=None))
    assert limit is not None
    assert limit.limit == 1


def test_no_setting_has_a_flow_tried_again_by_itself() -> None:
    asked = "from deployments.registry import DEPLOYMENTS; print({each.flow.retries for each in DEPLOYMENTS})"
    env = {**os.environ, "PREFECT_FLOWS_DEFAULT_RETRIES": "2"}
    done = subprocess.run([sys.executable, "-c", asked], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "{0}\n"

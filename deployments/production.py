"""Deploy everything to a pool: block types, pool, queues, deployments, automations. Twice changes nothing.

What a person sets in the UI stays: whether a deployment is paused, its schedules, its default parameters, its
limit, its other job variables, and those of the environment. What the code says is brought up to date: entry
point, form, description, tags, version, and what it sets of the environment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from uuid import UUID

from prefect.automations import AutomationCore
from prefect.blocks.core import Block
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.workers.process import ProcessWorker

import blocks
from deployments.automations import list_automations
from deployments.form import read_saved
from deployments.registry import DEPLOYMENTS, MAINTENANCE, QUEUES, Deployment, build
from outreach.errors import SettingsError

POOL = "outreach"

Outcome: TypeAlias = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Deployed:
    """One thing on the Prefect server, and what became of it."""

    kind: Literal["block type", "work pool", "work queue", "deployment", "automation"]
    name: str
    outcome: Outcome


def deploy(pool: str = POOL, *, notify: str | None = None, activate: bool = False) -> list[Deployed]:
    """Bring the Prefect server up to this version.

    Args:
        pool: the work pool; made, for processes, when there is none.
        notify: a saved notification block, like `slack-webhook/ops`, that the automations use.
        activate: switch the schedules of new deployments on that need no source.

    Raises:
        SettingsError: there is no such notification block.
    """
    saved = read_saved()
    with get_client(sync_client=True) as client:
        return [
            *(_register(client, getattr(blocks, name)) for name in blocks.__all__),
            Deployed("work pool", pool, _make_pool(client, pool)),
            *(Deployed("work queue", name, _make_queue(client, pool, name)) for name in QUEUES),
            *(_deploy(client, each, pool, saved, activate=activate) for each in DEPLOYMENTS),
            *_automate(client, notify),
        ]


def _register(client: SyncPrefectClient, kind: type[Block]) -> Deployed:
    outcome = _compare(client, kind)
    if outcome != "unchanged":
        kind.register_type_and_schema()
    return Deployed("block type", kind.get_block_type_slug(), outcome)


def _compare(client: SyncPrefectClient, kind: type[Block]) -> Outcome:
    try:
        known = client.read_block_type_by_slug(kind.get_block_type_slug())
    except ObjectNotFound:
        return "created"
    try:
        client.read_block_schema_by_checksum(kind._calculate_schema_checksum())  # noqa: SLF001 - Prefect has no other way
    except ObjectNotFound:
        return "updated"
    return "unchanged" if known.description == kind.get_description() else "updated"


def _make_pool(client: SyncPrefectClient, name: str) -> Outcome:
    try:
        client.read_work_pool(name)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        pool = WorkPoolCreate(name=name, type=ProcessWorker.type, base_job_template=template)
        client.create_work_pool(pool)
        return "created"
    return "unchanged"


def _make_queue(client: SyncPrefectClient, pool: str, name: str) -> Outcome:
    """Below those that are more urgent; whoever gave it another priority keeps that."""
    try:
        client.read_work_queue_by_name(name, work_pool_name=pool)
    except ObjectNotFound:
        client.create_work_queue(name, work_pool_name=pool, priority=QUEUES.index(name) + 1)
        return "created"
    return "unchanged"


def _deploy(
    client: SyncPrefectClient,
    each: Deployment,
    pool: str,
    saved: Mapping[str, Sequence[str]],
    *,
    activate: bool,
) -> Deployed:
    wanted = build(each, pool=pool, paused=False if activate and each.every else None, saved=saved)
    try:
        known = client.read_deployment_by_name(wanted.full_name)
    except ObjectNotFound:
        wanted.apply()
        return Deployed("deployment", wanted.full_name, "created")
    change = _difference(wanted, known)
    if change:
        client.update_deployment(known.id, DeploymentUpdate(**change))
    return Deployed("deployment", wanted.full_name, "updated" if change else "unchanged")


def _difference(wanted: RunnerDeployment, known: DeploymentResponse) -> dict[str, Any]:
    """What of ours is not as it should be on the server."""
    schema = wanted._parameter_openapi_schema.model_dump(exclude_unset=True)  # noqa: SLF001 - what it would send
    ours: dict[str, Any] = {
        "entrypoint": wanted.entrypoint,
        "description": wanted.description,
        "tags": wanted.tags,
        "version": wanted.version,
        "work_pool_name": wanted.work_pool_name,
        "work_queue_name": wanted.work_queue_name,
        "job_variables": _with_theirs(wanted.job_variables or {}, known.job_variables or {}),
        "parameter_openapi_schema": schema,
        "enforce_parameter_schema": True,
    }
    change = {name: value for name, value in ours.items() if getattr(known, name, None) != value}
    if wanted.work_queue_name == MAINTENANCE and _is_limited_by_us(known):
        change["concurrency_limit"] = None
    return change


def _with_theirs(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    return {**theirs, **ours, "env": {**(theirs.get("env") or {}), **(ours.get("env") or {})}}


def _is_limited_by_us(known: DeploymentResponse) -> bool:
    """Whether it has the limit that 0.1.0 gave its rounds: it left out those of every second ledger."""
    limit, options = known.global_concurrency_limit, known.concurrency_options
    cancels = options is not None and options.collision_strategy is ConcurrencyLimitStrategy.CANCEL_NEW
    return cancels and limit is not None and limit.limit == 1


def _automate(client: SyncPrefectClient, notify: str | None) -> list[Deployed]:
    block_id = _find_notification(client, notify) if notify else None
    done: list[Deployed] = []
    for wanted in list_automations(block_id):
        known = next(iter(client.read_automations_by_name(wanted.name)), None)
        outcome: Outcome = "unchanged"
        if known is None:
            client.create_automation(wanted)
            outcome = "created"
        elif notify and _core(known) != _core(wanted):
            client.update_automation(known.id, wanted)
            outcome = "updated"
        done.append(Deployed("automation", wanted.name, outcome))
    return done


def _core(automation: AutomationCore) -> dict[str, Any]:
    """What an automation does, without what the server adds."""
    return automation.model_dump(mode="json", include={"description", "actions"})


def _find_notification(client: SyncPrefectClient, name: str) -> UUID:
    slug, _, document = name.partition("/")
    try:
        return client.read_block_document_by_name(document, slug).id
    except ObjectNotFound:
        raise SettingsError(
            f"There is no notification block {name}.", "Save one in the Prefect UI, and give SLUG/NAME."
        ) from None

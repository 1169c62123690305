"""Every deployment of this product, as data: which flow, under which name, when, and how urgent.

    run-campaign/campaign      on a schedule of your own: it has no source yet
    contact-one/contact        when somebody asks
    outreach-batch/batch       when a campaign hands its batches to workers
    follow-up/follow-up        every five minutes
    redeliver/redeliver        every minute
    retention/retention        every night; it only counts until its `dry_run` is unticked
    preflight/preflight        when somebody asks

Each round (follow-up, redeliver, retention) makes sure that it is alone on its ledger: see `flows/rounds.py`.
What acts on people or on receivers by itself is created paused: somebody switches it on, and it stays so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Literal

from prefect import Flow
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType
from prefect.utilities.callables import ParameterSchema

import outreach
from deployments.form import offer_saved
from flows.batch import outreach_batch
from flows.campaign import run_campaign
from flows.contact import contact_one
from flows.follow_up import follow_up
from flows.preflight import preflight
from flows.redeliver import redeliver
from flows.retention import retention

TAGS = ["outreach"]

BATCHES, CAMPAIGNS, MAINTENANCE = "batches", "campaigns", "maintenance"
QUEUES = (BATCHES, CAMPAIGNS, MAINTENANCE)
"""Of a work pool, the most urgent first: no batch waits behind a campaign that waits for batches, and what an
outage left behind of the rounds waits for people's campaigns.
"""

ENVIRONMENT = {"PREFECT_LOGGING_EXTRA_LOGGERS": "outreach"}
"""What runs have in their environment: the core's own log lines appear in the run's log."""

WORKDAYS_AT_NINE = "0 9 * * 1-5"
EVERY_NIGHT = "30 3 * * *"


@dataclass(frozen=True)
class Deployment:
    """One deployment.

    Args:
        flow: what runs.
        name: under which name; `flow name/name` is the whole.
        every: how often, or None.
        cron: when, or None.
        paused: whether its schedule waits for somebody to switch it on.
        queue: the work pool's queue that its runs wait in.
    """

    flow: Flow[Any, Any]
    name: str
    every: timedelta | None = None
    cron: str | None = None
    paused: bool = False
    queue: str = CAMPAIGNS

    @property
    def schedules(self) -> list[DeploymentScheduleCreate]:
        """As Prefect takes them."""
        if self.every:
            return [DeploymentScheduleCreate(schedule=IntervalSchedule(interval=self.every))]
        if self.cron:
            return [DeploymentScheduleCreate(schedule=CronSchedule(cron=self.cron, timezone="UTC"))]
        return []


DEPLOYMENTS: Sequence[Deployment] = (
    Deployment(run_campaign, "campaign", cron=WORKDAYS_AT_NINE, paused=True),
    Deployment(contact_one, "contact"),
    Deployment(outreach_batch, "batch", queue=BATCHES),
    Deployment(follow_up, "follow-up", every=timedelta(minutes=5), paused=True, queue=MAINTENANCE),
    Deployment(redeliver, "redeliver", every=timedelta(minutes=1), paused=True, queue=MAINTENANCE),
    Deployment(retention, "retention", cron=EVERY_NIGHT, paused=True, queue=MAINTENANCE),
    Deployment(preflight, "preflight"),
)


def build(
    deployment: Deployment,
    *,
    pool: str | None = None,
    paused: bool | None = None,
    saved: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> RunnerDeployment:
    """As Prefect takes it: by module path, its parameters checked against the form before a run starts.

    Args:
        deployment: which.
        pool: the work pool whose workers run it; None for a process that serves it.
        paused: instead of how it is created.
        saved: the names of blocks that its form offers (`form.read_saved`).
    """
    made = RunnerDeployment.from_flow(
        deployment.flow,
        name=deployment.name,
        schedules=deployment.schedules,
        paused=deployment.paused if paused is None else paused,
        tags=TAGS,
        version=outreach.__version__,
        enforce_parameter_schema=True,
        work_pool_name=pool,
        work_queue_name=deployment.queue if pool else None,
        job_variables={"env": dict(ENVIRONMENT)} if pool else None,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    form = made._parameter_openapi_schema.model_dump(exclude_unset=True)  # noqa: SLF001 - Prefect has no other way
    made._parameter_openapi_schema = _Form(**offer_saved(form, saved))  # noqa: SLF001
    return made


class _Form(ParameterSchema):
    """A flow's parameters, and no others: a misspelt one is refused where it is typed."""

    additionalProperties: Literal[False] = False  # noqa: N815 - JSON Schema's name

    def __init__(self, **form: Any) -> None:  # noqa: ANN401 - whatever the schema holds
        super().__init__(**form, additionalProperties=False)  # given: Prefect leaves out what was not

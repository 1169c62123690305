"""Whether the server makes the runs that schedules ask for: without background services it makes none."""

from datetime import datetime, timedelta, timezone

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    DeploymentFilterTags,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.responses import DeploymentResponse

SETTLED = timedelta(seconds=120)
"""So long after a deployment was changed its next runs may still be missing: a server looks every minute."""

ADVICE = (
    "Start the server with its background services (not --no-services), or `prefect server services start`; "
    "where only crons are concerned, `pip install 'whenever>=0.11'` there (Prefect 3.9.1 fails with 0.10.5)."
)


def find_unscheduled(client: SyncPrefectClient, *, changed_before: datetime | None = None) -> list[str]:
    """Names of our deployments whose schedule is on and that have no run to come.

    Args:
        client: of the server.
        changed_before: leaves out what was changed later; by default two minutes ago.
    """
    before = changed_before or datetime.now(timezone.utc) - SETTLED
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=["outreach"]))
    return [
        each.name
        for each in client.read_deployments(deployment_filter=ours)
        if _is_on(each) and each.updated and each.updated < before and not _has_run_to_come(client, each)
    ]


def _is_on(each: DeploymentResponse) -> bool:
    return not each.paused and any(schedule.active for schedule in each.schedules)


def _has_run_to_come(client: SyncPrefectClient, each: DeploymentResponse) -> bool:
    to_come = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
    return bool(
        client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=to_come),
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[each.id])),
            limit=1,
        )
    )

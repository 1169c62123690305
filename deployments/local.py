"""Serve every deployment from this process: `python -m deployments.local`, for a laptop or one machine.

Runs are child processes of this one; Ctrl-C ends it, and schedules go on when it is started again.
"""

import os
import tempfile
from collections.abc import Mapping

from prefect import serve
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.deployments.runner import RunnerDeployment

from deployments.form import read_saved
from deployments.registry import DEPLOYMENTS, ENVIRONMENT, TAGS, build
from outreach.home import make_home

RUNS_AT_ONCE = 10


def serve_all() -> None:
    """Serve until interrupted."""
    os.environ.update(ENVIRONMENT)
    # Prefect 3.9.1 begins by making runner_storage there: in /tmp it is the first user's, and fails the next.
    tempfile.tempdir = str(make_home())
    serve(*list_served(), limit=RUNS_AT_ONCE, pause_on_shutdown=False)


def list_served() -> list[RunnerDeployment]:
    """The deployments, each paused or not as somebody last left it."""
    known, saved = _read_paused(), read_saved()
    return [build(each, paused=known.get(each.name, each.paused), saved=saved) for each in DEPLOYMENTS]


def _read_paused() -> Mapping[str, bool]:
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=TAGS))
    with get_client(sync_client=True) as client:
        return {found.name: found.paused for found in client.read_deployments(deployment_filter=ours)}


if __name__ == "__main__":
    serve_all()

"""Checking that everything is in place, and showing it as a table."""

from collections.abc import Callable, Sequence

from prefect import get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from outreach.operations.preflight import Check, Level, Targets, run_preflight

LOG = {Level.OK: "info", Level.WARN: "warning", Level.ERROR: "error"}


@task(
    name="check", task_run_name="check-{name}", cache_policy=NO_CACHE
)  # what was true a minute ago may not be
def check(name: str, means: Callable[[], Targets], more: Sequence[Check] = ()) -> list[Check]:  # noqa: ARG001 - the run's name
    """All checks, in the log and as an artifact.

    Args:
        name: the credentials block's, for the run's name.
        means: how to open what is checked.
        more: findings made elsewhere.
    """
    checks = [*run_preflight(means()), *more]
    for each in checks:
        getattr(get_run_logger(), LOG[each.level])("%s: %s %s", each.name, each.what, each.advice)
    create_table_artifact([each.as_json() for each in checks], key="preflight", description="Preflight")
    return checks

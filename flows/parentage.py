"""What a flow run is part of: whoever handed it out, and the deployment that it is a run of."""

from __future__ import annotations

import contextlib
import os
from uuid import UUID

from prefect.context import FlowRunContext
from prefect.runtime import deployment, flow_run

from outreach.campaign.run import Run
from outreach.errors import LedgerError
from outreach.ledger.ledger import Ledger
from outreach.ledger.release import find_living

PARENT_TAG, PARENT_EXECUTOR_TAG = "parent:", "parent-executor:"
"""With these a flow run names whoever handed it out: the flow run, and its executor in the ledger."""

PARENT_GONE = "The run that handed this out is gone."


def parent_executor() -> str | None:
    """Whoever handed this flow run out, by its name in the ledger."""
    return tagged(PARENT_EXECUTOR_TAG)


def find_loss(ledger: Ledger, parent: str | None) -> str | None:
    """Why what this parent handed out is in vain: it is gone. Asks nobody but the ledger."""
    with contextlib.suppress(LedgerError):  # no answer is no sign of death
        if parent and parent not in find_living(ledger):
            return PARENT_GONE
    return None


def name_parent(run: Run) -> list[str]:
    """The tags by which what this flow run hands out knows it."""
    return [f"{PARENT_TAG}{flow_run.id}", f"{PARENT_EXECUTOR_TAG}{run.ledger.executor.enter()}"]


def find_deployment() -> UUID | None:
    """That of the run, or of the flow that it is a part of. Prefect's own `deployment.id` asks the server for
    it, twice, so whoever runs a flow by hand is not asked.
    """
    if "PREFECT__FLOW_RUN_ID" in os.environ:  # of a worker, or of whoever serves it
        found = deployment.id
        return UUID(found) if found else None
    context = FlowRunContext.get()
    return context.flow_run.deployment_id if context and context.flow_run else None


def tagged(prefix: str) -> str | None:
    """What stands behind this prefix in one of the flow run's tags."""
    return next((tag.removeprefix(prefix) for tag in flow_run.tags if tag.startswith(prefix)), None)

"""What scheduled rounds share: one at a time for each ledger, and of those that an outage left one runs."""

import contextlib
import logging
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import FlowRunContext
from prefect.states import Cancelled

from flows.lost_runs import end_lost_runs
from flows.opening import open_ledger
from outreach.ledger.turns import taking_turn

log = logging.getLogger("outreach.rounds")

LEFT_OUT = "Another round is at it, or was since this one was due; what is left, the next sees to."
STALE = "It was late, and a round that ran instead saw to what was due."


@contextlib.contextmanager
def taking_round(ledger: str, name: str) -> Iterator[bool]:
    """Whether this round shall work: a person's always, a deployment's unless another one is at the same.

    Args:
        ledger: the block's name.
        name: what the round does, and for whom.
    """
    run = _deployed_run()
    with open_ledger(ledger) as book:
        end_lost_runs(book)
        if run is None:
            yield True
            return
        with taking_turn(book, name) as mine:
            yield mine and begin_round(run)


def left_out() -> State[Any]:
    """The state of a round that left the work to another one."""
    return Cancelled(message=LEFT_OUT)


def begin_round(run: FlowRun) -> bool:
    """Leave out the rounds that are as late as this one; False where this one is left out itself."""
    with get_client(sync_client=True) as client:
        if run.auto_scheduled and run.expected_start_time:
            since = FlowRunFilterStartTime(after_=run.expected_start_time)
            if _find(client, run, [StateType.COMPLETED, StateType.FAILED], start_time=since):
                return False
        due = FlowRunFilterExpectedStartTime(before_=datetime.now(timezone.utc))
        late = _find(client, run, [StateType.SCHEDULED], expected_start_time=due)
        for each in late:
            client.set_flow_run_state(each.id, Cancelled(message=STALE), force=True)
    if late:
        log.info("%s late rounds are left out: this one does their work", len(late))
    return True


def _find(
    client: SyncPrefectClient,
    run: FlowRun,
    kinds: list[StateType],
    **when: Any,  # noqa: ANN401 - filters of several types
) -> list[FlowRun]:
    """Rounds that a schedule asked for, with the same parameters: another ledger's are another matter."""
    query = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[run.deployment_id]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=kinds)),
        **when,
    )
    found = client.read_flow_runs(flow_run_filter=query)
    return [each for each in found if each.auto_scheduled and each.parameters == run.parameters]


def _deployed_run() -> FlowRun | None:
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    return run if run and run.deployment_id else None

"""A question that no process waits for: the run is suspended, and begun anew once somebody answered.

    find_question: none yet ──> suspend ──> Suspended: no process, no slot
                                                │ Resume in the UI
    a worker, from the top  <── Resuming <──────┘
    find_question: what was asked, when, and what was answered

All of it lies on Prefect's server: each question under a key of its own, which no later one ever uses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import FlowRunContext
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.input.actions import create_flow_run_input, read_flow_run_input
from prefect.states import Completed

SLACK_SECONDS = 3600
"""Prefect's own time-out fails the run, so it comes later than ours, which ends it clean."""

UNANSWERED = "NotApproved"
"""The state of a run that nobody answered in time."""

KEY, NUMBERS = "approval-", "-numbers"

Form = TypeVar("Form", bound=RunInput)


@dataclass(frozen=True)
class Question:
    """What this run has asked last.

    Args:
        key: its name on the server.
        waited: from the question to the answer.
        is_over: whether the run ended since, and somebody had it tried again.
    """

    key: str
    waited: timedelta
    is_over: bool

    def read_answer(self, form: type[Form]) -> Form:
        """The form as it was filled in; as it is by itself where nobody did."""
        value = read_flow_run_input(f"suspended-{self.key}-response")
        return form.model_validate(value or {})

    def read_numbers(self) -> Mapping[str, int]:
        """The numbers that were asked about; none where they cannot be read."""
        numbers: Mapping[str, int] | None = read_flow_run_input(self.key + NUMBERS)  # type: ignore[assignment]  # not async here
        return numbers or {}


def can_suspend() -> bool:
    """Whether somebody would begin this run anew: a worker, or whoever serves its deployment."""
    run = _own_run()
    return bool(run and run.deployment_id and not run.parent_task_run_id)


def find_question() -> Question | None:
    """What this run asked last, before it was begun anew; None where it asked nothing."""
    run = _own_run()
    if run is None or not can_suspend():
        return None
    with get_client(sync_client=True) as client:
        states = sorted(client.read_flow_run_states(run.id), key=lambda state: state.timestamp)
    asked = [number for number, state in enumerate(states) if _key_of(state)]
    if not asked or asked[-1] + 1 == len(states):
        return None
    state, later = states[asked[-1]], states[asked[-1] + 1 :]
    is_over = any(each.is_final() for each in later)
    return Question(_key_of(state), later[0].timestamp - state.timestamp, is_over)


def suspend(form: type[Form], numbers: Mapping[str, int], seconds: float) -> Form:
    """Ask, and leave: this process ends here. The answer where there is one already.

    Args:
        form: what a person fills in.
        numbers: what is asked about.
        seconds: how long there is to answer.
    """
    key = f"{KEY}{uuid4().hex}"
    create_flow_run_input(key + NUMBERS, dict(numbers))
    return suspend_flow_run(wait_for_input=form, timeout=int(seconds) + SLACK_SECONDS, key=key)


def end_unanswered(now: datetime) -> int:
    """End the runs whose time to answer is over; how many there were."""
    paused = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED]))
    with get_client(sync_client=True) as client:
        waiting = client.read_flow_runs(flow_run_filter=FlowRunFilter(state=paused))
        late = [each for each in waiting if _is_late(each.state, now)]
        for each in late:
            _end(client, each)
    return len(late)


def _end(client: SyncPrefectClient, run: FlowRun) -> None:
    message = "Nobody approved in time. Nobody was contacted."
    client.set_flow_run_state(run.id, Completed(name=UNANSWERED, message=message))


def _is_late(state: State[Any] | None, now: datetime) -> bool:
    until = state.state_details.pause_timeout if state and _key_of(state) else None
    return until is not None and until - timedelta(seconds=SLACK_SECONDS) < now


def _key_of(state: State[Any]) -> str:
    """The key of a question of ours; "" where the state is none."""
    key = state.state_details.pause_key or ""
    return key if state.is_paused() and key.startswith(KEY) else ""


def _own_run() -> FlowRun | None:
    context = FlowRunContext.get()
    return context.flow_run if context else None

"""All numbers of the orchestration in one place: retries, waits, caches, sizes.

Two layers retry, on two time scales, and their product is bounded:

    client (tenacity)   3 tries, seconds     only what proves that nothing happened, or converges
    task (Prefect)      1 + 3 runs, minutes  only a system that does not answer; never a flow

Flows say so themselves (`retries=0`): by PREFECT_FLOWS_DEFAULT_RETRIES=2 a campaign that had stopped itself
went on at once, twice: 73 people were in doubt where 24 would have been.

A creating call is in neither: an unknown outcome is looked for, not repeated.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from prefect.cache_policies import CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import FlowRunContext, TaskRunContext
from prefect.tasks import Task

from outreach.errors import Ambiguous, LedgerError, NotSent, RateLimited, WrongLedger
from outreach.genesys.rate_limit.pacer import GIVEN_UP

RETRIES = 3
RETRY_DELAYS = [20.0, 60.0, 180.0]

BATCHES_AT_MOST = 95
"""Four task runs a batch, and under 500 task runs in all."""

BATCHES_AT_ONCE = 4
"""Batches in the pipeline: one registers while others interact."""

RUNNER_THREADS = 5 * BATCHES_AT_ONCE

BATCHES_DISPATCHED = 12
"""Batches handed to workers and not done yet."""

DISPATCHES_AT_MOST = 3
"""Tries of one batch whose workers die."""

DISPATCH_LOOK_SECONDS = 1.0
MISSING_SECONDS = 5.0
"""So long an executor must be gone before its batch is handed to another."""

RECALL_SECONDS = 10.0
"""So long a run that was stopped waits for the batches that it handed out."""

SHARED_SECONDS = 60.0
"""So long a run that worked on its workers' batches waits for what they still had in hand."""

UNBEGUN_SECONDS = 120.0
"""So long a worker may take from claiming a run to beginning it."""

UNTAKEN_SECONDS = 30.0
"""So long a campaign waits for workers of which none takes a batch: a worker looks every fifteen."""

TOKEN_CACHED = timedelta(seconds=240)
"""An OAuth client's shortest token lives 300 seconds, and is renewed 30 before its end."""

SENDERS_CACHED = timedelta(minutes=10)
DNC_MIRRORED = timedelta(minutes=15)
FIRST_DELIVERY_SECONDS = 5.0

FOLLOW_SECONDS = 240.0
REDELIVER_SECONDS = 240.0
"""One round of a scheduled flow begins nothing later."""


def is_transient(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001 - Prefect's signature
    """Whether a later try may succeed: the other system, or the ledger, does not answer."""
    try:
        state.result()
    except WrongLedger:
        return False
    except NotSent as error:
        return error.code != GIVEN_UP  # the run was stopped: nothing waits any more
    except (RateLimited, Ambiguous, LedgerError):
        return True
    except Exception:  # noqa: BLE001 - every other failure stays one
        return False
    return False


NOBODY_THERE = frozenset({"connect", "dns", "tls", "proxy", "unsupported_protocol", "invalid_url"})
"""Codes of a call that met no Genesys at all: before anything has answered, rather a wrong setting."""


def is_worth_a_wait(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """The same for what a run asks first: by hand, one hears at once that nobody is at an address.

    A deployment's run waits for a network that comes back.
    """
    error = state.result(raise_on_failure=False)
    if isinstance(error, NotSent) and error.code in NOBODY_THERE and _is_by_hand():
        return False
    return is_transient(task, run, state)


def _is_by_hand() -> bool:
    context = FlowRunContext.get()  # Prefect's own `deployment.id` asks the server
    return bool(context and context.flow_run and context.flow_run.deployment_id is None)


@dataclass
class DomainKey(CachePolicy):
    """Caches by one parameter, across runs and workers: the name of the thing, not the inputs."""

    parameter: str = "key"
    prefix: str = ""

    def compute_key(
        self,
        task_ctx: TaskRunContext,  # noqa: ARG002 - Prefect's signature
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],  # noqa: ARG002 - Prefect's signature
        **kwargs: Any,  # noqa: ANN401, ARG002 - Prefect's signature
    ) -> str | None:
        """For example `token/4f1c…`."""
        return f"{self.prefix}/{inputs[self.parameter]}"

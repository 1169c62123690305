"""Ends that a run does not decide itself: cancelled in Prefect, a signal, a lost parent, a paused deployment.

    cancelled here, or whoever handed this out is over  ──┐ looked at every second, in a thread
    the worker that began us is gone                    ──┤
    the deployment is paused meanwhile                  ──┴─> nobody new; the steps end, and so does the flow
    Ctrl-C, SIGTERM ──> nobody new; what is in the air is written down, in seconds; then the process ends

`outreach stop` needs none of this: it goes through the ledger, see `outreach.campaign.stop_watch`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import TERMINAL_STATES, FlowRun, State, StateType
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound, TerminationSignal
from prefect.futures import PrefectFuture, wait
from prefect.runtime import deployment, flow_run
from prefect.states import Cancelled, Cancelling

from blocks.ledger import is_deployed
from outreach.campaign.run import Run
from outreach.clock import LOOK_SECONDS
from outreach.errors import LedgerError, NotSent
from outreach.ledger.contacts import count_in
from outreach.ledger.ledger import Ledger
from outreach.ledger.release import is_alive
from outreach.ledger.states import CONTACTED, WAITING
from tasks.patience import asking_again, known_trust

PARENT_TAG, PARENT_EXECUTOR_TAG = "parent:", "parent-executor:"
"""With these a flow run names whoever handed it out: the flow run, and its executor in the ledger."""

_NO_LONGER_WANTED = [StateType.PAUSED, StateType.CANCELLING, *sorted(TERMINAL_STATES)]
ENDED = FlowRunFilterState(type=FlowRunFilterStateType(any_=_NO_LONGER_WANTED))

PARENT_GONE = "The run that handed this out is gone."

INTERRUPTED = (KeyboardInterrupt, TerminationSignal, NotSent)
"""What ends a flow early; NotSent where the run was stopped while something waited for its turn."""

log = logging.getLogger("outreach.stop")


@contextlib.contextmanager
def prefect_heeded(run: Run) -> Iterator[PrefectWatch]:
    """Stop the run when Prefect, or whoever handed it out, ends it before its time."""
    watch = PrefectWatch(run)
    if watch.is_handed_out:  # who waited for a worker begins nothing when it comes too late
        with get_client(sync_client=True) as client:
            watch.look(client)
    thread = threading.Thread(target=watch.run, name="prefect-watch", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.ended.set()
        thread.join(LOOK_SECONDS)


def wait_for(work: Sequence[PrefectFuture[Any]]) -> None:
    """Until all of it is done, or a signal ends the wait.

    Not by Prefect's `wait` alone: the kernel may hand a signal to any thread, and who waits without a limit
    is not woken by it. Seen on a busy machine: a SIGTERM was obeyed 46 seconds later, everybody contacted.
    """
    done: SimpleQueue[PrefectFuture[Any]] = SimpleQueue()
    for each in work:
        each.add_done_callback(done.put)
    left = len(work)
    while left:
        with contextlib.suppress(Empty):
            done.get(timeout=LOOK_SECONDS)
            left -= 1
    wait(list(work))  # each knows its own end, too


def end_early(run: Run, interrupt: BaseException) -> State[Any]:
    """The run was interrupted: write down what is in the air, and say what was done.

    Raises:
        NotSent: again, where it does not come of a stop.
        TerminationSignal: again, where a runner of Prefect sent it: how the run ends is the runner's to say.
    """
    if isinstance(interrupt, NotSent) and not run.has_given_up(interrupt):
        raise interrupt
    run.stop_watch.end("The run was interrupted.")
    sentence = describe_stop(run)
    log.warning("%s", sentence)
    if isinstance(interrupt, TerminationSignal) and is_deployed():
        raise interrupt
    return Cancelled(message=sentence)


def describe_stop(run: Run) -> str:
    """Why it stopped, how many were contacted, and how to go on: one line."""
    contacted, waiting = (count_in(run.ledger, run.campaign.id, states) for states in (CONTACTED, WAITING))
    return (
        f"{run.auto_stop.reason or 'Stopped.'} {contacted:,} contacted, {waiting:,} not yet. "
        f"Run campaign {run.campaign.name} again: it resumes, and contacts nobody twice."
    )


def parent_executor() -> str | None:
    """Whoever handed this flow run out, by its name in the ledger."""
    return _tagged(PARENT_EXECUTOR_TAG)


def find_loss(ledger: Ledger, parent: str | None) -> str | None:
    """Why what this parent handed out is in vain: it is gone. Asks nobody but the ledger."""
    with contextlib.suppress(LedgerError):  # no answer is no sign of death
        if parent and not is_alive(ledger, parent):
            return PARENT_GONE
    return None


def name_parent(run: Run) -> list[str]:
    """The tags by which what this flow run hands out knows it."""
    return [f"{PARENT_TAG}{flow_run.id}", f"{PARENT_EXECUTOR_TAG}{run.ledger.executor.enter()}"]


class PrefectWatch:
    """Looks every second for one run; in a thread of its own.

    `is_orphaned`: whether the worker that began it is gone, so that another may take what it worked on;
    `is_handed_out`: whether another run made it.
    """

    def __init__(self, run: Run) -> None:
        self.ended = threading.Event()
        self.is_orphaned = False
        self._run = run
        self._own = flow_run.id and UUID(flow_run.id)
        self._deployment = find_deployment()
        self._is_paused: bool | None = None
        self._is_counted = False
        context = FlowRunContext.get()
        self._part_of = context and context.flow_run and context.flow_run.parent_task_run_id
        self._outer: list[UUID] = []
        self._parent = _tagged(PARENT_TAG)
        self._parent_executor = parent_executor()
        self.is_handed_out = bool(self._parent)
        # Who begins a run of a deployment is a worker, or whoever serves it.
        self._starter = os.getppid() if self._deployment else None

    def run(self) -> None:
        """Look until the end, and stop the run at the first reason."""
        if self.ended.wait(LOOK_SECONDS):  # first: a client takes its time to make, and many runs are short
            return
        # Asked once: while it waited for a server that is away, it would not see a lost parent.
        with asking_again(), get_client(httpx_settings=known_trust(), sync_client=True) as client:
            while not self.look(client) and not self.ended.wait(LOOK_SECONDS):
                pass

    def look(self, client: SyncPrefectClient) -> bool:
        """Stop the run if there is a reason; whether there is."""
        if reason := self._find_local() or self._find_in_prefect(client):
            self._run.auto_stop.call_off(reason)
            self._run.genesys.give_up()
        return bool(reason)

    def _find_local(self) -> str | None:
        if self._starter is not None and os.getppid() != self._starter:
            self.is_orphaned = True
            return "The worker of this run is gone."
        return find_loss(self._run.ledger, self._parent_executor)

    def _find_in_prefect(self, client: SyncPrefectClient) -> str | None:
        try:
            return self._find_ended(client) or self._find_paused(client)
        except Exception as error:  # noqa: BLE001 - the server may be away, in many ways, and comes back
            log.debug("Prefect was not asked: %s", type(error).__name__)
            return None

    def _find_ended(self, client: SyncPrefectClient) -> str | None:
        self._find_outer(client)
        named = [each for each in (self._own, self._parent and UUID(self._parent), *self._outer) if each]
        chosen = FlowRunFilter(id=FlowRunFilterId(any_=named), state=ENDED)
        # Counted first: to read a run, parameters and all, takes 20 ms of the processor, each second.
        # Once only: a server with a limit of its own (429) may refuse what comes after.
        self._is_counted = self._is_counted or bool(named and client.count_flow_runs(flow_run_filter=chosen))
        if not self._is_counted:
            return None
        for seen in client.read_flow_runs(flow_run_filter=chosen):
            if self._is_meant(seen):
                self._end_suspended(client, seen)
                who = "The run" if seen.id == self._own else "The run that began this"
                return f"{who} was ended in Prefect ({seen.state_name})."
            if seen.state and seen.state.is_final():  # a flow that ended before what it began
                self._outer.remove(seen.id)
        self._is_counted = False
        return None

    def _is_meant(self, seen: FlowRun) -> bool:
        """Whether somebody ended it: a flow may wait for an answer, or end before what it began."""
        state = seen.state
        if state is None or state.is_paused():
            return bool(state and state.state_details.pause_reschedule)
        return seen.id not in self._outer or state.is_cancelling() or state.is_cancelled()

    def _end_suspended(self, client: SyncPrefectClient, seen: FlowRun) -> None:
        """End our own run by hand that was suspended: nobody can resume it, and it ends in no other way."""
        if seen.id == self._own and seen.state and seen.state.is_paused() and not seen.deployment_id:
            client.set_flow_run_state(seen.id, Cancelling(message=seen.state.message), force=True)

    def _find_outer(self, client: SyncPrefectClient) -> None:
        """Whose part this run is, out to the first flow; the server enters a run a moment after it began."""
        with contextlib.suppress(ObjectNotFound):
            while self._part_of:
                within = client.read_task_run(self._part_of).flow_run_id
                outer = client.read_flow_run(within) if within else None
                self._outer += [outer.id] if outer else []
                self._part_of = outer and outer.parent_task_run_id

    def _find_paused(self, client: SyncPrefectClient) -> str | None:
        """Paused while the run was under way: one that was paused before was run by hand."""
        if not self._deployment:
            return None
        before, self._is_paused = self._is_paused, client.read_deployment(self._deployment).paused
        return "The deployment was paused." if before is False and self._is_paused else None


def find_deployment() -> UUID | None:
    """That of the run, or of the flow that it is a part of. Prefect's own `deployment.id` asks the server for
    it, twice, so whoever runs a flow by hand is not asked.
    """
    if "PREFECT__FLOW_RUN_ID" in os.environ:  # of a worker, or of whoever serves it
        found = deployment.id
        return UUID(found) if found else None
    context = FlowRunContext.get()
    return context.flow_run.deployment_id if context and context.flow_run else None


def _tagged(prefix: str) -> str | None:
    return next((tag.removeprefix(prefix) for tag in flow_run.tags if tag.startswith(prefix)), None)

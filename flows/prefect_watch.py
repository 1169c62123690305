"""What Prefect, or whoever handed a run out, ends before its time.

cancelled here, or whoever handed this out is over  ──┐
the worker that began us is gone                    ──┼─ looked at every second, in a thread ──> nobody new
the deployment is paused meanwhile                  ──┘
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import TERMINAL_STATES, FlowRun, StateType
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run
from prefect.states import Cancelling

from flows.parentage import PARENT_TAG, find_deployment, find_loss, parent_executor, tagged
from outreach.campaign.run import Run
from outreach.clock import LOOK_SECONDS
from tasks.patience import asking_again, sleepless

_NO_LONGER_WANTED = [StateType.PAUSED, StateType.CANCELLING, *sorted(TERMINAL_STATES)]
ENDED = FlowRunFilterState(type=FlowRunFilterStateType(any_=_NO_LONGER_WANTED))

REFUSED_SECONDS = 3.0
"""So long after a server refused us, or was away, it is asked again. A limit (429) may say a minute, and
Prefect's client would sleep for that: neither a cancelled run nor a lost worker was seen meanwhile.
"""

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
        self._asked_next = 0.0
        context = FlowRunContext.get()
        self._part_of = context and context.flow_run and context.flow_run.parent_task_run_id
        self._outer: list[UUID] = []
        self._parent = tagged(PARENT_TAG)
        self._parent_executor = parent_executor()
        self.is_handed_out = bool(self._parent)
        # Who begins a run of a deployment is a worker, or whoever serves it.
        self._starter = os.getppid() if self._deployment else None

    def run(self) -> None:
        """Look until the end, and stop the run at the first reason."""
        if self.ended.wait(LOOK_SECONDS):  # first: a client takes its time to make, and many runs are short
            return
        # Asked once: while it waited for a server that is away, it would not see a lost parent.
        with asking_again(), get_client(httpx_settings=sleepless(), sync_client=True) as client:
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
        if time.monotonic() < self._asked_next:
            return None
        try:
            return self._find_ended(client) or self._find_paused(client)
        except Exception as error:  # noqa: BLE001 - the server may be away, in many ways, and comes back
            log.debug("Prefect was not asked: %s", type(error).__name__)
            self._asked_next = time.monotonic() + REFUSED_SECONDS
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

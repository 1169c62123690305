"""Handing batches to the workers of a pool: one run of `outreach-batch` each, a few at a time.

    waiting ──> sent ──> completed
       ^         │ ├───> failed: nothing more is handed out
       └─────────┘ │
        its worker died (our ledger no longer knows its executor, or Prefect says so), or never began it

Where no worker takes any for a while (there is none, or its slots are full of campaigns like this one), the
campaign's run takes the oldest back and works on it itself: one worker with one slot gets there. Where
Prefect's server is away for a minute it works on all that is left, and shares the rows with the workers.

Only references travel. A batch that is handed out again repeats nothing: the ledger's leases and intents
decide who is contacted, so even a worker that was thought dead too early does no harm.
"""

import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import ObjectNotFound
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run
from prefect.states import Cancelled, Cancelling, Crashed

from flows.opening import BlockNames
from flows.parentage import name_parent
from outreach.campaign.run import Run
from outreach.errors import SettingsError
from outreach.ledger.claims import BatchRef
from outreach.ledger.release import list_living_executors, list_other_hands, release_dead_executors
from tasks.patience import LIMITED, asking_again
from tasks.policies import (
    BATCHES_DISPATCHED,
    DISPATCH_LOOK_SECONDS,
    DISPATCHES_AT_MOST,
    MISSING_SECONDS,
    RECALL_SECONDS,
    SHARED_SECONDS,
    UNBEGUN_SECONDS,
    UNTAKEN_SECONDS,
)

DEPLOYMENT = "outreach-batch/batch"
EXECUTOR_TAG = "executor:"

NOT_TAKEN = (httpx.HTTPError, ObjectNotFound)
"""The server is away, or knows nothing of what it is asked: somebody deleted that."""

_OVER_LIMIT = "Deployment concurrency limit reached."
"""All that Prefect says of a run that it cancelled for a limit with the strategy CANCEL_NEW."""

CANCELLING_LIMIT = (
    f"Deployment {DEPLOYMENT} cancels batches over its concurrency limit. "
    "Set the limit's strategy to ENQUEUE, or take the limit off."
)

log = logging.getLogger("outreach.dispatch")

MORE_WORKERS = "Start another worker, or one with a higher --limit, to be faster."

WorkHere: TypeAlias = Callable[[Sequence[BatchRef]], Sequence[PrefectFuture[Any]]]
"""Works on batches in this process; returns when they are done."""


def dispatch(
    run: Run, names: BlockNames, batches: Sequence[BatchRef], work_here: WorkHere
) -> list[FlowRun | PrefectFuture[Any]]:
    """Have the batches worked by the pool's workers, and by this run where none takes them.

    Returns the last run of each batch, ended, and the tasks of those that were worked here.

    Raises:
        SettingsError: nobody deployed `outreach-batch`.
    """
    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(DEPLOYMENT)
        except ObjectNotFound:
            raise SettingsError(
                f"There is no deployment {DEPLOYMENT}.", "Make it with `outreach deploy`, and start a worker."
            ) from None
        except httpx.HTTPError as error:
            say_away(error)
            return list(work_here(batches))
        return _Dispatch(run, names, client, deployment.id, work_here).work(batches)


def say_away(error: Exception) -> None:
    """Say what is done without Prefect's server; raise the error again where the server refuses us.

    It may have a limit of its own (429), and who emptied its database took the deployment away (404).
    """
    if isinstance(error, httpx.HTTPStatusError) and not error.response.is_server_error:
        if error.response.status_code not in (404, LIMITED):
            raise error
        log.warning("Prefect's server takes no more batches: this run works on those that are left itself")
        return
    log.warning("Prefect's server is away: this run works on the batches that are left itself")


def widen(batches: Sequence[BatchRef], size: int) -> list[BatchRef]:
    """Neighbours joined until they have `size` contacts: handing one out costs a few seconds."""
    wide: list[BatchRef] = []
    for batch in batches:
        last = wide[-1] if wide else None
        if last and last.size + batch.size <= size:
            wide[-1] = BatchRef(last.campaign, last.number, last.size + batch.size, last.first, batch.last)
        else:
            wide.append(batch)
    return wide


@dataclass
class Sent:
    """A batch in a worker's hands. Instants are the clock's monotonic seconds."""

    batch: BatchRef
    times: int
    pending_since: float | None = None
    missing_since: float | None = None


@dataclass
class _Dispatch:
    """One campaign's batches on their way; for one thread."""

    run: Run
    names: BlockNames
    client: SyncPrefectClient
    deployment: UUID
    work_here: WorkHere
    waiting: deque[tuple[BatchRef, int]] = field(default_factory=deque)
    out: dict[UUID, Sent] = field(default_factory=dict)
    ended: list[FlowRun | PrefectFuture[Any]] = field(default_factory=list)
    passing: str = field(default_factory=lambda: uuid4().hex)
    """Tells this going through the batches from an earlier one of the same run."""

    taken_back: set[UUID] = field(default_factory=set)
    alone_since: float = 0.0
    """Since when no worker has any of ours."""

    def work(self, batches: Sequence[BatchRef]) -> list[FlowRun | PrefectFuture[Any]]:
        self.alone_since = self._now()
        self.waiting.extend((batch, 1) for batch in batches)
        try:
            with self.run.heeding_stop():
                self._work()
        finally:
            self._recall()
        return self.ended

    def _work(self) -> None:
        try:
            self._hand_out()
        except NOT_TAKEN as error:  # Prefect has asked again for a minute
            say_away(error)
            self._work_alone()

    def _hand_out(self) -> None:
        while (self.waiting or self.out) and not self.run.auto_stop.reason:
            while self.waiting and len(self.out) < BATCHES_DISPATCHED:
                self._send(*self.waiting[0])
                self.waiting.popleft()
            self.run.ledger.clock.sleep(DISPATCH_LOOK_SECONDS)
            self._look()

    def _work_alone(self) -> None:
        """Work on all that is left. A worker that has some of it shares the rows, and is waited for."""
        handed_out = [sent.batch for sent in self.out.values()]
        left = sorted([*handed_out, *(batch for batch, _ in self.waiting)], key=lambda each: each.number)
        self.out.clear()
        self.waiting.clear()
        self.ended.extend(self.work_here(left))
        until = self._now() + SHARED_SECONDS
        while list_other_hands(self.run.ledger, self.run.campaign.id) and self._now() < until:
            self.run.ledger.clock.sleep(DISPATCH_LOOK_SECONDS)
            release_dead_executors(self.run.ledger)

    def _recall(self) -> None:
        """End what is still out: nobody works for a run that is over. One that has begun ends itself."""
        with asking_again():  # away, it would keep us for a minute each
            self._end_out()

    def _end_out(self) -> None:
        over: State[Any] = Cancelling(message="The run that handed this out has ended.")
        for sent in self.out:
            with contextlib.suppress(*NOT_TAKEN):  # the server is away: they look for us themselves
                self.client.set_flow_run_state(sent, over)
        until = self._now() + RECALL_SECONDS
        while self.out and self._now() < until:
            self.run.ledger.clock.sleep(DISPATCH_LOOK_SECONDS)
            with contextlib.suppress(*NOT_TAKEN):
                self._look()

    def _send(self, batch: BatchRef, times: int) -> None:
        """Once only for one try of one batch, even if the answer is lost and this is done again."""
        made = self.client.create_flow_run_from_deployment(
            self.deployment,
            parameters={**asdict(batch), **asdict(self.names)},
            name=f"{batch.campaign}-{batch.number}",
            tags=["outreach", f"campaign:{batch.campaign}", *name_parent(self.run)],
            idempotency_key=f"{flow_run.id}/{self.passing}/{batch.number}/{times}",
        )
        self.out[made.id] = Sent(batch, times)

    def _look(self) -> None:
        untaken: list[UUID] = []
        living = list_living_executors(self.run.ledger)
        for seen in self._read_out():
            sent = self.out[seen.id]
            state = seen.state
            if state is None:
                continue
            if state.is_scheduled():
                untaken.append(seen.id)
                continue
            if seen.id not in self.taken_back:
                self.alone_since = self._now()
            if state.is_crashed():
                self._again(seen, sent)
            elif state.is_cancelled() and seen.id in self.taken_back:
                del self.out[seen.id]
            elif state.is_final():
                self._end(seen)
            elif self._is_lost(seen, sent, living):
                self.client.set_flow_run_state(seen.id, Crashed(message="Its worker died."), force=True)
                self._again(seen, sent)
        if untaken and self._now() - self.alone_since > UNTAKEN_SECONDS:
            self._take_back(min(untaken, key=lambda each: self.out[each].batch.number))

    def _read_out(self) -> list[FlowRun]:
        """What the server has of them. A run that a person deleted, with other late ones, is made again."""
        chosen = FlowRunFilter(id=FlowRunFilterId(any_=list(self.out)))
        found = self.client.read_flow_runs(flow_run_filter=chosen)
        for deleted in self.out.keys() - {each.id for each in found}:
            sent = self.out.pop(deleted)
            self.waiting.appendleft((sent.batch, sent.times + 1))
        return found

    def _take_back(self, untaken: UUID) -> None:
        """Work on it here. A worker that takes it at this moment shares the rows, and is waited for."""
        batch = self.out[untaken].batch
        self.taken_back.add(untaken)
        log.warning("no worker takes batch %s: this run works on it. %s", batch.number, MORE_WORKERS)
        self.client.set_flow_run_state(untaken, Cancelled(message="Its campaign works on it."), force=True)
        done = self.work_here([batch])
        self.ended.extend(done)
        if self.run.auto_stop.reason or not all(each.state.is_completed() for each in done):
            self.waiting.clear()

    def _is_lost(self, seen: FlowRun, sent: Sent, living: frozenset[str]) -> bool:
        """Whether nobody works on it: its executor is gone for a while, or it was taken and never begun."""
        if seen.state and seen.state.is_pending():
            sent.pending_since = sent.pending_since or self._now()  # it may have waited long before
            return self._now() - sent.pending_since > UNBEGUN_SECONDS
        executor = _executor(seen)
        if executor is None or executor in living:
            sent.missing_since = None
            return False
        # An executor leaves the register a moment before its run ends.
        sent.missing_since = sent.missing_since or self._now()
        return self._now() - sent.missing_since > MISSING_SECONDS

    def _again(self, seen: FlowRun, sent: Sent) -> None:
        if sent.times >= DISPATCHES_AT_MOST:
            self._end(seen)
            return
        log.warning("batch %s lost its worker and is handed to another", sent.batch.number)
        del self.out[seen.id]
        self.waiting.appendleft((sent.batch, sent.times + 1))

    def _end(self, seen: FlowRun) -> None:
        del self.out[seen.id]
        self.ended.append(seen)
        if seen.state and seen.state.message == _OVER_LIMIT:
            seen.state.message = CANCELLING_LIMIT
        if seen.state and not seen.state.is_completed():
            self.waiting.clear()

    def _now(self) -> float:
        return self.run.ledger.clock.monotonic()


def _executor(seen: FlowRun) -> str | None:
    tags = (tag for tag in seen.tags if tag.startswith(EXECUTOR_TAG))
    return next((tag.removeprefix(EXECUTOR_TAG) for tag in tags), None)

"""The steps that a flow of contacts goes through: prepare, register, validate, interact, deliver.

Apart from the flows themselves: a worker makes a process for each run, and one for a single contact need not
wait for the form of a campaign, its approval and its dispatch.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from prefect import Task
from prefect.futures import PrefectFuture

from flows.opening import OpenRun
from flows.stopping import wait_for
from flows.verdict import Ended, first_failure
from outreach.campaign.reconciliation import recover
from outreach.campaign.run import Run
from outreach.campaign.texts import object_to_texts
from outreach.contacts import Channel
from outreach.ledger.claims import BatchRef, find_unfinished, plan
from outreach.reachability import Availability
from tasks.interaction import interact
from tasks.loading import mirror, ready_senders
from tasks.policies import BATCHES_AT_MOST, BATCHES_AT_ONCE
from tasks.registration import register
from tasks.validation import validate
from tasks.webhook import deliver


def give(opened: OpenRun, senders: Availability) -> Sequence[Ended]:
    """On the campaign route: what an earlier run left with Genesys' engine, and whoever is cleared for it."""
    if not opened.run.engine_channels:
        return ()
    from tasks.handing_over import give_to_engine  # noqa: PLC0415 - most campaigns need none of it

    given = give_to_engine.submit(opened.reference, senders)
    wait_for([given])
    return [given]


def finish(
    run: Run,
    batches: Sequence[BatchRef],
    go_through: Callable[[Sequence[BatchRef]], Sequence[Ended]],
    hand_over: Callable[[], Sequence[Ended]],
) -> tuple[Sequence[Ended], int]:
    """Go through the batches until nothing in them is left to do; the last work, and how many are left.

    More than once where people became free again: a try lost the database, a process died, a doubt was
    released. It ends when something failed, when somebody called it off, and when going through them once
    more got nobody further.
    """
    work = hand_over()
    left = sum(batch.size for batch in batches) + 1
    while batches:
        work = [*go_through(batches), *hand_over()]
        if not run.auto_stop.is_called_off:
            recover(run, is_round=False)
        batches = find_unfinished(run.ledger, run.campaign, batches)
        before, left = left, sum(batch.size for batch in batches)
        if run.auto_stop.reason or first_failure(work) or left >= before:
            return work, left
    return work, 0


def prepare(opened: OpenRun, name: str) -> Availability:
    """Ask the organisation whom it leaves alone, and which channels our senders can serve.

    The run is stopped where nobody knows whom it leaves alone, or what to say.
    """
    ready = ask_senders(name, opened)
    run = opened.run
    if objection := mirror(name, opened.reference).objection(run.settings) or object_to_texts(run):
        run.auto_stop.stop(objection)
    return {Channel(channel): verdict for channel, verdict in ready.items()}


def ask_senders(name: str, opened: OpenRun) -> dict[str, str]:
    """What the organisation says of our senders: from the cache only while it is good news."""
    asked = (name, opened.blocks.senders_key, opened.reference)
    state = ready_senders(*asked, return_state=True)
    ready = state.result()
    # A sender that was mended a minute ago must not keep everybody back until the cache is old.
    if state.name == "Cached" and any(said.startswith("sender_") for said in ready.values()):
        return ready_senders.with_options(refresh_cache=True)(*asked)
    return ready


def plan_batches(run: Run) -> list[BatchRef]:
    """Everything that is due, oldest first."""
    return plan(run.ledger, run.campaign, size=run.batch_size, at_most=BATCHES_AT_MOST)


def advance(opened: OpenRun, batches: Sequence[BatchRef], senders: Availability) -> list[PrefectFuture[Any]]:
    """The steps over batches: a few of them in the pipeline, the oldest first."""
    work: list[PrefectFuture[Any]] = []
    run = opened.reference
    for wave in waves(batches):
        registered = [register.submit(batch, run) for batch in wave]
        validated = submit_after(registered, wave, validate, run, senders)
        interacted = submit_after(validated, wave, interact, run, senders)
        work += [*registered, *validated, *interacted, *submit_after(interacted, wave, deliver, run)]
    wait_for(work)
    return work


def submit_after(
    before: Sequence[PrefectFuture[Any]],
    wave: Sequence[BatchRef],
    step: Task[..., Any],
    *given: Any,  # noqa: ANN401 - the step's own
) -> list[PrefectFuture[Any]]:
    """A step over a wave, each batch as soon as the step before it is done.

    It does not take that step's result: Prefect would ask its server for the state of what is not done yet,
    and fail where the server is away.
    """
    pairs = zip(wave, before, strict=True)
    return [step.submit(batch, *given, wait_for=[earlier]) for batch, earlier in pairs]


def waves(batches: Sequence[BatchRef]) -> Iterator[Sequence[BatchRef]]:
    """A few batches at a time, in order, so that the first people are contacted before the last are known."""
    for start in range(0, len(batches), BATCHES_AT_ONCE):
        yield batches[start : start + BATCHES_AT_ONCE]

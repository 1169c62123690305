"""The campaign: contacts in, interactions started, the CRM told, the sums proven."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from prefect import Task
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner

from flows.approval import ask
from flows.dispatch import dispatch as hand_out
from flows.dispatch import widen
from flows.dry_run import find_asked_columns, find_sender_of, rehearse_campaign
from flows.masking import private_flow
from flows.opening import BlockNames, OpenRun, open_run
from flows.parameters import BlockName, CampaignName, SourceName
from flows.question import Question, find_question
from flows.stopping import INTERRUPTED, end_early, prefect_heeded, wait_for
from flows.telling import tell_earlier
from flows.verdict import Ended, conclude, decline, first_failure
from outreach.campaign.reconciliation import recover
from outreach.campaign.reconsideration import reconsider
from outreach.campaign.run import Run
from outreach.campaign.texts import object_to_texts
from outreach.contacts import Channel
from outreach.follow_up.links import link_due
from outreach.ledger.claims import BatchRef, find_unfinished, plan
from outreach.ledger.proof import count_contacted
from outreach.reachability import Availability
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_list
from outreach.sources.source import Source
from tasks.handing_over import give_to_engine
from tasks.interaction import interact
from tasks.loading import load, mirror, ready_senders
from tasks.policies import BATCHES_AT_MOST, BATCHES_AT_ONCE, RUNNER_THREADS
from tasks.progress import Sink, progress_shown
from tasks.registration import register
from tasks.validation import validate
from tasks.webhook import deliver


@private_flow(
    name="run-campaign",
    flow_run_name="{campaign}",
    description="Contact everybody in a source, exactly once, and prove it.",
    task_runner=ThreadPoolTaskRunner(max_workers=RUNNER_THREADS),
)
def run_campaign(
    source: SourceName,
    campaign: CampaignName,
    genesys: BlockName = "default",
    senders: BlockName = "default",
    webhook: BlockName | None = "default",
    ledger: BlockName = "default",
    settings: CampaignSettings = CampaignSettings(),  # noqa: B008 - frozen
    dispatch: Literal["here", "work-pool"] = "here",
) -> State[dict[str, Any]]:
    """Load what is new in the source and advance every contact of the campaign that is due.

    Running it again resumes it, retries what may be retried, and takes up deferred contacts; nobody is
    contacted twice.

    Args:
        source: Path or URL of .csv, .xlsx, .jsonl, .parquet ..., or a database URL with a query.
        campaign: Its name; the same name is the same campaign.
        genesys: Name of the credentials block.
        senders: Name of the senders block.
        webhook: Name of the CRM webhook block; none tells nobody.
        ledger: Name of the ledger block.
        settings: How the campaign behaves.
        dispatch: 'here' works in this process, 'work-pool' hands batches to the workers of the pool.

    Returns:
        The proof; with `settings.dry_run` the dry run's numbers.
    """
    names = BlockNames(genesys, senders, webhook, ledger)
    contacts = partial(open_list, source, settings, find_asked_columns(names))
    if settings.dry_run:
        return rehearse_campaign(contacts, campaign, settings, names)
    asked = find_question() if settings.approve_above is not None else None
    with (
        # An answer is older than a stop that came after its question.
        open_run(campaign, names, settings, lifts_stop=asked is None or asked.is_over) as opened,
        progress_shown(opened.run, opened.spent, opened.key) as watchers,
        prefect_heeded(opened.run),
    ):
        sinks = [watcher.sink for watcher in watchers]
        try:
            return work_on(opened, names, contacts, sinks, asked, hands_out=dispatch == "work-pool")
        except INTERRUPTED as interrupt:
            return end_early(opened.run, interrupt)


def work_on(
    opened: OpenRun,
    names: BlockNames,
    contacts: Callable[[], Source],
    sinks: Sequence[Sink],
    asked: Question | None,
    *,
    hands_out: bool,
) -> State[dict[str, Any]]:
    """The campaign, from its source to the proof."""
    run, before = opened.run, count_contacted(opened.run.ledger, opened.run.campaign)
    tell_earlier(run)
    recover(run)
    load(run.campaign.name, opened.reference, contacts, run.rejects_file)
    run.age.confirm()
    availability = prepare(opened, names.genesys)
    run.stop_watch.look()
    if run.auto_stop.reason:
        return conclude(opened, [], contacted_before=before)
    reconsider(replace(run, senders=availability))
    batches = plan_batches(run)
    due = sum(batch.size for batch in batches)
    senders = partial(find_sender_of, names)
    said = ask(replace(run, senders=availability), due, contacts, sinks, asked, senders)
    if said.is_no:
        return decline(run, said)

    def go_through(due: Sequence[BatchRef]) -> Sequence[Ended]:
        here = partial(advance, opened, senders=availability)
        return hand_out(run, names, widen(due, run.batch_size), here) if hands_out else here(due)

    work, left = finish(run, batches, go_through, partial(give, opened, availability))
    link_due(run, count_contacted(run.ledger, run.campaign) - before)
    return conclude(opened, work, contacted_before=before, left=left)


def give(opened: OpenRun, senders: Availability) -> Sequence[Ended]:
    """On the campaign route: what an earlier run left with Genesys' engine, and whoever is cleared for it."""
    if not opened.run.engine_channels:
        return ()
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
            recover(run)
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

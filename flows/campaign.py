"""The campaign: contacts in, interactions started, the CRM told, the sums proven."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from prefect.client.schemas.objects import State
from prefect.states import Completed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.beside import beside
from flows.dispatch import dispatch as hand_out
from flows.dispatch import widen
from flows.masking import private_flow
from flows.opening import BlockNames, OpenRun, find_asked_columns, open_run
from flows.parameters import BlockName, CampaignName, SourceName
from flows.prefect_watch import prefect_heeded
from flows.standing import count_before, leave_out_corrected
from flows.steps import advance, finish, give, plan_batches, prepare
from flows.stopping import INTERRUPTED, end_early
from flows.telling import tell_earlier
from flows.verdict import Ended, conclude, prove_now
from outreach.campaign.reconciliation import recover
from outreach.campaign.reconsideration import reconsider
from outreach.campaign.run import Run
from outreach.follow_up.links import link_due
from outreach.ledger.claims import BatchRef
from outreach.ledger.contacts import count_in
from outreach.ledger.runs import note_end
from outreach.ledger.states import CONTACTED
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_list
from outreach.sources.source import Source
from tasks.loading import load
from tasks.policies import RUNNER_THREADS
from tasks.progress import Sink, progress_shown

if TYPE_CHECKING:
    from flows.approval import Said
    from flows.question import Question


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
    if settings.dry_run:
        from flows.dry_run import rehearse_campaign  # noqa: PLC0415 - no real run's: 0.02 s

        contacts = partial(open_list, source, settings, find_asked_columns(names))
        return rehearse_campaign(contacts, campaign, settings, names)
    asked = _find_question() if settings.approve_above is not None else None
    lifts_stop = asked is None or asked.is_over  # an answer is older than a stop that came after its question
    with (
        beside() as begin,
        open_run(campaign, names, settings, lifts_stop=lifts_stop, begin=begin) as opened,
        progress_shown(opened.run, opened.spent, opened.key) as watchers,
        prefect_heeded(opened.run),
    ):
        sinks = [watcher.sink for watcher in watchers]
        contacts = partial(open_list, source, settings, opened.blocks.asked_columns)
        try:
            return work_on(opened, names, contacts, sinks, asked, hands_out=dispatch == "work-pool")
        except INTERRUPTED as interrupt:
            return end_early(opened.run, interrupt)


def work_on(
    opened: OpenRun,
    names: BlockNames,
    contacts: Callable[[], Source],
    sinks: Sequence[Sink],
    asked: "Question | None",
    *,
    hands_out: bool,
) -> State[dict[str, Any]]:
    """The campaign, from its source to the proof."""
    run, before = opened.run, count_before(opened.run)
    tell_earlier(run)
    recover(run)
    load(run.campaign.name, opened.reference, contacts, run.rejects_file)
    before = leave_out_corrected(before, run)
    run.age.confirm()
    availability = prepare(opened, names.genesys)
    run.stop_watch.look()
    if run.auto_stop.reason:
        return conclude(opened, [], before=before)
    reconsider(replace(run, senders=availability))
    batches = plan_batches(run)
    due = sum(batch.size for batch in batches)
    if asked or run.settings.approve_above is not None:
        from flows.approval import ask  # noqa: PLC0415 - 0.02 s of every run, and most ask nobody
        from flows.dry_run import find_sender_of  # noqa: PLC0415 - as above

        senders = partial(find_sender_of, names)
        said = ask(replace(run, senders=availability), due, contacts, sinks, asked, senders)
        if said.is_no:
            return decline(run, said)

    def go_through(due: Sequence[BatchRef]) -> Sequence[Ended]:
        here = partial(advance, opened, senders=availability)
        return hand_out(run, names, widen(due, run.batch_size), here) if hands_out else here(due)

    work, left = finish(run, batches, go_through, partial(give, opened, availability))
    link_due(run, count_in(run.ledger, run.campaign.id, CONTACTED) - before.contacted)
    return conclude(opened, work, before=before, left=left)


def _find_question() -> "Question | None":
    from flows.question import find_question  # noqa: PLC0415 - as in `work_on`

    return find_question()


def decline(run: Run, said: "Said") -> State[dict[str, Any]]:
    """End a run that a person did not want: nothing was contacted, and nothing is wrong."""
    message, proof = f"{said.sentence} Nobody was contacted.", prove_now(run)
    verdict = "declined" if proof.balanced else "red"
    note_end(run.ledger, run.campaign, {"verdict": verdict, "contacted_so_far": proof.contacted})
    return Completed(name=said.answer.value, message=message, data=proof.as_json())

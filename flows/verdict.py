"""The run's own verdict: red where a sum does not hold, it was stopped, or it reached nobody who was due."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.objects import State as FlowState
from prefect.context import FlowRunContext
from prefect.states import Cancelled, Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.events import signal
from flows.one_person import name_answer
from flows.opening import OpenRun
from flows.standing import Before, narrow
from flows.stopping import describe_stop
from flows.telling import hand_over
from outreach.campaign.heap import give_back
from outreach.campaign.notification import announce_end, last_delivery_seconds
from outreach.campaign.run import Run
from outreach.counting import counted
from outreach.errors import CampaignStopped, NobodyContacted, SumsDoNotHold
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.proof import Proof, prove, recount_webhooks
from outreach.ledger.release import list_other_hands
from outreach.ledger.runs import stop_campaign
from outreach.report.kept_back import explain_kept_back, explain_nobody
from outreach.report.summary import ALL_BEFORE, summary_sentence
from outreach.report.wording import instant
from tasks.progress import tell


class Ended(Protocol):
    """Work that is over: a task's future, or a flow run that a worker took."""

    @property
    def state(self) -> FlowState[Any] | None:
        """How it ended."""
        ...


def conclude(
    opened: OpenRun, work: Sequence[Ended], *, before: Before, left: int = 0
) -> FlowState[dict[str, Any]]:
    """Prove the campaign, tell the CRM, publish the report, and say how the run ended."""
    run = opened.run
    if not run.auto_stop.is_called_off and (stopped := run.auto_stop.reason or first_failure(work)):
        stop_campaign(run.ledger, run.campaign, stopped)
    run.ledger.db.shrink()
    give_back()
    proof = _settle(run)
    own = narrow(proof, run, before)
    if not (run.auto_stop.is_called_off or proof.stopped or left):
        reason, advice = explain_nobody(own, contacted_before=before.contacted, failed_before=before.failed)
        proof = replace(proof, nobody_contacted=f"{reason} {advice}".strip() or None)
    from tasks.reporting import publish  # noqa: PLC0415 - 0.02 s, in which people are contacted already

    show = partial(
        publish, opened.reference, proof, opened.spent() if _is_worked_here(work) else None, opened.key
    )
    is_told = show()
    signal(proof, opened.spent())
    if run.auto_stop.is_called_off and proof.balanced:  # or since: Prefect takes no other end then
        state: FlowState[dict[str, Any]] = Cancelled(message=describe_stop(run))
    else:
        state = judge(
            proof, contacted_before=before.contacted, failed_before=before.failed, left=left, own=own
        )
    if before.one is not None and state.is_completed():
        state = name_answer(run, before.one, state, before.rejected_for)
    if others := _name_other_hands(run):
        tell(others)
        state.message = f"{state.message} {others}"
    return hand_over(run, state, proof, opened.spent(), is_told=is_told, tell_again=show)


def judge(
    proof: Proof, *, contacted_before: int, failed_before: int = 0, left: int = 0, own: Proof | None = None
) -> FlowState[dict[str, Any]]:
    """The state that a campaign's run ends in.

    Args:
        proof: what the campaign's rows say now.
        contacted_before: how many people the campaign had contacted when the run began.
        failed_before: how many had failed by then.
        left: how many contacts of the run it left undone.
        own: with the counts of whom alone the run is about, as the two before are then; None for all.
    """
    own = own or proof
    idle = own.contacted == contacted_before and own.contacted > 0
    sentence = summary_sentence(proof) + (ALL_BEFORE if idle else "")
    if proof.stopped:
        advice = "Mend it and run the campaign again: it resumes."
        return Failed(message=sentence, data=CampaignStopped(proof.campaign, proof.stopped, advice))
    if left:  # whatever else holds: away is not done
        due = counted(left, "contact is still due", "contacts are still due")
        reason = f"{due}, and nobody works on {'it' if left == 1 else 'them'}."
        advice = "Run the campaign again: it resumes."
        return Failed(message=f"{sentence}. {reason}", data=CampaignStopped(proof.campaign, reason, advice))
    if not proof.balanced:
        red = SumsDoNotHold(proof.campaign, "; ".join(proof.missing))
        return Failed(message=f"{sentence}. {red}", data=red)
    reason, advice = explain_nobody(own, contacted_before=contacted_before, failed_before=failed_before)
    if reason:
        nobody = NobodyContacted(proof.campaign, reason, advice)
        return Failed(message=f"{sentence}. {nobody}", data=nobody)
    reason, _ = explain_kept_back(own)
    return Completed(message=f"{sentence}. {reason}" if reason else sentence, data=proof.as_json())


def first_failure(work: Sequence[Ended]) -> str | None:
    """Why the first of them failed, crashed or was cancelled; None when none did."""
    for each in work:
        state = each.state
        if state and (state.is_failed() or state.is_crashed() or state.is_cancelled()):
            return state.message or f"A batch ended in state {state.name}."
    return None


def _settle(run: Run) -> Proof:
    """The proof, after the CRM was told of it and of everything else for as long as that may take."""
    proof = prove_now(run)
    announce_end(run, proof)
    if run.courier:
        run.courier.stop(last_delivery_seconds(run.auto_stop))
    return recount_webhooks(run.ledger, run.campaign, proof)


def _name_other_hands(run: Run) -> str:
    """Who holds people whom this run left to them: it may be at work, or on a laptop that sleeps."""
    hands = list_other_hands(run.ledger, run.campaign.id)
    if not hands:
        return ""
    held = counted(sum(each.people for each in hands), "contact is", "contacts are")
    who = "; ".join(
        f"process {each.pid} on {each.host.partition('/')[0]}, which last said at {instant(each.seen_at)}"
        " that it lives"
        for each in hands
    )
    return f"{held} in other hands: {who}. Run the campaign again later: it takes up what they leave."


def prove_now(run: Run) -> Proof:
    """What the campaign's rows say now."""
    return prove(run.ledger, find_campaign(run.ledger, run.campaign.name))


def _is_worked_here(work: Sequence[Ended]) -> bool:
    """Whether no other process asked anything of Genesys: what they asked, only they know."""
    context = FlowRunContext.get()
    threads = context is None or isinstance(context.task_runner, ThreadPoolTaskRunner)
    return threads and not any(isinstance(each, FlowRun) for each in work)

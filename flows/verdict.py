"""The run's own verdict: green when every sum holds and nothing stopped it, else red with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.events import signal
from outreach.campaign.notification import announce_end
from outreach.campaign.run import Run
from outreach.errors import CampaignStopped, SumsDoNotHold
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.proof import Proof, prove, recount_webhooks
from outreach.ledger.runs import stop_campaign
from outreach.report.summary import summary_sentence
from tasks.policies import LAST_DELIVERY_SECONDS
from tasks.reporting import publish


class Ended(Protocol):
    """Work that is over: a task's future, or a flow run that a worker took."""

    @property
    def state(self) -> State[Any] | None:
        """How it ended."""
        ...


def conclude(run: Run, work: Sequence[Ended]) -> State[dict[str, Any]]:
    """Prove the campaign, tell the CRM, publish the report, and say how the run ended."""
    stopped = run.auto_stop.reason or first_failure(work)
    if stopped:
        stop_campaign(run.ledger, run.campaign, stopped)
    proof = _prove(run)
    announce_end(run, proof)
    if run.courier:
        run.courier.stop(LAST_DELIVERY_SECONDS)
    proof = recount_webhooks(run.ledger, run.campaign, proof)
    publish(run, proof)
    signal(proof, run.usage.snapshot() if run.usage else None)
    sentence = f"{summary_sentence(proof)}{_news(run, proof)}"
    if stopped:
        advice = "Mend it and run the campaign again: it resumes."
        return Failed(message=sentence, data=CampaignStopped(proof.campaign, stopped, advice))
    if not proof.balanced:
        red = SumsDoNotHold(proof.campaign, "; ".join(proof.missing))
        return Failed(message=f"{sentence}. {red}", data=red)
    return Completed(message=sentence, data=proof.as_json())


def _news(run: Run, proof: Proof) -> str:
    """Says so when a run of a campaign that contacted people before found nobody new."""
    same = proof.contacted == run.contacted_before and proof.contacted > 0
    return " (all contacted before, nobody in this run)" if same else ""


def _prove(run: Run) -> Proof:
    return prove(run.ledger, find_campaign(run.ledger, run.campaign.name))


def decline(run: Run, reason: str) -> State[dict[str, Any]]:
    """End a run that a person did not want: nothing was contacted, and nothing is wrong."""
    name = "Refused" if reason.startswith("Refused") else "NotApproved"
    message = f"{reason} Nobody was contacted."
    return Completed(name=name, message=message, data=_prove(run).as_json())


def first_failure(work: Sequence[Ended]) -> str | None:
    """Why the first of them failed, crashed or was cancelled; None when none did."""
    for each in work:
        state = each.state
        if state and (state.is_failed() or state.is_crashed() or state.is_cancelled()):
            return state.message or f"A batch ended in state {state.name}."
    return None

"""The run's own verdict: green when every sum holds and nothing stopped it, else red with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Completed, Failed

from outreach.errors import CampaignStopped
from outreach.ledger.campaigns import find_campaign, stop_campaign
from outreach.ledger.proof import Proof, prove
from outreach.report.summary import summary_sentence
from outreach.run import Run
from outreach.telling import announce_end
from tasks.policies import LAST_DELIVERY_SECONDS
from tasks.reporting import publish


def judge(run: Run, work: Sequence[PrefectFuture[Any]]) -> State[dict[str, Any]]:
    """Prove the campaign, tell the CRM, publish the report, and say how the run ended."""
    stopped = run.watch.reason or _first_failure(work)
    if stopped:
        stop_campaign(run.ledger, run.campaign, stopped)
    announce_end(run, _prove(run))
    if run.courier:
        run.courier.stop(LAST_DELIVERY_SECONDS)
    proof = _prove(run)
    publish(run, proof)
    sentence = summary_sentence(proof)
    if stopped:
        advice = "Mend it and run the campaign again: it resumes."
        return Failed(message=sentence, data=CampaignStopped(proof.campaign, stopped, advice))
    if not proof.balanced:
        return Failed(message=sentence, data=proof.as_json())
    return Completed(message=sentence, data=proof.as_json())


def _prove(run: Run) -> Proof:
    return prove(run.ledger, find_campaign(run.ledger, run.campaign.name))


def _first_failure(work: Sequence[PrefectFuture[Any]]) -> str | None:
    for future in work:
        if future.state.is_failed() or future.state.is_crashed():
            return future.state.message
    return None

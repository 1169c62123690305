"""A campaign as a dry run: the same gate, no organisation asked, nothing written to the ledger."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from blocks import ContactLedger, GenesysCredentials
from blocks.stored import load_block
from flows.opening import Names, actor
from outreach.ledger.campaigns import check_name
from outreach.report.forecast import Pace
from outreach.report.outlook import forecast_sentence
from outreach.settings import CampaignSettings
from outreach.sources.source import Source
from tasks.rehearsal import forecast


def rehearse_campaign(
    source: Source, campaign: str, settings: CampaignSettings, names: Names
) -> State[dict[str, Any]]:
    """Decide on every row and say what a real run would do now; the numbers are the run's answer."""
    check_name(campaign)
    pace = _pace(load_block(GenesysCredentials, names.genesys))
    with load_block(ContactLedger, names.ledger).open(actor()) as ledger:
        result = forecast(campaign, source, settings, ledger, pace)
    return Completed(message=f"Dry run: {forecast_sentence(result)}", data=result.as_json())


def _pace(credentials: GenesysCredentials) -> Pace:
    budget = credentials.requests_per_minute or None
    if credentials.api == "guide":
        return Pace(
            budget, requests_per_contact=3, creations_per_minute=credentials.creations_per_minute or None
        )
    return Pace(budget)

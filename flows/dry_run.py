"""A campaign as a dry run: the same gate; the organisation is only read, the ledger is only looked into."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from blocks import GenesysCredentials, Senders
from blocks.stored import load_block
from flows.opening import BlockNames, ledger_if_any
from outreach.decisions.preview import SenderOf, nobody
from outreach.errors import GenesysError, SettingsError
from outreach.ledger.campaigns import settle_name
from outreach.ledger.ledger import Ledger
from outreach.ledger.rate_slots import LedgerSlotAllocator
from outreach.reachability import Availability
from outreach.report.forecast import Pace
from outreach.settings import CampaignSettings
from outreach.sources.source import Source
from tasks.artifact_keys import artifact_key

log = logging.getLogger("outreach.decisions.dry_run")  # shown with the run, and without one


def rehearse_campaign(
    contacts: Callable[[], Source], campaign: str, settings: CampaignSettings, names: BlockNames
) -> State[dict[str, Any]]:
    """Decide on every row and say what a real run would do now; the numbers are the run's answer."""
    from outreach.report.forecast_views import forecast_sentence  # noqa: PLC0415 - no real run's: 0.01 s
    from tasks.dry_run import forecast  # noqa: PLC0415 - as above

    with ledger_if_any(names.ledger) as ledger:
        campaign = settle_name(ledger, campaign, is_new=settings.another_campaign)
        pace, senders = ask_organisation(names, ledger)
    book, key = partial(ledger_if_any, names.ledger), artifact_key(campaign, names.ledger)
    result = forecast(campaign, contacts, settings, book, pace, senders, partial(find_sender_of, names), key)
    return Completed(message=f"Dry run: {forecast_sentence(result)}", data=result.as_json())


def ask_organisation(names: BlockNames, ledger: Ledger | None) -> tuple[Pace, Availability | None]:
    """The budget of the credentials, and what the organisation says of our senders, None without an answer.

    Nothing there changes: a login, and requests that read, within the budget that all processes share.

    Raises:
        SettingsError: a block is missing.
    """
    credentials = load_block(GenesysCredentials, names.genesys)
    senders = load_block(Senders, names.senders).as_senders() if credentials.api == "platform" else None
    timetable = LedgerSlotAllocator(ledger) if ledger else None
    try:
        with credentials.open(senders, timetable=timetable) as genesys:
            return _pace(credentials), genesys.check_senders()
    except GenesysError as error:
        log.warning("The senders could not be asked about: %s", error)
        return _pace(credentials), None


def find_sender_of(names: BlockNames) -> SenderOf:
    """From whom messages come by the senders block; nobody where there is none, as on the guide API."""
    try:
        return load_block(Senders, names.senders).as_senders().choose
    except SettingsError:
        return nobody


def _pace(credentials: GenesysCredentials) -> Pace:
    budget = credentials.whole_budget or None
    if credentials.api == "guide":
        return Pace(
            budget, requests_per_contact=3, creations_per_minute=credentials.creations_per_minute or None
        )
    return Pace(budget)

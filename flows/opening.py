"""Opening what a flow works with: blocks by name, ledger, organisation, courier; closed together."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from prefect.runtime import flow_run

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
from blocks.stored import load_block
from outreach.genesys import interface
from outreach.genesys.pacing import token_key
from outreach.ledger.ledger import Ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.ledger.timetable import LedgerTimetable
from outreach.run import Run, open_run
from outreach.settings import CampaignSettings
from outreach.webhook.delivery import Courier
from tasks.authentication import authenticate
from tasks.policies import LAST_DELIVERY_SECONDS


@dataclass(frozen=True)
class Names:
    """The stored blocks that a flow names in its parameters."""

    genesys: str = "default"
    senders: str = "default"
    webhook: str | None = "default"
    ledger: str = "default"


@contextlib.contextmanager
def open_campaign(campaign: str, settings: CampaignSettings, names: Names) -> Iterator[Run]:
    """One campaign, ready to run.

    Raises:
        SettingsError: a block is missing, or a setting is wrong.
        GenesysError: nobody can log in.
        LedgerError: the ledger cannot be opened.
    """
    credentials = load_block(GenesysCredentials, names.genesys)
    senders = load_block(Senders, names.senders).as_senders() if credentials.api == "platform" else None
    webhook = load_block(CrmWebhook, names.webhook) if names.webhook else None
    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(load_block(ContactLedger, names.ledger).open(actor()))
        token = authenticate(names.genesys, _token_name(credentials), credentials.fetch_token)
        opened = credentials.open(senders, timetable=LedgerTimetable(ledger), sealed_token=token)
        genesys = stack.enter_context(opened)
        budget = credentials.requests_per_minute or None
        run = stack.enter_context(
            open_run(
                ledger,
                genesys,
                campaign,
                settings,
                endpoint=names.webhook,
                requests_per_minute=budget,
                senders_key=_senders_name(credentials, senders),
            )
        )
        run.usage = genesys.connection.usage
        if webhook is not None and names.webhook is not None:
            run.courier = stack.enter_context(_courier(ledger, webhook, names.webhook, run.campaign.id))
        yield run


@contextlib.contextmanager
def _courier(ledger: Ledger, webhook: CrmWebhook, name: str, campaign_id: int) -> Iterator[Courier]:
    with webhook.open() as endpoint:
        courier = Courier(LedgerOutbox(ledger, name, campaign_id), endpoint, clock=ledger.clock)
        courier.start()
        try:
            yield courier
        finally:
            courier.stop(LAST_DELIVERY_SECONDS)


def actor() -> str:
    """Who acts, for the audit."""
    return f"flow run {flow_run.id}" if flow_run.id else "outreach"


def _senders_name(credentials: GenesysCredentials, senders: interface.Senders | None) -> str:
    return hashlib.sha256(f"{_token_name(credentials)}/{senders}".encode()).hexdigest()[:32]


def _token_name(credentials: GenesysCredentials) -> str:
    """What the token's cache goes by: the client and its host, as a hash."""
    host = credentials.login_url or credentials.org_id or credentials.region
    return f"{credentials.api}/{token_key(f'{credentials.client_id}@{host}')}"

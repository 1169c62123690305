"""Opening what a flow works with: blocks by name, ledger, organisation, courier; closed together."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from prefect.runtime import flow_run

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
from blocks.stored import load_block
from outreach.campaign import run as core
from outreach.genesys import interface
from outreach.genesys.guide import Guide
from outreach.genesys.platform.api import Platform
from outreach.genesys.rate_limit.pacer import token_key
from outreach.ledger.ledger import Ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.ledger.rate_slots import LedgerSlotAllocator
from outreach.settings import CampaignSettings
from outreach.webhook.delivery import Courier
from tasks.authentication import authenticate
from tasks.policies import LAST_DELIVERY_SECONDS


@dataclass(frozen=True)
class BlockNames:
    """The stored blocks that a flow names in its parameters."""

    genesys: str = "default"
    senders: str = "default"
    webhook: str | None = "default"
    ledger: str = "default"


@dataclass(frozen=True)
class Opened:
    """What the named blocks open: to remember, to contact, to tell."""

    ledger: Ledger
    genesys: Platform | Guide
    webhook: CrmWebhook | None
    budget: int | None
    senders_key: str


@contextlib.contextmanager
def open_run(campaign: str, settings: CampaignSettings, names: BlockNames) -> Iterator[core.Run]:
    """One campaign, ready to run.

    Raises:
        SettingsError: a block is missing, or a setting is wrong.
        GenesysError: nobody can log in.
        LedgerError: the ledger cannot be opened.
    """
    with (
        open_blocks(names) as opened,
        core.open_run(
            opened.ledger,
            opened.genesys,
            campaign,
            settings,
            webhook_name=names.webhook,
            requests_per_minute=opened.budget,
            senders_key=opened.senders_key,
        ) as run,
        _at_work(run, opened, names),
    ):
        yield run


@contextlib.contextmanager
def join_run(campaign: str, names: BlockNames) -> Iterator[core.Run]:
    """A campaign that somebody runs already, to work on: its settings, and an earlier stop, stay.

    Raises:
        UnknownCampaign: nobody does.
        SettingsError, GenesysError, LedgerError: as `open_run`.
    """
    with (
        open_blocks(names) as opened,
        core.join_campaign(
            opened.ledger,
            opened.genesys,
            campaign,
            webhook_name=names.webhook,
            requests_per_minute=opened.budget,
        ) as run,
        _at_work(run, opened, names),
    ):
        run.senders_key = opened.senders_key
        yield run


@contextlib.contextmanager
def open_blocks(names: BlockNames) -> Iterator[Opened]:
    """What the blocks open, closed again at the end of the block."""
    credentials = load_block(GenesysCredentials, names.genesys)
    senders = load_block(Senders, names.senders).as_senders() if credentials.api == "platform" else None
    webhook = load_block(CrmWebhook, names.webhook) if names.webhook else None
    with load_block(ContactLedger, names.ledger).open(actor()) as ledger:
        token = authenticate(names.genesys, _token_name(credentials), credentials.fetch_token)
        timetable = LedgerSlotAllocator(ledger)
        with credentials.open(senders, timetable=timetable, sealed_token=token) as genesys:
            budget = credentials.requests_per_minute or None
            yield Opened(ledger, genesys, webhook, budget, _senders_name(credentials, senders))


@contextlib.contextmanager
def _at_work(run: core.Run, opened: Opened, names: BlockNames) -> Iterator[None]:
    """The run with its figures, and with a courier where somebody is told."""
    run.usage = opened.genesys.connection.usage
    if opened.webhook is None or names.webhook is None:
        yield
        return
    with opened.webhook.open() as endpoint:
        outbox = LedgerOutbox(opened.ledger, names.webhook, run.campaign.id)
        run.courier = courier = Courier(
            outbox, endpoint, clock=opened.ledger.clock, threads=run.settings.threads
        )
        courier.start()
        try:
            yield
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

"""Opening what a flow works with: blocks by name, ledger, organisation, courier; closed together.

A task takes no open thing but a reference: a function of this module with its names. In the flow's own
process it finds what the flow has opened, in another one it opens what the names say; see `sharing`.
"""

import contextlib
import hashlib
import logging
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from prefect.runtime import flow_run
from prefect.settings import PREFECT_LOGGING_LEVEL

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
from blocks.ledger import is_deployed
from blocks.stored import load_block
from flows import look_again
from flows.beside import Begin
from flows.lost_runs import end_lost_runs
from flows.metrics import metrics_offered
from flows.prefect_watch import prefect_heeded
from flows.sharing import Shared
from flows.witness import PrefectWitness
from outreach.campaign import opening as core
from outreach.campaign.run import Run
from outreach.errors import SettingsError
from outreach.genesys import senders as who
from outreach.genesys.guide import Guide
from outreach.genesys.http.auth import SealedToken
from outreach.genesys.http.usage import UsageSnapshot
from outreach.genesys.platform.api import Platform
from outreach.genesys.rate_limit.pacer import token_key
from outreach.home import make_home
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import opened_if_any
from outreach.ledger.rate_slots import LedgerSlotAllocator
from outreach.settings import CampaignSettings
from outreach.webhook.endpoint import Endpoint
from tasks.artifact_keys import artifact_key, run_tags
from tasks.authentication import authenticate
from tasks.references import Reference

log = logging.getLogger("outreach.ledger")
# Prefect's extra loggers have no level of their own, and so tell warnings alone.
if not logging.getLogger("outreach").level:
    logging.getLogger("outreach").setLevel(PREFECT_LOGGING_LEVEL.value())


@dataclass(frozen=True)
class BlockNames:
    """The stored blocks that a flow names in its parameters."""

    genesys: str = "default"
    senders: str = "default"
    webhook: str | None = "default"
    ledger: str = "default"


@dataclass(frozen=True)
class OpenBlocks:
    """What the named blocks open: to remember, to contact, to tell."""

    ledger: Ledger
    genesys: Platform | Guide
    webhook: CrmWebhook | None
    budget: int | None
    senders_key: str
    """Tells two sets of senders apart, for caches."""

    asked_columns: frozenset[str]
    """The columns of metadata that the senders go by."""

    def spent(self) -> UsageSnapshot:
        """What this process has asked of Genesys so far."""
        return self.genesys.connection.usage.snapshot()


@dataclass(frozen=True)
class OpenRun:
    """A run that is open in this process, and how tasks refer to it."""

    run: Run
    reference: Reference[Run]
    blocks: OpenBlocks
    key: str
    """What the keys of its artifacts end in."""

    def spent(self) -> UsageSnapshot:
        """What this process has asked of Genesys so far."""
        return self.blocks.spent()


RUNS: Shared[Run] = Shared()
"""This process's runs, by campaign, blocks and flow run."""


@contextlib.contextmanager
def open_run(
    campaign: str,
    names: BlockNames,
    settings: CampaignSettings | None,
    *,
    lifts_stop: bool = True,
    begin: Begin = lambda work: work(),
) -> Iterator[OpenRun]:
    """One campaign, ready to work on, which this flow's tasks find by its reference.

    Args:
        campaign: its name.
        names: the blocks.
        settings: how it behaves; None joins a campaign that is run already: its settings, and an earlier
            stop, stay.
        lifts_stop: whether a run with settings goes on after an earlier stop.
        begin: does what nobody has to wait for (`flows.beside`); at once, unless said otherwise.

    Raises:
        UnknownCampaign: nobody runs it.
        SettingsError: a block is missing, or a setting is wrong.
        GenesysError: nobody can log in.
        LedgerError: the ledger cannot be opened, or is older than what was done with it.
    """
    with contextlib.ExitStack() as stack:
        blocks = stack.enter_context(open_blocks(names))
        gathering = core.open_run(
            blocks.ledger,
            blocks.genesys,
            campaign,
            settings,
            webhook_name=names.webhook,
            endpoint=stack.enter_context(blocks.webhook.open()) if blocks.webhook else None,
            requests_per_minute=blocks.budget,
            witnesses=[PrefectWitness()],
            lifts_stop=lifts_stop,
        )
        run = stack.enter_context(gathering)
        stack.enter_context(metrics_offered(run.campaign.name, blocks.spent))
        begin(partial(end_lost_runs, run.ledger, run_tags(run.campaign.name, names.genesys)))
        key = artifact_key(run.campaign.name, names.ledger)
        yield OpenRun(run, stack.enter_context(offer(run, names)), blocks, key)


@contextlib.contextmanager
def offer(run: Run, names: BlockNames) -> Iterator[Reference[Run]]:
    """What tasks take instead of the run, for the length of the block."""
    key = (run.campaign.name, names, flow_run.id or uuid.uuid4().hex)
    with RUNS.offer(key, run):
        yield partial(find_run, *key)


@contextlib.contextmanager
def find_run(campaign: str, names: BlockNames, flow_run_id: str) -> Iterator[Run]:
    """The flow run's run: the flow's own where this is its process, else one that this process opens."""
    with RUNS.borrow((campaign, names, flow_run_id), partial(_join_elsewhere, campaign, names)) as run:
        yield run


@contextlib.contextmanager
def _join_elsewhere(campaign: str, names: BlockNames) -> Iterator[Run]:
    """Without a courier: the one of the flow's process sees whatever is written to the outbox."""
    with (
        open_blocks(names) as blocks,
        core.open_run(
            blocks.ledger,
            blocks.genesys,
            campaign,
            webhook_name=names.webhook,
            requests_per_minute=blocks.budget,
        ) as run,
        prefect_heeded(run),  # nobody else tells a task in another process that its flow has ended
    ):
        yield run


@contextlib.contextmanager
def open_blocks(names: BlockNames) -> Iterator[OpenBlocks]:
    """What the blocks open, closed again at the end of the block."""
    credentials = load_block(GenesysCredentials, names.genesys)
    senders = load_block(Senders, names.senders).as_senders() if credentials.api == "platform" else None
    webhook = load_block(CrmWebhook, names.webhook) if names.webhook else None
    with open_ledger(names.ledger) as ledger:
        token = authenticate(names.genesys, _token_name(credentials), partial(fetch_token, names.genesys))
        timetable = LedgerSlotAllocator(ledger)
        with credentials.open(senders, timetable=timetable, sealed_token=token) as genesys:
            budget = credentials.whole_budget or None
            asked = senders.asked_columns if senders else find_asked_columns(names)
            yield OpenBlocks(ledger, genesys, webhook, budget, _senders_name(credentials, senders), asked)


@contextlib.contextmanager
def open_for_sample(names: BlockNames) -> Iterator[tuple[Ledger, Platform]]:
    """The ledger and the organisation, for a test message to oneself.

    Raises:
        SettingsError: a block is missing, or the API reaches registered contacts alone.
    """
    credentials = load_block(GenesysCredentials, names.genesys)
    senders = load_block(Senders, names.senders).as_senders()
    with (
        open_ledger(names.ledger) as ledger,
        credentials.open(senders, timetable=LedgerSlotAllocator(ledger)) as genesys,
    ):
        if not isinstance(genesys, Platform):
            raise SettingsError(
                "The guide API contacts registered people alone.", "Test on the platform API."
            )
        yield ledger, genesys


def open_ledger(name: str) -> contextlib.AbstractContextManager[Ledger]:
    """The ledger of a block. A deployment's run then stands in `OUTREACH_HOME`, for relative paths."""
    return _of_block(name)


def _of_block(name: str, *, existing: bool = False) -> contextlib.AbstractContextManager[Ledger]:
    if is_deployed():
        os.chdir(make_home())
    return load_block(ContactLedger, name).open(actor(), existing=existing)


def ledger_if_any(name: str) -> contextlib.AbstractContextManager[Ledger | None]:
    """The same where only one that is there counts: None, said in the log, before the first run."""
    return opened_if_any(_of_block(name, existing=True), log.warning)


@contextlib.contextmanager
def open_outbox(webhook: str, ledger: str) -> Iterator[tuple[Ledger, Endpoint]]:
    """Where a webhook's events wait, and where they go."""
    block = load_block(CrmWebhook, webhook)
    with open_ledger(ledger) as book, block.open() as endpoint:
        yield book, endpoint


def find_asked_columns(names: BlockNames) -> frozenset[str]:
    """The columns of metadata that the senders block goes by; none where there is none."""
    try:
        return load_block(Senders, names.senders).as_senders().asked_columns
    except SettingsError:
        return frozenset()


def fetch_token(name: str) -> SealedToken:
    """Log in with the credentials of a block."""
    return load_block(GenesysCredentials, name).fetch_token()


def actor() -> str:
    """Who acts, for the audit."""
    return f"flow run {flow_run.id}" if flow_run.id else "outreach"


def _senders_name(credentials: GenesysCredentials, senders: who.Senders | None) -> str:
    # By where it is asked too: one client id may be known to two gateways.
    asked = f"{_token_name(credentials)}/{credentials.api_url}/{senders}"
    return hashlib.sha256(asked.encode()).hexdigest()[:32]


def _token_name(credentials: GenesysCredentials) -> str:
    """What the token's cache goes by: the client and its host, as a hash."""
    host = credentials.login_url or credentials.api_url or credentials.org_id or credentials.region
    tokens = f"/{credentials.tokens}" if credentials.tokens > 1 else ""
    return f"{credentials.api}/{token_key(f'{credentials.client_id}@{host}')}{tokens}"


look_again()  # the last of the large modules that every flow imports

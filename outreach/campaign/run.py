"""One run of one campaign: everything that its steps work with, opened together and closed together."""

from __future__ import annotations

import contextlib
import functools
import gc
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outreach.campaign.auto_stop import AutoStop
from outreach.compliance import Gate, choose_message
from outreach.concurrency.adaptive_limit import AdaptiveLimit
from outreach.contacts import Contact
from outreach.errors import RateLimited, Refused
from outreach.genesys.http.usage import Usage
from outreach.genesys.interface import Genesys
from outreach.ledger.campaigns import Campaign, find_campaign
from outreach.ledger.changes import OutboundEvent
from outreach.ledger.claims import Claimed
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import count_contacted
from outreach.ledger.runs import enter_campaign
from outreach.reachability import Availability
from outreach.settings import CampaignSettings, Event
from outreach.webhook.delivery import Courier
from outreach.webhook.events import ContactBody, to_bytes

BATCH, BATCH_WITHOUT_LIMIT = 500, 2000
"""Contacts in a batch: two minutes' worth of the published limit, or a few seconds' of the processor."""


@dataclass
class Run:
    """What the steps of one run share. Safe for threads.

    Args:
        campaign: as the ledger knows it.
        ledger: where everything is written.
        genesys: the organisation.
        gate: decides who may be contacted.
        call_limit: how many threads make calls at once, whatever the step.
        auto_stop: stops the run when too much goes wrong.
        webhook_name: the webhook block's name; None means that nobody is told.
        requests_per_second: requests per second that the budget allows; None means no limit.
        senders: which channels our senders can serve.
        senders_key: tells two sets of senders apart, for caches.
        contacted_before: how many people the campaign had contacted when this run began.
        usage: what the client has spent, for the report.
        notice: what a person must do before the run goes on, for whoever shows its progress; "" mostly.
        courier: tells the CRM in the background; None means that nobody does.
    """

    campaign: Campaign
    ledger: Ledger
    genesys: Genesys
    gate: Gate
    call_limit: AdaptiveLimit
    auto_stop: AutoStop
    webhook_name: str | None = None
    requests_per_second: float | None = None
    senders: Availability = field(default_factory=dict)
    senders_key: str = ""
    contacted_before: int = 0
    courier: Courier | None = None
    usage: Usage | None = None
    notice: str = ""

    @property
    def settings(self) -> CampaignSettings:
        """The campaign's."""
        return self.campaign.settings

    @property
    def batch_size(self) -> int:
        """How many contacts a step works through at once."""
        return self.settings.batch_size or (BATCH if self.requests_per_second else BATCH_WITHOUT_LIMIT)

    @property
    def rejects_file(self) -> Path:
        """Where rows that were not accepted are written."""
        return Path(self.settings.output) / f"{self.campaign.name}-rejects.csv"

    @property
    def report_file(self) -> Path:
        """Where the report page is written."""
        return Path(self.settings.output) / f"{self.campaign.name}-report.html"

    def event(self, body: type[ContactBody], row: Claimed, **more: Any) -> tuple[OutboundEvent, ...]:  # noqa: ANN401 - the body's own fields
        """An event about one contact for the outbox; none when the CRM does not want it."""
        name = _event_of(body)
        if self.webhook_name is None or name not in self.settings.events:
            return ()
        told = body(
            timestamp=self.ledger.clock.now(),
            campaign=self.campaign.name,
            contact_id=row.contact.external_contact_id,
            **more,
        )
        return (OutboundEvent(self.webhook_name, name.value, to_bytes(told)),)

    @contextlib.contextmanager
    def stopping(self) -> Iterator[None]:
        """A refusal that nobody else would escape (a permission, a login) stops the run, and is raised."""
        try:
            yield
        except RateLimited:
            raise
        except Refused as error:
            self.auto_stop.stop(str(error))
            raise

    def wake_courier(self) -> None:
        """There is something to tell."""
        if self.courier is not None:
            self.courier.wake()

    def message_for(self, contact: Contact) -> str:
        """What to say: the very text that the gate judged."""
        return choose_message(contact, self.settings)


@functools.cache
def _event_of(body: type[ContactBody]) -> Event:
    event: Event = body.model_fields["event"].default
    return event


COLLECT_AFTER = (10_000, 20, 20)
"""When Python looks for reference cycles, of which a run makes few. At its own 700 new objects, looking takes
a fifth of the time that loading takes.
"""

OPEN: dict[str, Run] = {}
"""Runs that this process has open, by campaign, for whoever shows their progress."""


@contextlib.contextmanager
def open_run(
    ledger: Ledger,
    genesys: Genesys,
    name: str,
    settings: CampaignSettings,
    *,
    webhook_name: str | None = None,
    requests_per_minute: float | None = None,
    senders_key: str = "",
) -> Iterator[Run]:
    """Enter the campaign into the ledger and gather what a run needs; the threads end with the block."""
    gate = Gate(settings)
    campaign = enter_campaign(ledger, name, settings, gate.packs_hash)
    with _gather(ledger, genesys, campaign, gate, webhook_name, requests_per_minute, senders_key) as run:
        yield run


@contextlib.contextmanager
def join_campaign(
    ledger: Ledger,
    genesys: Genesys,
    name: str,
    *,
    webhook_name: str | None = None,
    requests_per_minute: float | None = None,
) -> Iterator[Run]:
    """Work on a campaign without running it: its settings, and an earlier stop, stay as they are.

    Raises:
        UnknownCampaign: there is none of that name.
        SettingsError: its rule packs cannot be opened here.
    """
    campaign = find_campaign(ledger, name)
    gate = Gate(campaign.settings)
    with _gather(ledger, genesys, campaign, gate, webhook_name, requests_per_minute) as run:
        yield run


@contextlib.contextmanager
def _gather(
    ledger: Ledger,
    genesys: Genesys,
    campaign: Campaign,
    gate: Gate,
    webhook_name: str | None,
    requests_per_minute: float | None,
    senders_key: str = "",
) -> Iterator[Run]:
    gc.set_threshold(*COLLECT_AFTER)
    run = OPEN[campaign.name] = Run(
        campaign=campaign,
        ledger=ledger,
        genesys=genesys,
        gate=gate,
        call_limit=_call_limit(campaign.settings.threads, requests_per_minute),
        auto_stop=AutoStop(campaign.settings),
        webhook_name=webhook_name,
        requests_per_second=requests_per_minute / 60 if requests_per_minute else None,
        senders_key=senders_key,
        contacted_before=count_contacted(ledger, campaign),
    )
    try:
        yield run
    finally:
        OPEN.pop(campaign.name, None)


def _call_limit(threads: int, requests_per_minute: float | None) -> AdaptiveLimit:
    """Under a budget all may wait for their turn: the processor is never what limits."""
    return AdaptiveLimit(threads, floor=threads) if requests_per_minute else AdaptiveLimit(threads)

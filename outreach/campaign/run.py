"""One run of one campaign: what its steps work with; `opening` makes it."""

import contextlib
import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outreach.campaign.auto_stop import AutoStop
from outreach.campaign.files import file_of
from outreach.campaign.ledger_age import LedgerAge
from outreach.campaign.look_outage import LookOutage
from outreach.campaign.stop_watch import StopWatch
from outreach.compliance import Gate
from outreach.compliance.reasons import advice_on
from outreach.concurrency.adaptive_limit import AdaptiveLimit
from outreach.concurrency.turns import Turns
from outreach.contacts import Channel, Contact
from outreach.errors import Invalid, NotSent, RateLimited, Refused
from outreach.genesys.interface import Attempt, Engagement, Genesys, Letter
from outreach.genesys.platform.api import Engine, find_engine
from outreach.genesys.rate_limit.pacer import GIVEN_UP
from outreach.ledger.campaigns import Campaign
from outreach.ledger.changes import OutboundEvent
from outreach.ledger.claims import Claimed
from outreach.ledger.ledger import Ledger
from outreach.messages.wording import Said, Unsaid
from outreach.reachability import Availability
from outreach.settings import CampaignSettings, EmailReference, Event, Route
from outreach.webhook.delivery import Courier
from outreach.webhook.events import ContactBody, to_bytes
from outreach.zones import find_version

BATCH, BATCH_WITHOUT_LIMIT = 500, 2000
"""Contacts in a batch: two minutes' worth of the published limit, or a few seconds' of the processor."""


@dataclass(frozen=True)
class Run:
    """What the steps of one run share, complete when it is made. Safe for threads.

    Args:
        campaign: as the ledger knows it.
        ledger: where everything is written.
        genesys: the organisation.
        gate: decides who may be contacted.
        call_limit: how many threads make calls at once, whatever the step.
        auto_stop: stops the run when too much goes wrong, or when somebody asks for it.
        stop_watch: looks whether somebody does.
        age: whether the ledger is older than what was done.
        webhook_name: the webhook block's name; None means that nobody is told.
        courier: tells the CRM in the background; None means that this process does not.
        requests_per_second: requests per second that the budget allows; None means no limit.
        senders: which channels our senders can serve.
        registering: whose turn it is to register.
        look_outage: whether Genesys does not show conversations just now.
    """

    campaign: Campaign
    ledger: Ledger
    genesys: Genesys
    gate: Gate
    call_limit: AdaptiveLimit
    auto_stop: AutoStop
    stop_watch: StopWatch
    age: LedgerAge
    webhook_name: str | None = None
    courier: Courier | None = None
    requests_per_second: float | None = None
    senders: Availability = field(default_factory=dict)
    registering: Turns = field(default_factory=Turns)
    look_outage: LookOutage = field(default_factory=LookOutage)

    @property
    def settings(self) -> CampaignSettings:
        """The campaign's."""
        return self.campaign.settings

    @functools.cached_property
    def footing(self) -> str:
        """A hash of all that is ours and that a decision rests on: settings, rule packs, zones, senders."""
        senders = sorted((str(channel), state) for channel, state in self.senders.items())
        ours = (self.settings.model_dump_json(), self.gate.packs_hash, find_version(), senders)
        return hashlib.sha256(repr(ours).encode()).hexdigest()[:32]

    @property
    def engine(self) -> Engine | None:
        """Genesys' own engine, where the settings and the API have it send."""
        return find_engine(self.genesys) if self.settings.route is Route.CAMPAIGN else None

    @functools.cached_property
    def engine_channels(self) -> tuple[Channel, ...]:
        """The channels on which Genesys' own engine sends; one of its e-mails is what its template says."""
        settings, engine = self.settings, self.engine
        is_own_letter = bool(settings.html or settings.reply_to or settings.sender_name)
        able = engine.channels if engine else ()
        return tuple(channel for channel in able if not (channel.is_mail and is_own_letter))

    @property
    def called_channels(self) -> tuple[Channel, ...]:
        """The channels on which each person is a call of ours; empty stands for all."""
        engine = self.engine_channels
        return tuple(channel for channel in Channel if channel not in engine) if engine else ()

    @property
    def batch_size(self) -> int:
        """How many contacts a step works through at once."""
        return self.settings.batch_size or (BATCH if self.requests_per_second else BATCH_WITHOUT_LIMIT)

    @property
    def threads(self) -> int:
        """How many calls may be in the air at once."""
        return self.call_limit.ceiling

    @property
    def rejects_file(self) -> Path:
        """Where rows that were not accepted are written."""
        return file_of(self.settings, self.campaign.name, "rejects.csv")

    @property
    def report_file(self) -> Path:
        """Where the report page is written."""
        return file_of(self.settings, self.campaign.name, "report.html")

    @property
    def proof_file(self) -> Path:
        """Where the proof is written, as JSON."""
        return file_of(self.settings, self.campaign.name, "proof.json")

    @property
    def untold_file(self) -> Path:
        """Where it is written which runs' ends Prefect's server was not told of."""
        return file_of(self.settings, self.campaign.name, "untold.json")

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

    @contextlib.contextmanager
    def heeding_stop(self) -> Iterator[None]:
        """Stop when the ledger says so, and write there why we do: other processes work on it too."""
        with self.stop_watch.heeding():
            yield

    def has_given_up(self, error: BaseException) -> bool:
        """Whether the error only says that the run was stopped before a request's turn came."""
        return bool(self.auto_stop.reason) and isinstance(error, NotSent) and error.code == GIVEN_UP

    def wake_courier(self) -> None:
        """Have the courier look for something new."""
        if self.courier is not None:
            self.courier.wake()

    def engage(self, attempt: Attempt, contact: Contact) -> Engagement:
        """An attempt with what it says: the very text that the gate judged.

        Raises:
            Invalid: the gate would have found nothing to say.
        """
        said = self.gate.wording.compose(contact, attempt.channel)
        if isinstance(said, Unsaid):
            raise Invalid(f"start {attempt.channel}", 0, said.code, "", advice_on(said.code))
        return Engagement(attempt, contact, said.text, write_letter(self.settings, said))


def write_letter(settings: CampaignSettings, said: Said) -> Letter:
    """What an e-mail of a campaign has beside its text."""
    is_marked = settings.email_reference is EmailReference.SUBJECT
    return Letter(said.subject, said.html, settings.reply_to or "", settings.sender_name or "", is_marked)


@functools.cache
def _event_of(body: type[ContactBody]) -> Event:
    event: Event = body.model_fields["event"].default
    return event

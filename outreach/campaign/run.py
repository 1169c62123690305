"""One run of one campaign: everything that its steps work with, opened together and closed together."""

import contextlib
import functools
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outreach.campaign.auto_stop import AutoStop
from outreach.campaign.files import file_of
from outreach.campaign.heap import set_aside
from outreach.campaign.ledger_age import LedgerAge
from outreach.campaign.stop_watch import StopWatch
from outreach.compliance import Gate
from outreach.compliance.reasons import advice_on
from outreach.concurrency.adaptive_limit import FEW, AdaptiveLimit
from outreach.concurrency.open_files import find_room
from outreach.concurrency.turns import Turns
from outreach.contacts import Channel, Contact
from outreach.errors import Invalid, LedgerError, NotSent, RateLimited, Refused, SettingsError
from outreach.genesys.campaign_route import Engine
from outreach.genesys.interface import Attempt, Engagement, Genesys, Letter
from outreach.genesys.rate_limit.pacer import GIVEN_UP
from outreach.ledger.campaigns import Campaign, find_campaign
from outreach.ledger.changes import OutboundEvent
from outreach.ledger.claims import Claimed
from outreach.ledger.ledger import Ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.ledger.runs import enter_campaign
from outreach.ledger.witness import Witness
from outreach.messages.wording import Said, Unsaid, Wording
from outreach.reachability import Availability
from outreach.settings import MOST_THREADS, CampaignSettings, EmailReference, Event, Route
from outreach.webhook.delivery import Courier
from outreach.webhook.endpoint import Endpoint
from outreach.webhook.events import ContactBody, to_bytes
from outreach.zones import find_version

BATCH, BATCH_WITHOUT_LIMIT = 500, 2000
"""Contacts in a batch: two minutes' worth of the published limit, or a few seconds' of the processor."""

THREADS = 16
"""Calls in the air at the most, under a budget. At 0.3 s a call, 16 make 53 a second, ten times what the
published limit allows; without one only the processor and the way there should bind: `MOST_THREADS`.
"""

LAST_DELIVERY_SECONDS = 15.0
"""So long a run's end waits for the CRM to take what it was not told yet."""


ENDED = "The run ended before its work was done."


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
        return self.genesys.engine if self.settings.route is Route.CAMPAIGN else None

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


def last_delivery_seconds(auto_stop: AutoStop) -> float:
    """So long a run's end waits for the CRM; somebody who stops it waits for nobody."""
    return 0.5 if auto_stop.is_called_off else LAST_DELIVERY_SECONDS


def _renew(age: LedgerAge) -> None:
    with contextlib.suppress(LedgerError):  # the run's own end says more; the mark of its begin stands
        age.renew(is_open=False)


@contextlib.contextmanager
def _delivering(courier: Courier, auto_stop: AutoStop) -> Iterator[None]:
    """Tell the CRM for the length of the block, and a little longer."""
    courier.start()
    try:
        yield
    finally:
        courier.stop(last_delivery_seconds(auto_stop))


@contextlib.contextmanager
def _ending_steps(stop_watch: StopWatch) -> Iterator[None]:
    """Where the block fails, end its steps: they may be at work in other threads, and the ledger closes."""
    try:
        yield
    except BaseException:
        stop_watch.end(ENDED)
        raise


@functools.cache
def _event_of(body: type[ContactBody]) -> Event:
    event: Event = body.model_fields["event"].default
    return event


_NO_ENGINE = (
    "Genesys' own engine can send for nobody here: that takes the platform API, and a sender fit for it.",
    "Name a number for SMS in the senders block, or a template for e-mail, or set the route to agentless.",
)


@contextlib.contextmanager
def open_run(
    ledger: Ledger,
    genesys: Genesys,
    name: str,
    settings: CampaignSettings | None = None,
    *,
    webhook_name: str | None = None,
    endpoint: Endpoint | None = None,
    requests_per_minute: float | None = None,
    witnesses: Sequence[Witness] = (),
    lifts_stop: bool = True,
) -> Iterator[Run]:
    """Gather what a run of a campaign needs; its courier ends with the block.

    Args:
        ledger: where everything is written.
        genesys: the organisation.
        name: the campaign's.
        settings: how it behaves from now on; None works on one that is run already: its settings, and an
            earlier stop, stay.
        webhook_name: the outbox to write events to; None tells nobody.
        endpoint: where a courier takes them; None leaves them to others.
        requests_per_minute: the budget; None or 0 for none.
        witnesses: who, beside this machine, remembers how far the ledger had come.
        lifts_stop: whether a run with settings goes on after an earlier stop.

    Raises:
        LedgerOutdated: it is older than what was done with it.
        UnknownCampaign: there is none of that name to work on.
        SettingsError: its rule packs cannot be opened here, or Genesys' engine cannot send for it.
    """
    chosen = find_campaign(ledger, name).settings if settings is None else settings
    # The guide's API has a greeting of its own; on the platform nobody is told what nobody wrote.
    gate = Gate(chosen, Wording(chosen, greets=genesys.api == "guide"))
    age = LedgerAge(ledger, genesys, witnesses, is_joined=settings is None)
    age.check()
    if settings is not None:
        if settings.route is Route.CAMPAIGN and genesys.engine is None:
            raise SettingsError(*_NO_ENGINE)
        enter_campaign(ledger, name, settings, gate.packs_hash, lifts_stop=lifts_stop)
    campaign = find_campaign(ledger, name)
    threads = find_room(campaign.settings.threads or (THREADS if requests_per_minute else MOST_THREADS))
    auto_stop = AutoStop(campaign.settings)
    stop_watch = StopWatch(ledger, campaign, genesys, auto_stop)
    with set_aside(), contextlib.ExitStack() as stack:
        stack.callback(_renew, age)
        courier = None
        if endpoint and webhook_name:
            outbox = LedgerOutbox(ledger, webhook_name, campaign.id)
            courier = Courier(outbox, endpoint, clock=ledger.clock, threads=threads)
            stack.enter_context(_delivering(courier, auto_stop))
        stack.enter_context(_ending_steps(stop_watch))
        yield Run(
            campaign=campaign,
            ledger=ledger,
            genesys=genesys,
            gate=gate,
            # Under a budget all may wait for their turn: the processor is never what limits.
            call_limit=AdaptiveLimit(threads, floor=threads if requests_per_minute else FEW),
            auto_stop=auto_stop,
            stop_watch=stop_watch,
            age=age,
            webhook_name=webhook_name,
            courier=courier,
            requests_per_second=requests_per_minute / 60 if requests_per_minute else None,
        )

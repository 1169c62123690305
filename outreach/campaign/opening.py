"""Opening a run of a campaign: everything that its steps work with, together, and closed together."""

import contextlib
from collections.abc import Iterator, Sequence

from outreach.campaign.auto_stop import AutoStop
from outreach.campaign.heap import set_aside
from outreach.campaign.ledger_age import LedgerAge
from outreach.campaign.notification import delivering
from outreach.campaign.run import Run
from outreach.campaign.stop_watch import ENDED, StopWatch
from outreach.compliance import Gate
from outreach.concurrency.adaptive_limit import FEW, AdaptiveLimit
from outreach.concurrency.open_files import find_room
from outreach.errors import LedgerError, SettingsError
from outreach.genesys.interface import Genesys
from outreach.genesys.platform.api import find_engine
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.ledger import Ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.ledger.runs import enter_campaign
from outreach.ledger.witness import Witness
from outreach.messages.wording import Wording
from outreach.settings import MOST_THREADS, CampaignSettings, Route
from outreach.webhook.delivery import Courier
from outreach.webhook.endpoint import Endpoint

THREADS = 16
"""Calls in the air at the most, under a budget. At 0.3 s a call, 16 make 53 a second, ten times what the
published limit allows; without one only the processor and the way there should bind: `MOST_THREADS`.
"""

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
        _check_engine(genesys, settings)
        enter_campaign(ledger, name, settings, gate.packs_hash, lifts_stop=lifts_stop)
    campaign = find_campaign(ledger, name)
    auto_stop = AutoStop(campaign.settings)
    stop_watch = StopWatch(ledger, campaign, genesys, auto_stop)
    call_limit = _limit_calls(campaign.settings, is_paced=bool(requests_per_minute))
    courier = None
    if endpoint and webhook_name:
        outbox = LedgerOutbox(ledger, webhook_name, campaign.id)
        courier = Courier(outbox, endpoint, clock=ledger.clock, threads=call_limit.ceiling)
    with set_aside(), _renewing(age), delivering(courier, auto_stop), _ending_steps(stop_watch):
        yield Run(
            campaign=campaign,
            ledger=ledger,
            genesys=genesys,
            gate=gate,
            call_limit=call_limit,
            auto_stop=auto_stop,
            stop_watch=stop_watch,
            age=age,
            webhook_name=webhook_name,
            courier=courier,
            requests_per_second=requests_per_minute / 60 if requests_per_minute else None,
        )


def _check_engine(genesys: Genesys, settings: CampaignSettings) -> None:
    if settings.route is Route.CAMPAIGN and find_engine(genesys) is None:
        raise SettingsError(*_NO_ENGINE)


def _limit_calls(settings: CampaignSettings, *, is_paced: bool) -> AdaptiveLimit:
    """Under a budget all may wait for their turn: the processor is never what limits."""
    threads = find_room(settings.threads or (THREADS if is_paced else MOST_THREADS))
    return AdaptiveLimit(threads, floor=threads if is_paced else FEW)


@contextlib.contextmanager
def _renewing(age: LedgerAge) -> Iterator[None]:
    """At the end, mark how far the ledger has come."""
    try:
        yield
    finally:
        with contextlib.suppress(LedgerError):  # the run's own end says more; the mark of its begin stands
            age.renew(is_open=False)


@contextlib.contextmanager
def _ending_steps(stop_watch: StopWatch) -> Iterator[None]:
    """Where the block fails, end its steps: they may be at work in other threads, and the ledger closes."""
    try:
        yield
    except BaseException:
        stop_watch.end(ENDED)
        raise

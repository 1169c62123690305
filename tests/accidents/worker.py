"""One run of a campaign in a process of its own, in the order of the flow, without Prefect.

    open ──> look for doubts ──> load ──> senders and lists ──> register, validate, contact ──> proof

A step that the ledger or the organisation cannot serve now is tried again, as Prefect would, only sooner.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal, TypeVar

from outreach.campaign.interaction import interact_batch
from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.campaign.preparation import check_senders, mirror_do_not_contact
from outreach.campaign.reconciliation import recover
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.campaign.validation import validate_batch
from outreach.clock import SystemClock
from outreach.contacts import Channel
from outreach.errors import (
    Ambiguous,
    LedgerError,
    LedgerOutdated,
    NotSent,
    OutreachError,
    RateLimited,
    WrongKey,
)
from outreach.genesys.interface import Genesys
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.senders import Senders
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.claims import BatchRef, find_unfinished, plan
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import Proof, prove
from outreach.ledger.runs import stop_campaign
from outreach.operations import catch_up
from outreach.settings import CampaignSettings
from outreach.sources import list_file
from outreach.sources.opening import open_source
from tests.support.emulation import SENDERS

LOADED_BEFORE = (list_file,)
"""By us, since another user of the machine may not read our Python: what is loaded when it is wanted."""
KEY = "a key for the accidents"
CAMPAIGN = "spring"
SETTINGS = CampaignSettings(
    message="Hello",
    hours_bind=(),
    threads=4,
    look_after_seconds=(0.1, 0.3, 0.5, 1.0),
    stop_failure_rate=1,
    stop_unknown_rate=1,
)
T = TypeVar("T")
TRIES, PAUSE_SECONDS = 4, 0.3
PATIENCE_SECONDS = 5.0
"""So long a run waits for its own doubts to be resolved."""
WORKING = ("accepted", "registered", "cleared", "intent")
"""States that a run which is over and green must not leave behind."""


@dataclass(frozen=True)
class Order:
    """What one process is to do: a run, or to catch up.

    `ahead_seconds` is how wrong its clock is, `user` whom it runs as.
    """

    ledger: str
    emulator: str
    source: str
    home: str
    log: str
    ahead_seconds: float = 0.0
    user: int | None = None
    catches_up: bool = False


@dataclass(frozen=True)
class Report:
    """How a run ended: its own verdict, what it said, and what it left."""

    verdict: Literal["green", "red", "refused", "outdated", "traceback", "killed", "hung"]
    said: str = ""
    left: int = 0
    doubts: int = 0


class WrongClock(SystemClock):
    """The machine's clock, ahead of the right time, or behind it."""

    def __init__(self, ahead_seconds: float) -> None:
        self._ahead = timedelta(seconds=ahead_seconds)

    def now(self) -> datetime:
        """The instant, as this machine has it."""
        return super().now() + self._ahead


def work(order: Order, told: Connection) -> None:
    """Run the campaign as ordered; says `registering` on the way, and its report at the end."""
    log = Path(order.log).open("a", buffering=1)  # noqa: SIM115 - until the process ends
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    os.environ["HOME"] = tempfile.tempdir = order.home  # its notes of what it let go lie there too
    os.umask(0)
    if order.user is not None:
        os.setgid(order.user)
        os.setuid(order.user)
    told.send(_report(order, told))


def _report(order: Order, told: Connection) -> Report:
    try:
        if order.catches_up:
            return _catch_up(order)
        proof, left = _run(order, lambda: told.send("registering"))
    except LedgerOutdated as error:
        print(f"outdated: {error}")
        return Report("outdated", str(error))
    except OutreachError as error:
        print(f"{type(error).__name__}: {error}")
        return Report("refused", f"{type(error).__name__}: {error}")
    except BaseException as error:  # noqa: BLE001 - what a person would see as a traceback
        traceback.print_exc(file=sys.stdout)
        return Report("traceback", type(error).__name__)
    said = proof.stopped or "; ".join(proof.missing) or (f"{left} contacts are still due" if left else "")
    left = sum(proof.states.get(state, 0) for state in WORKING)
    print("red" if said else "green", said, proof.states, proof.reasons)
    return Report("red" if said else "green", said, left, proof.unknown)


@contextlib.contextmanager
def _opened(order: Order) -> Iterator[tuple[Ledger, Genesys]]:
    clock = WrongClock(order.ahead_seconds)
    account = Account(client_id="demo", client_secret="demo", api_url=order.emulator)
    senders = Senders(**SENDERS)  # type: ignore[arg-type]  # plain strings
    with (
        open_ledger(order.ledger, keys=[KEY], clock=clock, actor="accident") as ledger,
        open_genesys(account, senders=senders, requests_per_minute=None, clock=clock) as genesys,
    ):
        yield ledger, genesys


def _catch_up(order: Order) -> Report:
    catch_up.INDEX_DELAY = timedelta(seconds=1)  # of this far end; a person waits longer
    time.sleep(1.2)
    with _opened(order) as (ledger, genesys):
        done = catch_up.catch_up(ledger, genesys)
    print("caught up", done)
    return Report("green")


def _run(order: Order, tell: Callable[[], None]) -> tuple[Proof, int]:
    with _opened(order) as (ledger, genesys), open_run(ledger, genesys, CAMPAIGN, SETTINGS) as run:
        recover(run)
        _try_again(lambda: load_source(run, open_source(order.source)))
        run.age.confirm()
        ready = _try_again(lambda: check_senders(run))
        lists = _try_again(lambda: mirror_do_not_contact(run, not_older_than=timedelta(0)))
        stopped: str | None = lists.objection(run.settings)
        left = 0
        if not stopped:
            tell()
            able = replace(run, senders={Channel(name): verdict for name, verdict in ready.items()})
            stopped, left = _finish(able)
            _look(run)
        if stopped := run.auto_stop.reason or stopped:
            stop_campaign(ledger, run.campaign, stopped)
        return prove(ledger, find_campaign(ledger, CAMPAIGN)), left


def _finish(run: Run) -> tuple[str | None, int]:
    """Go through what is due until nothing is, as the flow does; why it failed, and how many are left."""
    batches: Sequence[BatchRef] = plan(run.ledger, run.campaign, size=10)
    left = sum(batch.size for batch in batches) + 1
    while batches:
        stopped = _advance(run, batches)
        recover(run)
        batches = find_unfinished(run.ledger, run.campaign, batches)
        before, left = left, sum(batch.size for batch in batches)
        if run.auto_stop.reason or stopped or left >= before:
            return stopped, left
    return None, 0


def _advance(run: Run, batches: Sequence[BatchRef]) -> str | None:
    """Every step over every batch; why the first failed."""
    steps: tuple[Callable[[Run, BatchRef], object], ...] = (register_batch, validate_batch, _interact)
    for batch in batches:
        try:
            for step in steps:
                _try_again(partial(step, run, batch))
        except OutreachError as error:  # noqa: PERF203 - each batch by itself
            return f"{type(error).__name__}: {error}"
    return None


def _interact(run: Run, batch: BatchRef) -> object:
    with run.heeding_stop():
        return interact_batch(run, batch)


def _look(run: Run) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    recover(run)
    while time.monotonic() < deadline and prove(run.ledger, run.campaign).unknown:
        time.sleep(0.1)
        recover(run)


def _try_again(step: Callable[[], T]) -> T:
    for _ in range(TRIES - 1):
        try:
            return step()
        except (WrongKey, LedgerOutdated):  # noqa: PERF203 - it waits anyway
            raise
        except (NotSent, RateLimited, Ambiguous, LedgerError) as error:
            print(f"again: {type(error).__name__}: {error}")
            time.sleep(PAUSE_SECONDS)
    return step()

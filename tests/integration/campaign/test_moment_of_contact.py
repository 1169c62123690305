"""Who may not be contacted any more when it is their turn is not: on the emulator, by both APIs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from outreach.campaign.interaction import interact_batch
from outreach.campaign.run import Run
from outreach.decisions.why import explain
from outreach.errors import LedgerError
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import prove
from outreach.ledger.suppressions import suppress
from outreach.settings import CampaignSettings, FrequencyCap
from tests.support.clients import open_at
from tests.support.clocks import SetClock
from tests.support.emulation import emulator_thread
from tests.support.emulator_server import EmulatorThread
from tests.support.ledgers import batch, clear, load, new_ledger, new_run, people, row_of, states, stay_alive

EVENING = datetime(2026, 3, 4, 1, 58, tzinfo=timezone.utc)
"""20:58 in New York: two minutes before the end, one before the safety minute."""

MORNING = datetime(2026, 3, 4, 13, 0, tzinfo=timezone.utc)
ONE = CampaignSettings(message="Hello", threads=1)
STARTS = {"platform": "messages.agentless", "guide": "guide.start"}
APIS = pytest.mark.parametrize("api", STARTS)


class Waiting(SetClock):
    """A clock on which whoever waits is alive meanwhile, and sees what happens."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)
    ledger: Ledger | None = None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.meanwhile()
        if self.ledger:
            stay_alive(self.ledger)


@pytest.fixture(scope="module")
def emulated() -> Iterator[EmulatorThread]:
    with emulator_thread() as server:
        yield server


@pytest.fixture
def genesys(emulated: EmulatorThread) -> EmulatorThread:
    emulated.reset()
    return emulated


@pytest.fixture
def clock() -> Waiting:
    return Waiting(EVENING)


def once(act: Callable[[], object]) -> Callable[[], object]:
    """Only for the first of the short sleeps that a wait is made of."""
    left = [act]
    return lambda: left.pop()() if left else None


@contextlib.contextmanager
def campaign(
    folder: Path,
    genesys: EmulatorThread,
    clock: Waiting,
    api: Any,
    settings: CampaignSettings = ONE,
    email: str = "",
    time_zone: str = "America/New_York",
    wait: int = 90,
) -> Iterator[Run]:
    """One person, cleared, whose first call is told to come again after so many seconds."""
    with (
        new_ledger(folder, clock) as ledger,
        open_at(genesys.url, api, clock) as organisation,
        new_run(ledger, organisation, settings) as run,
    ):
        clock.ledger = ledger
        load(run, people(1, email=email, time_zone=time_zone))
        clear(run)
        genesys.configure(
            faults=[{"kind": "rate_limited", "operation": STARTS[api], "retry_after": wait, "times": 1}]
        )
        yield run


def execute(run: Run, statement: str) -> None:
    with run.ledger.db.write() as connection:
        connection.execute(text(statement))


@APIS
def test_who_is_called_too_late_by_a_429_is_deferred_to_the_morning(
    tmp_path: Path, genesys: EmulatorThread, clock: Waiting, api: str
) -> None:
    with campaign(tmp_path, genesys, clock, api) as run:
        assert interact_batch(run, batch(run)) == {"deferred": 1}

        row = row_of(run.ledger, "C-1")
        assert (row.state, row.reason, row.until, row.attempts) == ("deferred", "outside_hours", MORNING, 0)
        assert genesys.truth()["count"] == 0
        assert prove(run.ledger, run.campaign).balanced

        clock.advance((MORNING - clock.now()).total_seconds())
        clear(run)
        assert interact_batch(run, batch(run)) == {"started": 1}
        assert genesys.truth()["count"] == 1


@APIS
def test_who_may_still_be_contacted_after_a_429_is(
    tmp_path: Path, genesys: EmulatorThread, clock: Waiting, api: str
) -> None:
    with campaign(tmp_path, genesys, clock, api, time_zone="America/Chicago") as run:
        assert interact_batch(run, batch(run)) == {"started": 1}
        assert genesys.truth()["count"] == 1


def test_a_cap_that_the_contact_itself_fills_turns_nobody_back(
    tmp_path: Path, genesys: EmulatorThread, clock: Waiting
) -> None:
    capped = CampaignSettings(
        message="Hello", threads=1, hours_bind=(), caps=(FrequencyCap(contacts=1, hours=24),)
    )
    with campaign(tmp_path, genesys, clock, "platform", capped) as run:
        assert interact_batch(run, batch(run)) == {"started": 1}


def test_who_opts_out_while_their_call_waits_is_blocked(
    tmp_path: Path, genesys: EmulatorThread, clock: Waiting
) -> None:
    with campaign(tmp_path, genesys, clock, "platform", time_zone="America/Chicago") as run:
        clock.meanwhile = lambda: suppress(run.ledger, ["+13175550001"], source="person", reason="asked")

        assert interact_batch(run, batch(run)) == {"blocked": 1}
        assert states(run.ledger) == {"C-1": "blocked:suppressed"}
        assert genesys.truth()["count"] == 0


def test_without_the_ledgers_word_nobody_goes_and_nobody_is_in_doubt(
    tmp_path: Path, genesys: EmulatorThread, clock: Waiting
) -> None:
    with campaign(tmp_path, genesys, clock, "platform", time_zone="America/Chicago") as run:
        clock.meanwhile = once(lambda: execute(run, "ALTER TABLE suppressions RENAME TO away"))
        with pytest.raises(LedgerError):
            interact_batch(run, batch(run))

        assert states(run.ledger) == {"C-1": "cleared"}
        assert genesys.truth()["count"] == 0


@pytest.mark.parametrize(("seconds", "wait"), [(2, 3), (60, 90)])
def test_nobody_is_called_after_the_campaigns_end(
    tmp_path: Path, genesys: EmulatorThread, clock: Waiting, seconds: int, wait: int
) -> None:
    ends = CampaignSettings(
        message="Hello", threads=1, hours_bind=(), expires_at=EVENING + timedelta(seconds=seconds)
    )
    with campaign(tmp_path, genesys, clock, "platform", ends, wait=wait) as run:
        assert interact_batch(run, batch(run)) == {"blocked": 1}
        assert states(run.ledger) == {"C-1": "blocked:campaign_ended"}
        assert genesys.truth()["count"] == 0


def test_a_channel_that_closes_meanwhile_gives_way_to_one_that_is_open(
    tmp_path: Path, genesys: EmulatorThread, clock: Waiting
) -> None:
    with campaign(tmp_path, genesys, clock, "platform", email="p1@example.com") as run:
        assert interact_batch(run, batch(run)) == {"cleared": 1, "started": 1}

        row = row_of(run.ledger, "C-1")
        assert (row.state, row.channel, row.attempts) == ("started", "email", 1)
        assert genesys.truth()["by_channel"] == {"email": 1}


def test_turning_somebody_back_stands_in_the_audit_with_its_reason(
    tmp_path: Path, genesys: EmulatorThread, clock: Waiting
) -> None:
    with campaign(tmp_path, genesys, clock, "platform") as run:
        interact_batch(run, batch(run))

        told = explain(run.ledger, run.campaign, "C-1")
        assert [record["action"] for record in told["history"][-2:]] == ["intended", "deferred"]
        assert told["history"][-1]["detail"]["reference"] == told["history"][-2]["detail"]["reference"]
        assert (told["verdict"], told["reasons"], told["notes"]) == ("deferred", ["outside_hours"], [])
        assert told["rules"][-4]["local_time"] == "2026-03-03T20:59:30-05:00"

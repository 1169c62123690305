from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from outreach.campaign.interaction import interact_batch
from outreach.campaign.run import Run
from outreach.contacts import Contact
from outreach.errors import NotSent
from outreach.genesys.interface import Engagement, NotRegistered, Registered, Started
from outreach.genesys.rate_limit.pacer import GIVEN_UP
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import prove
from outreach.ledger.runs import enter_campaign, read_stop, stop_campaign
from tests.support.ledgers import CALM, advance, batch, clear, load, new_ledger, new_run, people
from tests.support.organisations import Organisation, Ready

SECONDS = 3.0
MANY = 2000


class SlowOrganisation(Organisation):
    """Takes a little time for everybody."""

    def start(self, engagement: Engagement) -> Started:
        time.sleep(0.01)
        return super().start(engagement)


def begin(run: Run, organisation: Organisation) -> threading.Thread:
    """A step in a thread of its own, as a task has one, with some people contacted by now."""

    def work() -> None:
        with run.heeding_stop():
            interact_batch(run, batch(run))

    step = threading.Thread(target=work)
    step.start()
    until = time.monotonic() + 30
    while len(organisation.contacted) < 10:
        assert time.monotonic() < until, "nobody was contacted"
        time.sleep(0.01)
    return step


@pytest.mark.parametrize("by", ["outreach stop (ada)", ""])
def test_a_stop_in_the_ledger_holds_for_every_process_within_three_seconds(tmp_path: Path, by: str) -> None:
    organisation = SlowOrganisation()
    with new_ledger(tmp_path) as ledger, new_run(ledger, organisation, CALM) as run:
        load(run, people(MANY))
        clear(run)
        step = begin(run, organisation)
        with new_ledger(tmp_path) as elsewhere:
            stop_campaign(elsewhere, find_campaign(elsewhere, run.campaign.name), "Enough.", by=by)
        step.join(SECONDS)

        assert not step.is_alive()
        assert (run.auto_stop.reason, run.auto_stop.is_called_off) == ("Enough.", bool(by))
        assert len(organisation.contacted) < MANY
        assert prove(ledger, run.campaign).contacted == len(organisation.contacted)


def test_a_run_that_ends_early_leaves_no_step_at_work_and_every_call_written_down(tmp_path: Path) -> None:
    organisation = SlowOrganisation()
    with new_ledger(tmp_path) as ledger:
        with contextlib.suppress(KeyboardInterrupt), new_run(ledger, organisation, CALM) as run:
            load(run, people(MANY))
            clear(run)
            step = begin(run, organisation)
            raise KeyboardInterrupt

        step.join(30.0)  # it has left its work, and ends
        assert not step.is_alive()
        proof = prove(ledger, run.campaign)
        assert proof.balanced
        assert proof.contacted == len(organisation.contacted) < MANY
        assert "intent" not in proof.states


def test_a_run_that_ends_early_stops_no_other_run_of_the_campaign(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        with pytest.raises(KeyboardInterrupt), new_run(ledger, Organisation(), CALM) as run:
            raise KeyboardInterrupt
        assert read_stop(ledger, run.campaign) is None


def test_what_stops_itself_stops_the_others_before_its_step_is_over(run: Run) -> None:
    load(run, people(1))
    clear(run)
    with run.heeding_stop():
        run.auto_stop.stop("9 of 10 attempts failed.")
        until = time.monotonic() + SECONDS
        while not (stop := read_stop(run.ledger, run.campaign)):
            assert time.monotonic() < until
            time.sleep(0.05)
    assert (stop.reason, stop.by) == ("9 of 10 attempts failed.", "")


def test_a_campaign_that_somebody_stopped_goes_on_when_it_is_run_again(tmp_path: Path) -> None:
    organisation = Organisation()
    with new_ledger(tmp_path) as ledger:
        with new_run(ledger, organisation, CALM) as run:
            load(run, people(5))
            stop_campaign(ledger, run.campaign, "Enough.", by="ada")
            with run.heeding_stop():
                assert advance(run).contacted == 0
        with new_run(ledger, organisation, CALM) as run, run.heeding_stop():
            assert advance(run).contacted == 5


def test_who_gives_up_waiting_for_the_budget_was_not_tried(run: Run, organisation: Organisation) -> None:
    class Waiting(Organisation):
        def wait_for_turn(self, engagement: Engagement, *, priority: int = 0) -> Ready:
            run.auto_stop.call_off("Enough.")
            raise NotSent("wait for the rate budget", 0, GIVEN_UP)

    load(run, people(3))
    clear(run)
    object.__setattr__(run, "genesys", Waiting())
    interact_batch(run, batch(run))

    proof = prove(run.ledger, run.campaign)
    assert (proof.states, proof.balanced) == ({"cleared": 3}, True)


def test_a_batch_that_gives_up_waiting_leaves_everybody_where_they_were(run: Run) -> None:
    class Waiting(Organisation):
        def register(
            self, people: Sequence[tuple[Contact, str]], *, priority: int = 0
        ) -> list[Registered | NotRegistered]:
            run.auto_stop.call_off("Enough.")
            raise NotSent("wait for the rate budget", 0, GIVEN_UP)

    load(run, people(3))
    object.__setattr__(run, "genesys", Waiting())

    assert advance(run).states == {"accepted": 3}
    with run.ledger.db.read() as connection:
        leased = connection.exec_driver_sql("SELECT count(*) FROM contacts WHERE lease_owner IS NOT NULL")
        assert leased.scalar() == 0


def test_a_run_that_lifts_no_stop_knows_of_it(ledger: Ledger) -> None:
    stop_campaign(ledger, enter_campaign(ledger, "spring", CALM, ""), "Enough.")

    assert enter_campaign(ledger, "spring", CALM, "", lifts_stop=False).stopped == "Enough."

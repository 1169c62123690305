from __future__ import annotations

from datetime import timedelta

from outreach.ledger.campaigns import Campaign
from outreach.ledger.ledger import Ledger
from outreach.ledger.runs import enter_campaign, note_end, note_question
from outreach.report import tables
from outreach.report.figures.gather import gather, read_runs
from outreach.report.figures.history import MOST_RUNS
from outreach.report.markdown import write_markdown
from outreach.settings import CampaignSettings
from tests.support.clocks import SetClock
from tests.support.report_examples import NOW
from tests.support.report_ledgers import fill, spend


def run_again(ledger: Ledger, contacted: int, requests: int = 0) -> Campaign:
    clock = ledger.clock
    assert isinstance(clock, SetClock)
    clock.advance(3600)
    campaign = enter_campaign(ledger, "spring", CampaignSettings(), "5f2b" * 16)
    clock.advance(60)
    told = {"contacted_so_far": contacted, "verdict": "balanced", "requests": requests, "too_many": 0}
    note_end(ledger, campaign, {**told, "budget_used": 0.97})
    return campaign


def test_the_first_runs_figures_are_not_lost_with_the_second(ledger: Ledger) -> None:
    campaign = fill(ledger, 160)
    note_end(ledger, campaign, gather(ledger, campaign, usage=spend()).as_note())
    first = read_runs(ledger, campaign)[0]
    run_again(ledger, contacted=60, requests=4)

    figures = gather(ledger, campaign, usage=spend(2))

    kept, second = figures.history
    assert kept == first
    assert (kept.contacted, kept.requests, kept.verdict) == (60, 3000, "balanced")
    assert (second.contacted, second.requests) == (0, 4)
    assert second.began == NOW + timedelta(hours=1)
    assert "Runs, the last 20" in write_markdown(figures)
    assert [row[3] for row in tables.history(figures).rows] == ["4", "3,000"]


def test_a_run_that_was_killed_or_goes_on_has_no_end(ledger: Ledger) -> None:
    campaign = fill(ledger, 16)

    (only,) = read_runs(ledger, campaign)

    assert (only.ended, only.contacted, only.verdict) == (None, None, None)
    assert "no end noted" in write_markdown(gather(ledger, campaign))


def test_after_a_run_without_an_end_nobody_says_whom_the_next_one_reached_alone(ledger: Ledger) -> None:
    campaign = fill(ledger, 16)
    run_again(ledger, contacted=6)
    run_again(ledger, contacted=9)

    assert [run.contacted for run in read_runs(ledger, campaign)] == [None, None, 3]


def test_after_a_question_it_is_known_whom_the_run_reached_that_was_approved(ledger: Ledger) -> None:
    campaign = fill(ledger, 16)
    note_question(ledger, campaign, 0)
    run_again(ledger, contacted=9)

    asked, approved = read_runs(ledger, campaign)

    assert (asked.verdict, asked.contacted) == ("asked", 0)
    assert (approved.verdict, approved.contacted) == ("balanced", 9)


def test_a_run_that_is_reported_on_twice_counts_once(ledger: Ledger) -> None:
    campaign = fill(ledger, 16)
    for contacted in (5, 6):
        note_end(ledger, campaign, {"contacted_so_far": contacted, "verdict": "balanced"})

    assert [run.contacted for run in read_runs(ledger, campaign)] == [6]


def test_of_many_runs_the_last_are_told_and_their_sums_are_right(ledger: Ledger) -> None:
    campaign = fill(ledger, 16)
    note_end(ledger, campaign, {"contacted_so_far": 2, "verdict": "balanced"})
    for number in range(MOST_RUNS + 10):
        run_again(ledger, contacted=3 + number)

    runs = read_runs(ledger, campaign)

    assert [run.contacted for run in runs] == [1] * MOST_RUNS

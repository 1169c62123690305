from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from cli import progress
from outreach.report.figures.gather import Figures
from outreach.report.live import ProgressView
from outreach.report.summary import ALL_BEFORE, summary_sentence
from outreach.report.terminal import proof_table, show_end, show_report
from tests.support.clocks import SetClock
from tests.support.report_examples import NOW
from tests.support.report_ledgers import spend


def show(what: RenderableType, width: int = 80, encoding: str = "utf-8") -> str:
    written = io.BytesIO()
    with io.TextIOWrapper(written, encoding=encoding, write_through=True) as paper:
        Console(file=paper, width=width).print(what)
        return written.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(figures: Figures, width: int) -> None:
    assert max(map(len, show(show_report(figures), width).splitlines())) <= width


def test_nothing_but_text_goes_to_a_file(hostile: Figures) -> None:
    shown = show(show_report(hostile))
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_hostile_reason_commands_no_terminal(hostile: Figures) -> None:
    paper = io.StringIO()
    Console(file=paper, width=200, force_terminal=True, color_system=None).print(show_report(hostile))
    assert "\x1b[31m" not in paper.getvalue()
    assert "onerror=alert(1)" in paper.getvalue().replace("\n", "")


def test_the_outcomes_and_the_sums_are_shown(figures: Figures) -> None:
    shown = " ".join(show(show_report(figures), 200).split())
    assert summary_sentence(figures.proof) in shown
    assert f"Successes {figures.successes}, failures {figures.failures}" in shown
    assert f"{figures.proof.source_rows} = {figures.proof.accepted}" in shown


def test_a_run_that_had_nothing_to_do_shows_the_sums_and_says_so(figures: Figures) -> None:
    place = Path("out/spring-report.html")
    shown = " ".join(show(show_end(figures.proof, remark=ALL_BEFORE, report=place), 200).split())

    assert f"{summary_sentence(figures.proof)}{ALL_BEFORE}" in shown
    assert f"{figures.proof.source_rows} = {figures.proof.accepted}" in shown
    assert str(place) in shown


def test_ticks_are_words_where_only_ascii_can_be_written(figures: Figures) -> None:
    assert "\u2713" in show(proof_table(figures.proof))
    assert show(proof_table(figures.proof), encoding="ascii").isascii()


def test_the_report_s_place_is_never_cut(figures: Figures) -> None:
    place = Path("/a/very/long/way") / ("x" * 100) / "report.html"
    assert str(place) in show(show_report(figures, report=place)).replace("\n", "")


def test_rejected_rows_are_said_to_lie_somewhere_only_where_there_are_any(figures: Figures) -> None:
    none = replace(figures, proof=replace(figures.proof, rejected=0))
    place = Path("out/spring-rejects.csv")

    assert str(place) in show(show_report(figures, rejects=place))
    assert str(place) not in show(show_report(none, rejects=place))


def test_rows_that_an_earlier_list_rejected_are_said_to_stand_in_the_ledger(figures: Figures) -> None:
    proof = replace(figures.proof, campaign="two lists")

    shown = show(show_end(proof, report=Path("r.html")), 200)

    assert "earlier: outreach export 'two lists' --state rejected" in shown
    assert "earlier" not in show(show_end(proof, report=Path("r.html"), rejects=Path("rejects.csv")), 200)


def test_progress_shows_rate_time_left_and_budget() -> None:
    clock = SetClock(NOW)
    view = ProgressView("spring", clock)
    view.update({"accepted": 100}, spend(10))
    clock.advance(10)
    view.update({"accepted": 50, "started": 40, "deferred": 10}, spend(20))
    shown = " ".join(show(view).split())
    assert "50 % 50 of 100" in shown
    assert (
        "40 started, 10 deferred, 50 under way, 5.0 a second, 10 s left, 100.0 % of the budget used" in shown
    )


@pytest.mark.parametrize("width", [40, 80, 120])
def test_progress_fits_the_terminal(width: int) -> None:
    view = ProgressView("a-campaign-with-a-very-long-name-indeed", SetClock(NOW))
    view.update({"accepted": 123_456, "started": 77_777})
    assert max(map(len, show(view, width).splitlines())) <= width


def test_a_log_in_which_colours_are_forced_gets_no_moving_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr(progress, "err", Console(file=log, force_terminal=True))

    with progress.progress_of("spring") as terminal:
        terminal.show({"accepted": 100}, spend(10))

    assert log.getvalue() == ""

"""A hundred thousand contacts reported on, and the same figures from PostgreSQL as from SQLite."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace

import pytest

from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import prove
from outreach.report.charts.drawing import draw_charts
from outreach.report.figures.gather import Figures, gather
from outreach.report.figures.history import MOST_RUNS, PastRun
from outreach.report.markdown import write_markdown
from outreach.report.page import render_page
from tests.support.clocks import SetClock
from tests.support.postgres import Postgres
from tests.support.report_examples import NOW
from tests.support.report_ledgers import fill, spend


@pytest.mark.postgres
def test_postgres_tells_the_same_as_sqlite(server: Postgres, figures: Figures) -> None:
    with open_ledger(server.new_ledger(), keys=["k" * 32], clock=SetClock(NOW)) as ledger:
        theirs = gather(ledger, fill(ledger, 480), usage=spend()).as_json()
        again = gather(ledger, fill(ledger, 0, name="empty", rejected=0))
    ours = figures.as_json()
    for spread in ("latency_ms", "duration_seconds"):
        assert theirs.pop(spread) == pytest.approx(ours.pop(spread))
    assert theirs == ours
    assert again.successes == 0


@pytest.mark.slow
def test_a_hundred_thousand_contacts_take_a_second_and_little_memory(ledger: Ledger) -> None:
    campaign = fill(ledger, 100_000)
    proof = prove(ledger, campaign)
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        figures = gather(ledger, campaign, usage=spend(), proof=proof)
        taken.append(time.perf_counter() - began)
    tracemalloc.start()
    gather(ledger, campaign, usage=spend(), proof=proof)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"gather of 100,000 contacts: {min(taken):.2f} s, {peak / 1e6:.1f} MB of Python")
    assert figures.proof.accepted == 100_000
    runs = tuple(PastRun(NOW, NOW, "balanced", 5000, 5500, 3, 0.97) for _ in range(MOST_RUNS))
    page = render_page(replace(figures, history=runs), draw_charts(figures))
    print(f"its page, with {MOST_RUNS} runs: {len(page.encode()) / 1000:.0f} kB")
    assert len(page.encode()) <= 300_000
    assert peak < 5_000_000
    assert min(taken) < 1.0


def test_a_report_does_not_grow_with_the_campaign(ledger: Ledger) -> None:
    outcomes = [("failed", f"refused:{number}", "sms") for number in range(2000)]
    figures = gather(ledger, fill(ledger, 4000, outcomes=outcomes, rejected=500), usage=spend())
    charts = draw_charts(figures)
    assert len(write_markdown(figures, charts)) < 250_000
    assert len(render_page(figures, charts).encode()) < 300_000

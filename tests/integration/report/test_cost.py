"""What a campaign's SMS cost, by the text that each person got."""

from __future__ import annotations

from pathlib import Path

from outreach.ledger.campaigns import find_campaign
from outreach.report import tables
from outreach.report.figures.counts import Cost
from outreach.report.figures.gather import gather
from outreach.report.page import render_page
from tests.support.ledgers import CALM, advance, load, new_ledger, new_run, people
from tests.support.organisations import Organisation

PRICED = CALM.model_copy(
    update={"message": "Hi {{ name }}, it\u2019s 3 PM. " + "x" * 60, "sms_segment_price": 0.05}
)


def test_the_report_says_in_parts_and_money_what_the_sms_cost(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation(), PRICED) as run:
        load(run, [{**row, "email": ""} for row in people(3)])
        load(run, [{**row, "sms": ""} for row in people(2, 4)])
        advance(run)
        figures = gather(ledger, find_campaign(ledger, "spring"))

    assert figures.cost == Cost(sent=3, counted=3, segments=6, price=0.05)
    assert tables.cost(figures.cost).rows[-1] == ("Cost", "0.30")
    assert "Cost of SMS" in render_page(figures)


def test_without_a_price_nothing_is_said_of_cost(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation()) as run:
        load(run, people(2))
        advance(run)
        assert gather(ledger, find_campaign(ledger, "spring")).cost is None

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from outreach.ledger.ledger import Ledger
from outreach.report.charts.axes import round_numbers
from outreach.report.charts.canvas import SIZE, measure
from outreach.report.charts.drawing import draw_charts
from outreach.report.charts.palette import AMBER
from outreach.report.figures.counts import ReasonCount, Tally
from outreach.report.figures.gather import Figures, gather
from outreach.report.figures.percentiles import EDGES_MS, Bucket
from outreach.report.figures.timeline import Point, Series
from tests.support.report_examples import NOW
from tests.support.report_ledgers import fill

TITLES = [
    "From rows to interactions",
    "Outcomes by channel and reason",
    "Latency of creating calls",
    "Requests a minute against the budget",
    "Contacts started a minute",
]


def test_all_charts_are_drawn(charts: dict[str, str]) -> None:
    assert list(charts) == TITLES


@pytest.mark.parametrize("title", TITLES)
def test_a_chart_is_small_and_well_formed(charts: dict[str, str], title: str) -> None:
    assert len(charts[title].encode()) < 60_000
    assert ET.fromstring(charts[title]).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize("title", TITLES)
def test_a_chart_says_in_words_what_it_shows(charts: dict[str, str], title: str) -> None:
    root = ET.fromstring(charts[title])
    words = [root.find(f"{{http://www.w3.org/2000/svg}}{name}") for name in ("title", "desc")]
    assert root.get("role") == "img"
    assert all(word is not None and word.text for word in words)
    assert root.get("aria-labelledby") == " ".join(str(word.get("id")) for word in words if word is not None)


def test_nothing_is_fetched_by_a_chart(hostile_charts: dict[str, str]) -> None:
    for svg in hostile_charts.values():
        assert not re.search(r"(href|src)=\"(?!#)|url\((?!#)|@import|<script|<image|<foreignObject", svg)


def test_hostile_reasons_are_text_in_a_chart(hostile_charts: dict[str, str]) -> None:
    root = ET.fromstring(hostile_charts["Outcomes by channel and reason"])
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {
        "svg",
        "title",
        "desc",
        "g",
        "path",
        "text",
        "tspan",
        "defs",
        "style",
        "clipPath",
        "rect",
        "use",
    }
    assert any("<img" in (element.text or "") for element in root.iter())


def test_ids_are_unique_over_all_charts(charts: dict[str, str]) -> None:
    ids = [found for svg in charts.values() for found in re.findall(r'\bid="([^"]+)"', svg)]
    assert len(ids) == len(set(ids))


def test_the_same_figures_draw_the_same_bytes(figures: Figures, charts: dict[str, str]) -> None:
    assert draw_charts(figures) == charts


def test_a_chart_without_anything_to_show_is_left_out(ledger: Ledger) -> None:
    assert draw_charts(gather(ledger, fill(ledger, 0, rejected=0))) == {}


def test_without_a_budget_the_requests_are_left_out(figures: Figures) -> None:
    assert TITLES[3] not in draw_charts(replace(figures, budget=None))


def test_no_drawing_library_is_imported() -> None:
    program = (
        "import sys; from outreach.report import markdown, page, terminal, live, forecast_views;"
        "from outreach.report.figures import gather; from outreach.report.charts import drawing;"
        "sys.exit(bool({'matplotlib', 'numpy', 'PIL'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_same_count_is_as_long_beside_a_channel_as_beside_a_reason(figures: Figures) -> None:
    alone = replace(
        figures,
        tallies=(Tally("blocked", "sms", "suppressed", 30, 0), Tally("held", "voice", "", 120, 0)),
        reasons=(ReasonCount("blocked", "suppressed", "", 30, 0, ()),),
    )
    svg = draw_charts(alone)["Outcomes by channel and reason"]
    assert len(set(re.findall(rf'width="([0-9.]+)" height="14.0" fill="{AMBER}"', svg))) == 1


@pytest.mark.parametrize("shown", range(2, len(EDGES_MS) + 1))
def test_latencies_below_the_bars_stand_apart_the_last_one_too(figures: Figures, shown: int) -> None:
    buckets = tuple(Bucket(edge, 5) for edge in EDGES_MS[:shown])
    svg = draw_charts(replace(figures, latency_buckets=buckets))["Latency of creating calls"]
    marks = re.findall(r'x="([0-9.]+)" y="[0-9.]+" text-anchor="middle" fill="[^"]+">(\d+ m?s)<', svg)
    sides = [(float(x) - measure(words) / 2, float(x) + measure(words) / 2) for x, words in marks]
    assert [
        after[0] - before[1] for before, after in pairwise(sides) if after[0] - before[1] < SIZE / 2
    ] == []


def test_a_slow_campaign_has_an_axis_that_can_be_read(figures: Figures) -> None:
    points = tuple(Point(NOW, count) for count in (3, 9, 0, 22))
    svg = draw_charts(replace(figures, contacted_over_time=Series(21_600, points)))[
        "Contacts started a minute"
    ]
    assert {"0.02", "0.04", "0.06"} <= {element.text for element in ET.fromstring(svg).iter()}
    assert "at most 0.061 a minute" in svg


@pytest.mark.parametrize(
    ("top", "most", "ticks"),
    [
        (7, 4, [0, 2, 4, 6, 8]),
        (300, 4, [0, 100, 200, 300]),
        (0.05, 5, [0, 0.01, 0.02, 0.03, 0.04, 0.05]),
        (1, 4, [0, 0.5, 1]),
    ],
)
def test_an_axis_has_round_numbers(top: float, most: int, ticks: list[float]) -> None:
    assert round_numbers(top, most) == pytest.approx(ticks)

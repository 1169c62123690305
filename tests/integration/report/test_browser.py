"""The page in a real browser: nothing is fetched, nothing runs, light and dark differ, nothing sticks out."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from outreach.report.figures.counts import Cost, Funnel
from outreach.report.figures.gather import Figures
from outreach.report.figures.history import MOST_RUNS
from outreach.report.figures.percentiles import EDGES_MS, Bucket, Spread
from outreach.report.page import render_page, write_page

pytestmark = pytest.mark.browser

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
SIZES = [(390, 844), (1280, 900)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: install your system's chromium package")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=path, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def page_file(hostile: Figures, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("page") / "report.html", render_page(hostile))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_shows_everything_and_fetches_nothing(
    browser: Any, page_file: Path, scheme: str, size: tuple[int, int], tmp_path: Path
) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(page_file.as_uri())
    page.screenshot(path=tmp_path / f"{scheme}.png", full_page=True)

    assert asked == [page_file.as_uri()]
    assert complaints == []
    assert page.locator("svg").count() == 5
    assert "onerror=alert(1)" in page.inner_text("h1")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.close()


def test_on_a_phone_every_cell_is_within_the_screen_and_says_what_it_is(
    browser: Any, page_file: Path
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(page_file.as_uri())

    outside = page.eval_on_selector_all(
        "td, h2, dd", "all => all.filter(each => each.getBoundingClientRect().right > innerWidth).length"
    )
    headers = page.eval_on_selector_all(
        "td", "all => all.map(each => getComputedStyle(each, '::before').content)"
    )
    assert outside == 0
    assert {"none", "normal"}.isdisjoint(headers)
    page.close()


def test_in_print_it_is_three_pages_after_twenty_runs_answers_and_cost_too(
    browser: Any, figures: Figures, tmp_path: Path
) -> None:
    runs = tuple(replace(figures.history[-1], verdict="balanced", contacted=n) for n in range(MOST_RUNS))
    proof = replace(figures.proof, answers={"stop": 3, "other": 20}, not_delivered={"InvalidDestination": 4})
    whole = replace(figures, history=runs, cost=Cost(200, 190, 380, 0.05), proof=proof)
    page = browser.new_page()
    page.goto(write_page(tmp_path / "report.html", render_page(whole)).as_uri())

    paper = page.pdf(format="A4")

    assert len(re.findall(rb"/Type /Page\b", paper)) <= 3
    page.close()


def test_in_print_a_narrow_table_stands_beside_another_one(
    browser: Any, figures: Figures, tmp_path: Path
) -> None:
    page = browser.new_page(viewport={"width": 718, "height": 1000})  # A4 within its margins
    page.emulate_media(media="print")
    page.goto(write_page(tmp_path / "report.html", render_page(figures)).as_uri())

    tops = page.eval_on_selector_all(
        ".tables section", "all => all.slice(0, 3).map(each => each.getBoundingClientRect().top)"
    )

    proof, runs, outcomes = tops
    assert proof == outcomes < runs
    page.close()


def test_a_table_is_saved_as_the_file_that_the_page_holds(
    browser: Any, figures: Figures, tmp_path: Path
) -> None:
    page = browser.new_page()
    page.goto(write_page(tmp_path / "report.html", render_page(figures)).as_uri())

    with page.expect_download() as saving:
        page.locator("section", has_text="Not reached, by code").locator("a.csv").click()
    saving.value.save_as(tmp_path / "saved.csv")

    rows = list(csv.reader((tmp_path / "saved.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert saving.value.suggested_filename == "spring-not-reached.csv"
    assert rows[0][:4] == ["Outcome", "Code", "Why", "Count"]
    assert sum(int(row[3]) for row in rows[1:] if row[0] == "failed") == figures.failures
    page.close()


OVERLAPS = """svgs => svgs.flatMap(svg => {
    const view = svg.viewBox.baseVal
    const texts = [...svg.querySelectorAll("text")].map(text => [text.textContent, text.getBBox()])
    const cut = texts.filter(([, box]) => box.x < 0 || box.x + box.width > view.width)
    const met = texts.flatMap(([words, a], place) => texts.slice(place + 1).filter(([, b]) =>
        a.x < b.x + b.width && b.x < a.x + a.width && a.y + 3 < b.y + b.height && b.y + 3 < a.y + a.height
    ).map(([others]) => `${words} / ${others}`))
    return [...cut.map(([words]) => words), ...met]
})"""
"""Texts that stick out of their chart, and pairs that meet; a line's ascenders may."""


def crowd(figures: Figures) -> Figures:
    """Figures with long numbers and every bucket, both percentiles close together at one end."""
    return replace(
        figures,
        funnel=Funnel(12_345_678, 12_345_000, 9_000_000, 9_000_000, 8_765_432, 12),
        latency_buckets=tuple(Bucket(edge, 1_000_000) for edge in (*EDGES_MS, None)),
        latency_ms=Spread(16_000_000, 50_000.0, 59_000.0, 60_000.0, 200_000.0),
        tallies=tuple(replace(entry, count=entry.count * 90_000) for entry in figures.tallies),
    )


@pytest.mark.parametrize("change", [replace, crowd], ids=["hostile", "crowded"])
def test_no_word_of_a_chart_is_cut_or_meets_another(
    browser: Any, hostile: Figures, change: Callable[[Figures], Figures], tmp_path: Path
) -> None:
    page = browser.new_page()
    page.goto(write_page(tmp_path / "report.html", render_page(change(hostile))).as_uri())
    assert page.eval_on_selector_all("svg", OVERLAPS) == []
    page.close()


def test_light_and_dark_are_two_colours(browser: Any, page_file: Path) -> None:
    colours = set()
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(page_file.as_uri())
        colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.close()
    assert len(colours) == 2

from __future__ import annotations

import stat
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from outreach.errors import UsageError
from outreach.report.figures.gather import Figures
from outreach.report.page import render_page, write_page
from outreach.report.wording import clean, milliseconds, number
from tests.support.report_examples import HOSTILE

CHART = {HOSTILE: '<svg xmlns="http://www.w3.org/2000/svg"><path style="stroke: #7f8894"/></svg>'}
VOID = {"meta", "br", "hr", "img", "input", "link"}
LOADS = {"src", "href", "xlink:href", "srcset", "action", "data", "poster", "background"}


class Reader(HTMLParser):
    """Reads a page and keeps its tags, what it would fetch, its words, and whether every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.fetched: list[str] = []
        self.handlers: list[str] = []
        self.words: list[str] = []
        self.files: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        is_file_within = tag == "a" and "download" in dict(attrs)
        for name, value in attrs:
            if is_file_within and name == "href" and (value or "").startswith("data:text/csv;"):
                self.files.append(unquote(str(value).partition(",")[2]))
            elif name in LOADS and not (value or "").startswith("#"):
                self.fetched.append(f"{tag} {name}={value}")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def page(hostile: Figures) -> str:
    return render_page(hostile, CHART)


def test_the_page_is_whole(page: str) -> None:
    assert Reader(page).open == []


def test_the_page_asks_no_host_for_anything(page: str) -> None:
    reader = Reader(page)
    assert reader.fetched == []
    assert not reader.tags & {"script", "link", "iframe", "object", "embed", "img", "base", "form"}
    assert "url(http" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_every_table_has_its_file_within(page: str) -> None:
    reader = Reader(page)

    assert len(reader.files) == page.count("<table")
    assert all(file.startswith("\ufeff") for file in reader.files)
    assert not any(cell[:1] in {"=", "+", "@"} for file in reader.files for cell in file.splitlines())


def test_hostile_names_are_text(page: str) -> None:
    reader = Reader(page)
    assert reader.handlers == []
    assert clean(HOSTILE) in reader.words


def test_the_numbers_are_those_of_the_figures(figures: Figures) -> None:
    words = Reader(render_page(figures, {})).words
    for value in (
        number(figures.successes),
        number(figures.failures),
        milliseconds(figures.latency_ms.average),
        number(figures.outbox.delivered),
    ):
        assert value in words


def test_light_and_dark_and_print_are_styled(page: str) -> None:
    assert "@media (prefers-color-scheme: dark)" in page
    assert "@media print" in page


def test_the_charts_take_the_colour_of_the_text_around(page: str) -> None:
    assert "currentColor" in page


def test_the_page_is_private_and_replaces_an_older_one(tmp_path: Path, figures: Figures) -> None:
    target = tmp_path / "reports" / "spring.html"
    write_page(target, render_page(figures, {}))
    target.chmod(0o644)
    assert write_page(target, render_page(figures, {})) == target
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["spring.html"]


def test_a_link_is_replaced_not_followed(tmp_path: Path, figures: Figures) -> None:
    other = tmp_path / "other.txt"
    other.write_text("mine")
    (tmp_path / "report.html").symlink_to(other)
    write_page(tmp_path / "report.html", render_page(figures, {}))
    assert other.read_text() == "mine"


def test_a_place_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path, figures: Figures) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot be written: .*\. Choose another place\."):
        write_page(tmp_path / "file" / "report.html", render_page(figures, {}))

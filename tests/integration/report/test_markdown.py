from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from outreach.report.figures.gather import Figures
from outreach.report.markdown import escape, table_rows, write_markdown
from outreach.report.wording import clean, milliseconds, number
from tests.support.report_examples import HOSTILE

READER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
# This reader refuses SVG as data; the Prefect UI does not, and there it must be the only address.
READER.validateLink = lambda _: True  # type: ignore[assignment, method-assign]  # the reader's own way to set it
CHART = {HOSTILE: "<svg xmlns='http://www.w3.org/2000/svg'/>"}
HARMLESS = {
    *("text", "softbreak", "inline", "image", "heading_open", "heading_close", "paragraph_open"),
    *("paragraph_close", "strong_open", "strong_close", "bullet_list_open", "bullet_list_close"),
    *("list_item_open", "list_item_close", "table_open", "table_close", "thead_open", "thead_close"),
    *("tbody_open", "tbody_close", "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close"),
}


def read(markdown: str) -> list[Token]:
    return list(_flat(READER.parse(markdown)))


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])


def shown(markdown: str) -> str:
    return "\n".join(token.content for token in read(markdown) if token.type == "text")


@pytest.mark.parametrize(
    "text", [HOSTILE, "a|b", "`x`", "*a*", "_a_", "[a](b)", "<b>", "&lt;", "~~a~~", "# a"]
)
def test_data_is_shown_as_it_is(text: str) -> None:
    cell = f"| a |\n| --- |\n| {escape(text)} |"
    tokens = read(cell)
    assert "".join(token.content for token in tokens if token.type == "text") == f"a{clean(text).strip()}"
    assert {token.type for token in tokens} <= HARMLESS


def test_names_read_as_they_are_where_entities_are_shown_as_they_are_written() -> None:
    shown_by_the_older_ui = re.sub(
        r"\\(?=[!-/:-@\[-`{-~])", "", escape("no_channel America/New_York a&b [c]")
    )

    assert shown_by_the_older_ui == "no_channel America/New_York a&b [c]"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_no_text_becomes_markup(text: str) -> None:
    tokens = read(f"**{escape(text)}x**\n\n| a |\n| --- |\n| {escape(text)} |")
    assert {token.type for token in tokens} <= HARMLESS
    assert sum(token.type == "td_open" for token in tokens) == 1


@pytest.mark.parametrize(
    "text", ["http://evil.example", "www.evil.example", "WWW.evil.example", "a@evil.example"]
)
def test_nothing_looks_like_a_link_to_an_eager_reader(text: str) -> None:
    assert not re.search(r"https?://|www\.|\w@\w", escape(text), re.IGNORECASE)


def test_a_hostile_campaign_makes_no_markup(hostile: Figures) -> None:
    tokens = read(write_markdown(hostile, CHART))
    assert {token.type for token in tokens} <= HARMLESS
    sources = [token.attrGet("src") for token in tokens if token.type == "image"]
    assert sources
    assert all(str(source).startswith("data:image/svg+xml;base64,") for source in sources)


def test_a_hostile_campaign_is_named_as_it_is(hostile: Figures) -> None:
    assert clean(HOSTILE) in shown(write_markdown(hostile))


def test_no_line_is_indented(hostile: Figures) -> None:
    lines = write_markdown(hostile, CHART).splitlines()
    assert [line for line in lines if line != line.lstrip()] == []


def test_every_row_has_as_many_cells_as_its_header(hostile: Figures) -> None:
    text = write_markdown(hostile)
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1


def test_the_numbers_are_those_of_the_proof(figures: Figures) -> None:
    text, proof = shown(write_markdown(figures)), figures.proof
    assert (
        f"{proof.contacted} started, {proof.states['deferred']} deferred, {proof.rejected} rejected" in text
    )
    assert f"{number(proof.source_rows)} = {number(proof.accepted)} + {number(proof.rejected)}" in text
    assert f"p95 \n{milliseconds(figures.latency_ms.p95)}" in text
    assert f"{proof.webhooks['delivered']} delivered" in text


def test_failures_by_code_are_few_rows_with_every_failure(figures: Figures) -> None:
    rows = table_rows(figures)
    assert len(rows) < 30
    failed = sum(row["count"] for row in rows if row["outcome"] == "failed")
    assert failed == figures.failures
    assert list(rows[0]) == ["outcome", "count", "why", "code", "examples", "may_be_retried"]

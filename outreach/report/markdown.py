"""The report as Markdown, for a Prefect artifact. Nothing is indented; data never becomes markup.

Every character of the data that Markdown or HTML could read as its own has a backslash before it: the older
of Prefect's UIs shows entities as they are written.
Charts are images with `data:` addresses: Prefect strips inline SVG, and nothing may be fetched.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

from outreach.report import tables
from outreach.report.figures.gather import Figures
from outreach.report.summary import count_sentence, verdict
from outreach.report.tables import Table
from outreach.report.wording import clean, duration, instant, milliseconds, number

# A colon and a dot stay, but where they could make a link: `https:`, `www.`.
_SPECIAL = re.compile(r"[!#$&*/<>?@\[\\\]^_`{|}~]|:(?![ \d])|(?<=www)\.", re.IGNORECASE)


def escape(text: str) -> str:
    """Text from the data, to be shown as it is at any place of a line."""
    return _SPECIAL.sub(_shown, clean(text))


def _shown(found: re.Match[str]) -> str:
    # Entities all the same: for a reader that knows no backslash, these would make markup, or end a cell.
    return f"&#{ord(found.group())};" if found.group() in "<`|" else f"\\{found.group()}"


def write_markdown(figures: Figures, charts: Mapping[str, str] | None = None) -> str:
    """The whole report.

    Args:
        figures: what to show.
        charts: SVG by title, as `drawing.draw_charts` gives them; none means tables only.
    """
    proof = figures.proof
    parts = [
        f"# {escape(figures.campaign)}",
        f"**{escape(count_sentence(proof))}**",
        f"{tables.mark(proof)} {escape(verdict(proof))}",
        _key_figures(figures),
        *(_image(escape(title), svg) for title, svg in (charts or {}).items()),
        *(f"## {escape(table.title)}\n\n{write_table(table)}" for table in tables.every(figures)),
        f"As of {instant(figures.at)}. No address, name or message is in this report.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def table_rows(figures: Figures) -> list[dict[str, Any]]:
    """For a Prefect table artifact: one row per outcome and code, never one per contact.

    The keys are outcome, count, why, code, examples and may_be_retried: a UI cuts off what comes last.
    """
    return [
        {
            "outcome": reason.state,
            "count": reason.count,
            "why": reason.sentence,
            "code": clean(reason.code),
            "examples": ", ".join(map(clean, reason.samples)),
            "may_be_retried": reason.retryable,
        }
        for reason in tables.list_not_reached(figures)
    ]


def write_table(table: Table) -> str:
    """A table, its cells escaped."""
    rule = ["---:" if header in table.numeric else "---" for header in table.headers]
    lines = [table.headers, *table.rows]
    head, *rest = (_line(escape(cell) for cell in line) for line in lines)
    return "\n".join([head, _line(rule), *rest])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _key_figures(figures: Figures) -> str:
    calls, outbox, spent = figures.latency_ms, figures.outbox, figures.budget
    latency = f"average latency **{milliseconds(calls.average)}**, p95 **{milliseconds(calls.p95)}**"
    lines = [
        f"- Successes **{number(figures.successes)}**, failures **{number(figures.failures)}**",
        f"- Creating calls: {number(calls.count)} measured, {latency}",
        f"- Webhooks: {tables.count_webhooks(outbox)}",
    ]
    if spent is not None:
        words = [f"{number(spent.requests)} in {duration(spent.span_seconds)}"]
        words += [f"**{spent.per_started:.2f}** per started contact"] if spent.per_started else []
        lines.append(f"- Requests: {', '.join(words)}, {number(spent.too_many)} answers 429")
    lines += [f"- By Genesys' own engine: {tables.describe_engine(each)}" for each in figures.by_engine]
    if figures.rules.consent_assumed:
        lines.append("- Consent is assumed where the source says nothing: that is the owner's word.")
    return "\n".join(lines)


def _image(title: str, svg: str) -> str:
    content = base64.b64encode(svg.encode()).decode()
    return f"## {title}\n\n![{title}](data:image/svg+xml;base64,{content})"

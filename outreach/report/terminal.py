"""The report in a terminal: rich renderables that also read well without colour and at 80 columns."""

import shlex
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from outreach.ledger.proof import Proof
from outreach.ledger.states import State
from outreach.report import tables
from outreach.report.figures.gather import Figures
from outreach.report.summary import summary_sentence, verdict
from outreach.report.tables import CROSS, TICK, WARNING, Table
from outreach.report.wording import duration, instant, milliseconds, number, percent

STYLES = {
    State.STARTED: "green",
    State.ENDED: "green",
    State.DEFERRED: "cyan",
    State.BLOCKED: "yellow",
    State.HELD: "magenta",
    State.UNKNOWN: "magenta",
    State.FAILED: "red",
    "rejected": "red",
    TICK: "green",
    WARNING: "bold yellow",
    CROSS: "bold red",
}
"""The colour of a first cell; colour never says anything that words don't."""

IN_ASCII = {TICK: "ok", CROSS: "NO"}


class Grid:
    """One of `tables` as a rich renderable; ticks become words where only ASCII can be written."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        grid = RichTable(
            box=SIMPLE_HEAD, title=Text(self._table.title, "bold"), title_justify="left", pad_edge=False
        )
        for header in self._table.headers:
            right = header in self._table.numeric
            # Folded: by itself rich cuts a long cell and ends it with an ellipsis.
            grid.add_column(
                Text(header), justify="right" if right else "left", no_wrap=right, overflow="fold"
            )
        for row in self._table.rows:  # each cell as Text: rich reads a str as markup
            first, *rest = (IN_ASCII.get(cell, cell) if options.ascii_only else cell for cell in row)
            grid.add_row(Text(first, STYLES.get(row[0], "")), *(Text(cell) for cell in rest))
        yield grid


def proof_table(proof: Proof) -> RenderableType:
    """Each sum of the proof with its tick or cross, and the verdict."""
    return Group(Grid(tables.proof(proof)), Text(verdict(proof), STYLES[tables.mark(proof)]))


def latency_line(figures: Figures) -> Text:
    """Successes, failures, and how long the creating calls took."""
    calls = figures.latency_ms
    return Text(
        f"Successes {number(figures.successes)}, failures {number(figures.failures)}; latency of"
        f" {number(calls.count)} creating calls: average {milliseconds(calls.average)},"
        f" p95 {milliseconds(calls.p95)}, longest {milliseconds(calls.maximum)}."
    )


def deferred_line(figures: Figures) -> Text:
    """When those who wait may be contacted; empty when nobody waits."""
    waiting = figures.deferred
    if not waiting.total:
        return Text()
    soon = sum(hour.count for hour in waiting.hours)
    words = [f"{number(waiting.due)} due now"] if waiting.due else []
    words += [f"{number(soon)} within 24 hours"] if soon else []
    words += [f"{number(waiting.later)} later"] if waiting.later else []
    first = next((hour.at for hour in waiting.hours if hour.count), None)
    nearest = f"; the first from {instant(first)}" if first else ""
    return Text(f"Deferred: {', '.join(words)}{nearest}. The campaign's next run takes them up.")


def budget_line(figures: Figures) -> Text:
    """Requests, requests per started contact, budget; empty when nobody counted them."""
    spent = figures.budget
    if spent is None:
        return Text()
    words = [f"{number(spent.requests)} in {duration(spent.span_seconds)}"]
    words += [f"{spent.per_started:.2f} per started contact"] if spent.per_started else []
    if spent.used is not None:
        allowed = number(spent.budget_per_minute or 0)
        words.append(f"{percent(spent.used)} of the budget of {allowed} a minute")
    return Text(f"Requests: {', '.join(words)}, {number(spent.too_many)} answers 429.")


def show_report(
    figures: Figures, *, report: Path | None = None, rejects: Path | None = None
) -> RenderableType:
    """Everything that the command prints at the end: outcomes, lines, and what `show_end` shows."""
    lines = (
        latency_line(figures),
        deferred_line(figures),
        Text(f"Webhooks: {tables.count_webhooks(figures.outbox)}."),
        budget_line(figures),
        *(Text(f"By Genesys' own engine: {tables.describe_engine(each)}.") for each in figures.by_engine),
    )
    end = show_end(figures.proof, report=report, rejects=rejects)
    # An empty Text is false.
    return Group(Grid(tables.outcomes(figures)), *(line for line in lines if line), end)


def show_end(
    proof: Proof, *, remark: str = "", report: Path | None = None, rejects: Path | None = None
) -> RenderableType:
    """The proof, its sentence with a remark, and where the files lie."""
    parts: list[RenderableType] = [
        Padding(proof_table(proof), (1, 0)),
        Text(f"{summary_sentence(proof)}{remark}", "bold"),
    ]
    # Folded here, too: a path that is cut off cannot be copied.
    parts += [Text(f"Report: {report}", overflow="fold")] if report else []
    if rejects and proof.rejected:
        parts.append(Text(f"Rejected rows, to mend and feed back: {rejects}", overflow="fold"))
    elif report and proof.rejected:  # the file is of the last list alone
        command = shlex.join(["outreach", "export", proof.campaign, "--state", "rejected"])
        parts.append(Text(f"Rows that were rejected earlier: {command}", overflow="fold"))
    return Group(*parts)

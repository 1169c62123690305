"""The report as one HTML file: no script, no request to any host, light and dark, made for print too."""

import os
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from outreach.errors import UsageError
from outreach.ledger.states import State
from outreach.report import tables
from outreach.report.charts.drawing import draw_charts, inline
from outreach.report.figures.gather import Figures
from outreach.report.summary import count_sentence, verdict
from outreach.report.table_csv import as_address, name_file
from outreach.report.wording import NOTHING, clean, instant, milliseconds, number, percent
from outreach.sources.private_file import write_private


def write_page(path: str | os.PathLike[str], page: str) -> Path:
    """Write a rendered report, private (0600) and all at once; an older report at this place is replaced.

    Raises:
        UsageError: it cannot be written there.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_private(target, [page.encode()])
    except OSError as error:
        raise UsageError(
            f"The report {target} cannot be written: {error.strerror}.", "Choose another place."
        ) from None
    return target


def render_page(figures: Figures, charts: Mapping[str, str] | None = None) -> str:
    """The page as text."""
    drawn = draw_charts(figures) if charts is None else charts
    return _template().render(
        name=clean(figures.campaign),
        summary=count_sentence(figures.proof),
        verdict=verdict(figures.proof),
        tiles=_tiles(figures),
        # Ours, with every word of the data escaped; the only markup that is let through.
        charts=[(title, Markup(inline(svg))) for title, svg in drawn.items()],  # noqa: S704 - see above
        tables=[
            (table, as_address(table), name_file(figures.campaign, table)) for table in tables.every(figures)
        ],
        consent_assumed=figures.rules.consent_assumed,
        made=instant(figures.at),
        mark=tables.mark(figures.proof),
        looks={tables.TICK: "good", tables.WARNING: "warn", tables.CROSS: "bad"},
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    source = resources.files("outreach.report").joinpath("page.html").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(source)


def _tiles(figures: Figures) -> list[tuple[str, str, str]]:
    """The figures on top: name, value, a remark."""
    calls, box, spent = figures.latency_ms, figures.outbox, figures.budget
    tiles = [
        ("Started", number(figures.successes), f"of {number(figures.proof.accepted)} accepted"),
        ("Deferred", number(figures.deferred.total), "taken up by the next run"),
        ("Blocked", number(figures.proof.states.get(State.BLOCKED, 0)), "may not or cannot be contacted"),
        ("Failed", number(figures.failures), "each counted once"),
        ("Average latency", milliseconds(calls.average), f"p95 {milliseconds(calls.p95)}"),
        (
            "Webhooks delivered",
            number(box.delivered),
            f"{number(box.pending)} pending, {number(box.dead)} dead",
        ),
    ]
    if spent is not None:
        per_started = f"{spent.per_started:.2f}" if spent.per_started else NOTHING
        used = percent(spent.used) if spent.used is not None else NOTHING
        tiles += [
            ("Requests per start", per_started, f"{number(spent.requests)} requests"),
            ("Budget used", used, f"{number(spent.too_many)} answers 429"),
        ]
    tiles += [
        (
            f"Genesys' engine, {each.channel} a minute",
            number(round(each.per_minute)) if each.per_minute else NOTHING,
            tables.describe_allowed(each),
        )
        for each in figures.by_engine
    ]
    return tiles

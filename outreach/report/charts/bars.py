"""Charts of bars: how far rows came, and what became of contacts by channel and reason."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from matplotlib.axes import Axes

from outreach.ledger.states import CONTACTED
from outreach.report.charts.canvas import SIZE, label, open_figure, to_svg
from outreach.report.charts.palette import BLUE, COLOURS, GREEN, INK
from outreach.report.figures.counts import ReasonCount
from outreach.report.figures.gather import Figures
from outreach.report.wording import number, percent

MOST_REASONS = 8  # the picture shows the commonest, the tables have the others
ROW = 0.30
"""Inches for one bar."""

LEGEND: dict[str, Any] = {
    "frameon": False,
    "fontsize": SIZE,
    "labelcolor": INK,
    "handlelength": 0.9,
    "handleheight": 0.9,
    "columnspacing": 1.2,
    "handletextpad": 0.5,
    "borderpad": 0,
}


def draw_funnel(figures: Figures) -> str:
    """Rows, and how many of them came how far."""
    counted = figures.funnel
    stages = tuple(asdict(counted).items())
    if not counted.rows:
        return ""
    figure, (ax,) = open_figure(ROW * len(stages) + 0.1)
    for row, (name, count) in enumerate(stages):
        ax.barh(row, count, height=0.66, color=GREEN if name in {"contacted", "ended"} else BLUE)
        label(ax, count + counted.rows * 0.012, row, f"{number(count)}  ({percent(count / counted.rows)})")
        label(ax, -counted.rows * 0.012, row, name, ha="right")
    _as_bars(ax, len(stages), counted.rows * 1.24)  # room for the words behind the longest bar
    told = ", ".join(f"{number(count)} {name}" for name, count in stages)
    return to_svg(figure, "funnel", "From rows to interactions", told)


def draw_outcomes(figures: Figures) -> str:
    """Above, each channel by outcome; below, the commonest reasons."""
    by_channel = _by_channel(figures)
    if not by_channel:
        return ""
    top = sorted(figures.reasons, key=lambda reason: (-reason.count, reason.state, reason.code))[
        :MOST_REASONS
    ]
    heights = (ROW * len(by_channel) + 0.2, ROW * len(top) + 0.35)
    panels = heights if top else heights[:1]
    figure, axes = open_figure(sum(panels) + 0.45, panels)
    outcomes = _stack(axes[0], by_channel)
    figure.legend(loc="outside upper center", ncols=min(outcomes, 4), **LEGEND)
    if top:
        _rank(axes[1], top)
    told = "; ".join(
        f"{channel}: {', '.join(f'{number(count)} {outcome}' for outcome, count in counts.items())}"
        for channel, counts in by_channel.items()
    )
    return to_svg(figure, "outcomes", "Outcomes by channel and reason", told)


def _by_channel(figures: Figures) -> dict[str, Counter[str]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for entry in figures.tallies:
        counts[entry.channel or "no channel"][_outcome(entry.state)] += entry.count
    order = {name: place for place, name in enumerate(figures.rules.channel_order)}
    return {name: counts[name] for name in sorted(counts, key=lambda name: (order.get(name, 9), name))}


def _outcome(state: str) -> str:
    if state in CONTACTED:
        return "contacted"
    return state if state in COLOURS else "under way"


def _stack(ax: Axes, by_channel: dict[str, Counter[str]]) -> int:
    """Draws each channel's outcomes one after the other; returns how many outcomes there are."""
    most = max(sum(counts.values()) for counts in by_channel.values())
    present = [outcome for outcome in COLOURS if any(counts[outcome] for counts in by_channel.values())]
    left = [0] * len(by_channel)
    for outcome in present:
        widths = [counts[outcome] for counts in by_channel.values()]
        rows = range(len(widths))
        ax.barh(rows, widths, left=left, height=0.62, color=COLOURS[outcome], label=str(outcome))
        left = [start + width for start, width in zip(left, widths, strict=True)]
    for row, (channel, end) in enumerate(zip(by_channel, left, strict=True)):
        label(ax, -most * 0.012, row, channel, ha="right")
        label(ax, end + most * 0.012, row, number(end))
    _as_bars(ax, len(by_channel), most * 1.13)
    return len(present)


def _rank(ax: Axes, reasons: Sequence[ReasonCount]) -> None:
    most = max(reason.count for reason in reasons)
    for row, reason in enumerate(reasons):
        ax.barh(row, reason.count, height=0.62, color=COLOURS.get(reason.state, INK))
        label(ax, reason.count + most * 0.012, row, number(reason.count))
        label(ax, -most * 0.012, row, _short(f"{reason.state}: {_words(reason.code)}"), ha="right")
    _as_bars(ax, len(reasons), most * 1.13)


def _as_bars(ax: Axes, rows: int, end: float) -> None:
    ax.set_ylim(rows - 0.5, -0.5)  # the first row on top
    ax.set_xlim(0, max(end, 1))
    ax.set_xticks([])
    ax.set_yticks([])


def _words(code: str) -> str:
    return code.replace("_", " ").replace(":", ", ") or "no reason"


def _short(words: str) -> str:
    return words if len(words) <= 36 else f"{words[:33]}..."  # the layout takes room for words from the bars

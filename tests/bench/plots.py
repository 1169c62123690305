"""The figures as pictures: bars with the ceiling as a line, growth, the budget; good in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.bench.contest import find_contests

INK, OURS, OTHERS, CEILING = "#7d8590", "#2f81f7", "#9aa4b0", "#e3742f"
LABELS = {
    "ours": "ours",
    "before": "ours, an earlier build",
    "naive_prefect": "naive Prefect",
    "tutorial": "tutorial",
    "sdk": "SDK",
    "sdk_threads": "SDK, 16 threads",
}
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "bench",
}


def draw(results: Mapping[str, Any], folder: Path) -> list[Path]:
    """Every picture that the results have figures for."""
    made = []
    with plt.rc_context(STYLE):
        for name, figure in _figures(results):
            path = folder / f"{name}.svg"
            figure.savefig(path, transparent=True, bbox_inches="tight", metadata={"Date": None})
            plt.close(figure)
            made.append(path)
    return made


def _figures(results: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    for api in ("platform", "guide"):
        contests = [contest for contest in find_contests(results) if contest["api"] == api]
        if contests:
            yield f"throughput-{api}", _draw_contests(contests)
    if "growth" in results:
        yield "growth", _draw_growth(results["growth"]["campaigns"])
    if "limits" in results:
        yield "budget", _draw_limits(results["limits"])


def _draw_contests(contests: Sequence[Mapping[str, Any]]) -> Figure:
    figure, axes = plt.subplots(2, len(contests), figsize=(4.6 * len(contests), 5.2), squeeze=False)
    for column, contest in enumerate(contests):
        for row, unit in enumerate(("contacts_per_second", "requests_per_second")):
            _draw_bars(axes[row][column], contest, unit)
        axes[0][column].set_title(f"{contest['latency_ms']} ms latency", color=INK)
    figure.tight_layout()
    return figure


def _draw_bars(axes: Axes, contest: Mapping[str, Any], unit: str) -> None:
    ways = [way for way in LABELS if way in contest["ways"]]
    figures = [contest["ways"][way][unit] for way in ways]
    values = [figure["median"] for figure in figures]
    below = [figure["median"] - figure["lowest"] for figure in figures]
    above = [figure["highest"] - figure["median"] for figure in figures]
    colours = [OURS if way == "ours" else OTHERS for way in ways]
    axes.barh([LABELS[way] for way in ways], values, color=colours, xerr=[below, above], ecolor=INK)
    for row, figure in enumerate(figures):
        axes.text(figure["highest"], row, f"  {figure['median']:,.0f}", color=INK, va="center")
    axes.invert_yaxis()
    axes.set_xlabel(unit.replace("_per_", "/").replace("_", " "))
    most = max(figure["highest"] for figure in figures)
    if unit == "requests_per_second":
        ceiling = contest["ways"]["ceiling"][unit]["median"]
        axes.axvline(ceiling, color=CEILING, linestyle="--")
        axes.set_title(f"ceiling {ceiling:,.0f}", loc="right", color=CEILING, fontsize=9)
        most = max(most, ceiling)
    axes.set_xlim(0, most * 1.18)


def _draw_growth(campaigns: Sequence[Mapping[str, Any]]) -> Figure:
    figure, axes = plt.subplots(1, 2, figsize=(9.2, 3))
    sizes = [campaign["contacts"] for campaign in campaigns]
    for place, (key, label) in enumerate(
        (("ms_per_contact", "ms per contact"), ("peak_megabytes", "peak MB"))
    ):
        axes[place].plot(sizes, [campaign[key] for campaign in campaigns], marker="o", color=OURS)
        axes[place].set_xscale("log")
        axes[place].set_xticks(sizes, [f"{size:,}" for size in sizes], minor=False)
        axes[place].set_ylim(bottom=0)
        axes[place].set_xlabel("contacts")
        axes[place].set_title(label, color=INK)
    figure.tight_layout()
    return figure


def _draw_limits(scenarios: Sequence[Mapping[str, Any]]) -> Figure:
    figure, axes = plt.subplots(figsize=(7.2, 0.42 * len(scenarios) + 1))
    names = [_name(scenario) for scenario in scenarios]
    colours = [OURS if scenario["shared_by"] == "ledger" else OTHERS for scenario in scenarios]
    axes.barh(names, [scenario["used"] * 100 for scenario in scenarios], color=colours)
    for row, scenario in enumerate(scenarios):
        said = f"{scenario['used']:.1%}, {scenario['answers_429']} x 429"
        axes.text(102, row, said, color=INK, va="center")
    axes.axvline(100, color=CEILING, linestyle="--")
    axes.invert_yaxis()
    axes.set_xlim(0, 135)
    axes.set_xlabel("% of the budget used")
    return figure


def _name(scenario: Mapping[str, Any]) -> str:
    api = "creations, " if scenario["api"] == "guide" else ""
    place = "ledger" if scenario["shared_by"] == "ledger" else "Prefect limit"
    return f"{place}: {api}{scenario['processes']} x, {scenario['window']}"

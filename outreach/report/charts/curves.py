"""Charts with axes: the latency histogram, requests against the budget, people over time."""

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from outreach.report.charts.canvas import SIZE, draw_lines, label, open_figure, to_svg
from outreach.report.charts.palette import AMBER, BLUE, GREEN, INK
from outreach.report.figures.gather import Figures
from outreach.report.figures.percentiles import Bucket
from outreach.report.figures.timeline import Series
from outreach.report.wording import duration, milliseconds, number, percent

_UNITS = ((86_400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))  # the first that fits thrice


def draw_latency(figures: Figures) -> str:
    """The histogram of creating calls, with the median and p95."""
    buckets = _trim(figures.latency_buckets)
    if not buckets:
        return ""
    figure, (ax,) = open_figure(2.3)
    ax.bar(range(len(buckets)), [bucket.count for bucket in buckets], width=0.86, color=BLUE)
    ax.set_xticks(range(len(buckets)), [_edge(bucket) for bucket in buckets])
    highest = max(bucket.count for bucket in buckets)
    ax.set_ylim(0, highest * 1.18)
    _count_axis(ax)
    spread = figures.latency_ms
    for name, value, side in (("p50", spread.p50, "right"), ("p95", spread.p95, "left")):
        at = _position(buckets, value or 0.0)
        ax.axvline(at, color=AMBER, linewidth=1.2, linestyle=(0, (3, 2)))
        gap = 0.06 if side == "left" else -0.06
        label(ax, at + gap, highest * 1.11, f"{name} {milliseconds(value)}", color=AMBER, ha=side)
    told = (
        f"{number(spread.count)} calls, average {milliseconds(spread.average)}, half under"
        f" {milliseconds(spread.p50)}, 95 % under {milliseconds(spread.p95)}"
    )
    return to_svg(figure, "latency", "Latency of creating calls", told)


def draw_requests(figures: Figures) -> str:
    """Requests a minute, and the budget as a line."""
    spent = figures.budget
    if spent is None or len(spent.series.points) < 2:
        return ""
    figure, (ax,) = open_figure(2.3)
    rates = _draw_series(ax, spent.series, BLUE, spent.span_seconds)
    top = max(*rates, spent.budget_per_minute or 0)  # the budget's line stays inside the picture
    if spent.budget_per_minute:
        ax.axhline(spent.budget_per_minute, color=AMBER, linewidth=1.2, linestyle=(0, (3, 2)))
        words = f"budget {number(spent.budget_per_minute)} a minute"
        label(ax, 0, spent.budget_per_minute + top * 0.06, words, color=AMBER)
    ax.set_ylim(0, top * 1.16)
    told = f"{number(spent.requests)} requests in {duration(spent.span_seconds)}"
    if spent.used is not None:
        told += f", {percent(spent.used)} of the budget"
    return to_svg(figure, "requests", "Requests a minute against the budget", told)


def draw_contacts(figures: Figures) -> str:
    """Contacts started a minute."""
    series = figures.contacted_over_time
    if len(series.points) < 2:
        return ""
    figure, (ax,) = open_figure(2.0)
    rates = _draw_series(ax, series, GREEN)
    ax.set_ylim(0, max(rates) * 1.1)
    total = sum(point.count for point in series.points)
    told = f"{number(total)} contacts, at most {number(max(rates))} a minute"
    return to_svg(figure, "contacts", "Contacts started a minute", told)


def _trim(buckets: Iterable[Bucket]) -> list[Bucket]:
    kept = list(buckets)
    while kept and not kept[-1].count:
        kept.pop()
    # An empty bucket stays at the left: its edge is where the first bar begins.
    while len(kept) > 1 and not kept[0].count and not kept[1].count:
        kept.pop(0)
    return kept


def _edge(bucket: Bucket) -> str:
    if bucket.up_to is None:
        return "more"
    return f"{bucket.up_to:.0f} ms" if bucket.up_to < 1000 else f"{bucket.up_to / 1000:.0f} s"


def _position(buckets: list[Bucket], value: float) -> float:
    low = 0.0
    for place, bucket in enumerate(buckets):
        if bucket.up_to is None or value <= bucket.up_to:
            high = bucket.up_to or max(value, low + 1)
            low = low if place else min(value, high / 2)
            # A bar is 0.86 wide: the line stands where the value lies between the bucket's edges.
            return place - 0.43 + 0.86 * min(max((value - low) / (high - low), 0.0), 1.0)
        low = bucket.up_to
    return len(buckets) - 0.5


def _draw_series(ax: Axes, series: Series, colour: str, span: float | None = None) -> list[float]:
    """Steps of the rate a minute, over the time since the first point; returns the rates.

    The last point of a known span may cover less than the others.
    """
    width = series.seconds_per_point
    seconds = [float(width)] * len(series.points)
    if span is not None:
        seconds[-1] = max(span - width * (len(seconds) - 1), 1.0)  # a sliver would look like a peak
    rates = [point.count * 60 / covered for point, covered in zip(series.points, seconds, strict=True)]
    unit, name = next((size, unit) for size, unit in _UNITS if width * len(rates) >= size * 3 or size == 1)
    edges = [place * width / unit for place in range(len(rates) + 1)]
    ax.stairs(rates, edges, fill=True, color=colour, alpha=0.28)
    ax.stairs(rates, edges, color=colour, linewidth=1.4, baseline=None)  # no walls at both ends
    ax.set_xlim(0, edges[-1])
    _count_axis(ax)
    ax.set_xlabel(f"{name} since the start; per minute", color=INK, fontsize=SIZE)
    return rates


def _count_axis(ax: Axes) -> None:
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    draw_lines(ax)

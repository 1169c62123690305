"""Charts with axes: the latency histogram, requests against the budget, people over time."""

from collections.abc import Iterable, Sequence
from math import ceil

from outreach.report.charts.axes import Axes, draw_axes, round_numbers, say
from outreach.report.charts.canvas import LINE, SIZE, WIDTH, Picture, measure
from outreach.report.charts.palette import AMBER, BLUE, GREEN, INK
from outreach.report.figures.gather import Figures
from outreach.report.figures.percentiles import Bucket, Spread
from outreach.report.figures.timeline import Series
from outreach.report.wording import duration, milliseconds, number, percent

_UNITS = ((86_400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))  # the first that fits thrice


def draw_latency(figures: Figures) -> str:
    """The histogram of creating calls, with the median and p95."""
    buckets, spread = _trim(figures.latency_buckets), figures.latency_ms
    if not buckets:
        return ""
    picture = Picture(LINE)
    axes = draw_axes(picture, len(buckets), max(4, *(bucket.count for bucket in buckets)))
    for place, bucket in enumerate(buckets):
        x, top = axes.x(place + 0.04), axes.y(bucket.count)
        picture.bar(x, top, axes.x(place + 0.96) - x, axes.bottom - top, BLUE)
    picture.path(axes.across(0), INK)
    _draw_edges(picture, axes, [bucket.up_to for bucket in buckets])
    _draw_percentiles(picture, axes, buckets, spread)
    told = (
        f"{number(spread.count)} calls, average {milliseconds(spread.average)}, half under"
        f" {milliseconds(spread.p50)}, 95 % under {milliseconds(spread.p95)}"
    )
    return picture.to_svg("latency", "Latency of creating calls", told)


def draw_requests(figures: Figures) -> str:
    """Requests a minute, and the budget as a line."""
    spent = figures.budget
    if spent is None or len(spent.series.points) < 2:
        return ""
    picture, budget = Picture(LINE), spent.budget_per_minute or 0
    rates = _rates(spent.series, spent.span_seconds)
    axes = _draw_series(picture, spent.series, rates, BLUE, budget)
    if budget:
        picture.dashed(axes.across(budget))
        picture.dashed(f"M{axes.left:.1f} {LINE / 2:.1f}h20")
        picture.text(axes.left + 26, LINE / 2, f"budget {number(budget)} a minute", colour=AMBER)
    told = f"{number(spent.requests)} requests in {duration(spent.span_seconds)}"
    if spent.used is not None:
        told += f", {percent(spent.used)} of the budget"
    return picture.to_svg("requests", "Requests a minute against the budget", told)


def draw_contacts(figures: Figures) -> str:
    """Contacts started a minute."""
    series = figures.contacted_over_time
    if len(series.points) < 2:
        return ""
    picture, rates = Picture(), _rates(series)
    _draw_series(picture, series, rates, GREEN)
    total = sum(point.count for point in series.points)
    told = f"{number(total)} contacts, at most {say(max(rates))} a minute"
    return picture.to_svg("contacts", "Contacts started a minute", told)


def _trim(buckets: Iterable[Bucket]) -> list[Bucket]:
    kept = list(buckets)
    while kept and not kept[-1].count:
        kept.pop()
    # An empty bucket stays at the left: its edge is where the first bar begins.
    while len(kept) > 1 and not kept[0].count and not kept[1].count:
        kept.pop(0)
    return kept


def _draw_edges(picture: Picture, axes: Axes, edges: Sequence[float | None]) -> None:
    """Under each right edge its latency; where they are close, under some: rather 1, 10, 100 ms."""
    words = [
        "more" if not edge else f"{edge:.0f} ms" if edge < 1000 else f"{edge / 1000:.0f} s" for edge in edges
    ]
    wide = max(map(measure, words))
    moved_in = max(0, wide / 2 - SIZE)  # the last one, from the picture's edge towards the one before
    every = ceil((wide + SIZE / 2 + moved_in) / (axes.x(1) - axes.x(0)))
    first = next((place for place, edge in enumerate(edges) if edge in {1, 10, 100, 1000}), 0) % every
    for place in range(first, len(words), every):
        picture.text(axes.x(place + 1), axes.bottom + LINE / 2, words[place], "middle")


def _draw_percentiles(picture: Picture, axes: Axes, buckets: Sequence[Bucket], spread: Spread) -> None:
    """Two lines with their words above, which are pushed apart where they would meet."""
    words = [f"p50 {milliseconds(spread.p50)}", f"p95 {milliseconds(spread.p95)}"]
    lines = [axes.x(_position(buckets, value or 0.0)) for value in (spread.p50, spread.p95)]
    first, second = (measure(word) / 2 for word in words)
    apart = first + second + SIZE
    right = min(max(lines[1], max(lines[0], first) + apart), WIDTH - second)
    for line, word, middle in zip(lines, words, (min(lines[0], right - apart), right), strict=True):
        picture.dashed(f"M{line:.1f} {LINE:.1f}V{axes.bottom:.1f}")
        picture.text(middle, LINE / 2, word, "middle", AMBER)


def _position(buckets: Sequence[Bucket], value: float) -> float:
    """Where a latency lies, in buckets from the left."""
    low = 0.0
    for place, bucket in enumerate(buckets):
        if bucket.up_to is None or value <= bucket.up_to:
            high = bucket.up_to or max(value, low + 1)
            low = low if place else min(value, high / 2)
            return place + min(max((value - low) / (high - low), 0.0), 1.0)
        low = bucket.up_to
    return float(len(buckets))


def _rates(series: Series, span: float | None = None) -> list[float]:
    """A minute, point by point; the last point of a known span may cover less than the others."""
    seconds = [float(series.seconds_per_point)] * len(series.points)
    if span is not None:
        seconds[-1] = max(span - sum(seconds[:-1]), 1.0)  # a sliver would look like a peak
    return [point.count * 60 / covered for point, covered in zip(series.points, seconds, strict=True)]


def _draw_series(
    picture: Picture, series: Series, rates: Sequence[float], colour: str, budget: float = 0
) -> Axes:
    """Steps of the rates over the time since the first point."""
    span = series.seconds_per_point * len(rates)
    size, unit = next((size, unit) for size, unit in _UNITS if span >= size * 3 or size == 1)
    axes = draw_axes(picture, span / size, max(*rates, budget) or 1)
    width = series.seconds_per_point / size
    steps = "".join(f"V{axes.y(rate):.1f}H{axes.x(n * width):.1f}" for n, rate in enumerate(rates, start=1))
    floor = f"M{axes.left:.1f} {axes.bottom:.1f}"
    picture.path(f"{floor}{steps}V{axes.bottom:.1f}Z", "none", fill=colour, fill_opacity=0.28)
    # Without walls at both ends.
    picture.path(f"M{axes.left:.1f} {axes.y(rates[0]):.1f}{steps}", colour, stroke_width=1.6)
    picture.path(axes.across(0), INK)
    for tick in round_numbers(axes.end, 6):
        if tick <= axes.end:
            picture.text(axes.x(tick), axes.bottom + LINE / 2, say(tick), "middle")
    words = f"{unit} since the start; per minute"
    picture.text((axes.left + WIDTH) / 2, picture.height + LINE / 2, words, "middle")
    picture.height += LINE
    return axes

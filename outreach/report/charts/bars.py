"""Charts of bars: how far rows came, and what became of contacts by channel and reason."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from outreach.ledger.states import CONTACTED
from outreach.report.charts.canvas import LINE, SIZE, WIDTH, Picture, measure, plain, shorten
from outreach.report.charts.palette import BLUE, COLOURS, GREEN, INK
from outreach.report.figures.counts import ReasonCount
from outreach.report.figures.gather import Figures
from outreach.report.wording import number, percent

MOST_REASONS = 8  # the picture shows the commonest, the tables have the others
_GAP = 6.0
_THICK = 14.0


@dataclass(frozen=True, slots=True)
class Bar:
    """Counts with their colours one after the other; `said` stands behind them."""

    name: str
    parts: Sequence[tuple[int, str]]
    said: str

    def scale(self, left: float) -> float:
        """The longest that one of what is counted may be, for a bar that begins at `left`."""
        room = WIDTH - left - _GAP - measure(self.said) - len(self.parts)
        return room / max(sum(count for count, _ in self.parts), 1)


def draw_funnel(figures: Figures) -> str:
    """Rows, and how many of them came how far."""
    stages: dict[str, int] = asdict(figures.funnel)
    rows = figures.funnel.rows
    if not rows:
        return ""
    bars = [
        Bar(name, [(count, colour)], f"{number(count)} ({percent(count / rows)})")
        for (name, count), colour in zip(stages.items(), [BLUE] * 4 + [GREEN] * 2, strict=True)
    ]
    picture, left = Picture(), _left_of(bars)
    _draw_bars(picture, bars, left, min(bar.scale(left) for bar in bars))
    told = ", ".join(f"{number(count)} {name}" for name, count in stages.items())
    return picture.to_svg("funnel", "From rows to interactions", told)


def draw_outcomes(figures: Figures) -> str:
    """Above, each channel by outcome; below, the commonest reasons, in the same scale."""
    by_channel = _by_channel(figures)
    if not by_channel:
        return ""
    channels = [
        Bar(
            shorten(channel, WIDTH / 4),
            [(counts[each], COLOURS[each]) for each in COLOURS],
            number(counts.total()),
        )
        for channel, counts in by_channel.items()
    ]
    ranked = sorted(figures.reasons, key=lambda reason: (-reason.count, reason.state, reason.code))
    reasons = [_as_bar(reason) for reason in ranked[:MOST_REASONS]]
    picture, left = Picture(), _left_of(channels)
    _draw_legend(picture, [name for name in COLOURS if any(counts[name] for counts in by_channel.values())])
    scale = min([bar.scale(left) for bar in channels] + [bar.scale(0) for bar in reasons])
    _draw_bars(picture, channels, left, scale)
    picture.height += _GAP
    _draw_bars(picture, reasons, 0, scale)
    told = "; ".join(
        f"{channel}: {', '.join(f'{number(count)} {outcome}' for outcome, count in counts.items())}"
        for channel, counts in by_channel.items()
    )
    return picture.to_svg("outcomes", "Outcomes by channel and reason", told)


def _by_channel(figures: Figures) -> dict[str, Counter[str]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for entry in figures.tallies:
        counts[plain(entry.channel or "no channel")][_outcome(entry.state)] += entry.count
    order = {name: place for place, name in enumerate(figures.rules.channel_order)}
    return {name: counts[name] for name in sorted(counts, key=lambda name: (order.get(name, 9), name))}


def _outcome(state: str) -> str:
    if state in CONTACTED:
        return "contacted"
    return state if state in COLOURS else "under way"


def _as_bar(reason: ReasonCount) -> Bar:
    words = reason.code.replace("_", " ").replace(":", ", ") or "no reason"
    name = shorten(plain(f"{reason.state}: {words}"), WIDTH)
    return Bar(name, [(reason.count, COLOURS.get(reason.state, INK))], number(reason.count))


def _left_of(bars: Iterable[Bar]) -> float:
    return max(measure(bar.name) for bar in bars) + _GAP


def _draw_legend(picture: Picture, names: Iterable[str]) -> None:
    x, y = 0.0, LINE / 2
    for name in names:
        width = SIZE + _GAP / 2 + measure(name)
        if x + width > WIDTH:
            x, y = 0.0, y + LINE
        picture.bar(x, y - SIZE * 0.4, SIZE * 0.8, SIZE * 0.8, COLOURS[name])
        picture.text(x + SIZE + _GAP / 2, y, name)
        x += width + _GAP
    picture.height = y + LINE / 2 + _GAP


def _draw_bars(picture: Picture, bars: Iterable[Bar], left: float, scale: float) -> None:
    """Each with its name beside it, or on a line of its own where nothing is left of the bars."""
    for bar in bars:
        picture.height += 0 if left else LINE
        middle, x = picture.height + _THICK / 2, left
        picture.text(
            left - _GAP if left else 0,
            middle if left else middle - LINE,
            bar.name,
            "end" if left else "start",
        )
        for count, colour in bar.parts:
            if count:
                width = max(count * scale, 1.0)  # a few among many are still seen
                picture.bar(x, middle - _THICK / 2, width, _THICK, colour)
                x += width
        picture.text(x + _GAP, middle, bar.said)
        picture.height += _THICK + _GAP

"""A chart's axes: where a value lies, and lines and words at round numbers."""

from dataclasses import dataclass
from math import ceil, floor, log10

from outreach.report.charts.canvas import LINE, SIZE, WIDTH, Picture, measure
from outreach.report.charts.palette import INK
from outreach.report.wording import number

_TALL = 120.0
_RIGHT = WIDTH - SIZE


@dataclass(frozen=True, slots=True)
class Axes:
    """Values from 0 at `left` to `end`, and from 0 at `bottom` up to `highest`."""

    left: float
    bottom: float
    end: float
    highest: float

    def x(self, value: float) -> float:
        """Where it lies from the left edge of the picture."""
        return self.left + (_RIGHT - self.left) * value / self.end

    def y(self, value: float) -> float:
        """Where it lies from the upper edge."""
        return self.bottom - _TALL * value / self.highest

    def across(self, value: float) -> str:
        """The path of a line at this height."""
        return f"M{self.left:.1f} {self.y(value):.1f}H{_RIGHT:.1f}"


def draw_axes(picture: Picture, end: float, top: float) -> Axes:
    """Faint lines at round numbers under what is drawn so far, and below them room for a line of words."""
    ticks = round_numbers(top, 4)
    left = max(measure(say(tick)) for tick in ticks) + SIZE / 2
    axes = Axes(left, picture.height + SIZE / 2 + _TALL, end, ticks[-1])
    for tick in ticks:
        picture.text(left - SIZE / 2, axes.y(tick), say(tick), "end")
        picture.path(axes.across(tick), INK, stroke_opacity=0.25)
    picture.height = axes.bottom + LINE
    return axes


def round_numbers(top: float, most: int) -> list[float]:
    """From 0 in at most so many steps of 1, 2 or 5 times a power of ten, to `top` or just above it."""
    power = 10.0 ** floor(log10(top / most))
    step = next(size * power for size in (1, 2, 5, 10) if size * power * most >= top * 0.999)
    return [step * place for place in range(ceil(top / step - 0.001) + 1)]


def say(value: float) -> str:
    """A number without needless digits; small ones keep two."""
    return number(value) if value >= 10 or value == round(value) else f"{value:.2g}"

"""Drawing surface of the charts: colours, axes, and a figure as small, self-contained, reproducible SVG."""

import io
import re
import threading
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outreach.report.charts.palette import INK
from outreach.report.wording import clean

WIDTH = 5.9
"""Inches; a point of the picture is a 72nd."""

SIZE = 9.5
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"

_DRAWING = threading.Lock()  # rc_context changes the settings of the whole process
_ATTRIBUTES = re.compile(r'\b(id|xlink:href|clip-path)="(#|url\(#)?([^")]+)')
_HEAD = re.compile(r"\A.*?(?=<svg )", re.DOTALL)  # an XML head has no place inside a page
# The reader's own font: none is embedded, none is fetched.
_FONT = re.compile(r"(font: [^;\"]*?[0-9.]+px )[^;\"]+")


def open_figure(height: float, panels: tuple[float, ...] = (1.0,)) -> tuple[Figure, list[Axes]]:
    """A transparent figure of WIDTH x `height` inches with bare axes, stacked in these proportions."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.patch.set_alpha(0.0)
    grid = figure.subplots(len(panels), 1, height_ratios=panels, squeeze=False)
    axes = [row[0] for row in grid]
    for ax in axes:
        ax.patch.set_alpha(0.0)
        ax.tick_params(colors=INK, labelsize=SIZE, length=0)
        ax.spines[:].set_visible(False)
    return figure, axes


def label(ax: Axes, x: float, y: float, words: str, **more: Any) -> None:  # noqa: ANN401 - matplotlib's own
    """Text at a point of the data; never read as mathematics, and only in signs that every font has."""
    plain = clean(words).encode("ascii", "replace").decode()
    ax.text(x, y, plain, parse_math=False, **{"color": INK, "fontsize": SIZE, "va": "center", **more})


def draw_lines(ax: Axes) -> None:
    """The line that bars stand on, and faint horizontal ones behind them."""
    ax.spines["bottom"].set(visible=True, color=INK, linewidth=0.6)
    ax.grid(axis="y", color=INK, alpha=0.22, linewidth=0.6)
    ax.set_axisbelow(True)


def to_svg(figure: Figure, name: str, title: str, told: str) -> str:
    """The picture with its title and what it says in words; the same bytes for the same figure.

    `name` makes its ids unique in a page with several pictures.
    """
    # Matplotlib's version and date would make the same picture another file.
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    out = io.StringIO()
    # The salt of the ids is the one thing that matplotlib only takes from its global settings.
    with _DRAWING, mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(out, format="svg", transparent=True, metadata=nothing)
    return _finish(out.getvalue(), name, title, told)


def _finish(svg: str, name: str, title: str, told: str) -> str:
    svg = _HEAD.sub("", svg)
    # Ids of the page's own: two pictures with an `m1` would both draw the first one's marks.
    svg = _ATTRIBUTES.sub(lambda found: f'{found[1]}="{found[2] or ""}{name}-{found[3]}', svg)
    svg = _FONT.sub(lambda found: f"{found[1]}{FONTS}", svg)
    svg = re.sub(r"\n\s*", "\n", svg)
    svg = svg.replace("<svg ", f'<svg role="img" aria-labelledby="{name}-title {name}-told" ', 1)
    words = f'<title id="{name}-title">{escape(title)}</title>\n<desc id="{name}-told">{escape(told)}</desc>'
    end = svg.index(">") + 1
    return f"{svg[:end]}\n{words}{svg[end:]}"

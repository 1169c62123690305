"""The charts' surface: bars, lines and texts as small, self-contained, reproducible SVG.

Texts are in the reader's own font, whose width nobody knows here: each is measured as the widest usual font
would draw it. Where that has room, no word is cut and none meets another.
"""

from html import escape

from outreach.report.charts.palette import AMBER, INK
from outreach.report.wording import clean

WIDTH = 420.0
SIZE = 12.0
LINE = 18.0
"""Height of a line of text."""

_SHOWN = 1.2  # of WIDTH, where no page says how wide
_FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"  # none embedded, none fetched
)
_SIGNS = {
    **dict.fromkeys(" !'(),-./:;I[]`fijlrt|", 0.42),
    **dict.fromkeys("#$&*+<=>ABCDEFGHJKLNOPQRSTUVXYZ^_~", 0.87),
    **dict.fromkeys("%@MWmw", 1.0),
}
"""Widths in parts of SIZE, after DejaVu Sans, the widest of the fonts."""


def plain(words: str) -> str:
    """One line, only in signs that every font has."""
    return clean(words).encode("ascii", "replace").decode()


def measure(words: str) -> float:
    """The most room that these words take."""
    return SIZE * sum(_SIGNS.get(sign, 0.65) for sign in words)


def shorten(words: str, room: float) -> str:
    """The words, cut where they need more room than this."""
    if measure(words) <= room:
        return words
    while words and measure(f"{words}...") > room:
        words = words[:-1]
    return f"{words}..."


class Picture:
    """Takes shapes and texts; `height` is the lower edge of what is drawn so far, moved by whoever draws."""

    def __init__(self, height: float = 0.0) -> None:
        self.height = height
        self._parts: list[str] = []

    def bar(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A filled rectangle."""
        size = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        self._parts.append(f'<rect {size} fill="{colour}"/>')

    def path(self, steps: str, colour: str, **more: object) -> None:
        """A line along SVG's path commands; `more` are its attributes, `_` for `-`."""
        said = {"fill": "none", "stroke": colour, **more}
        attributes = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in said.items())
        self._parts.append(f'<path d="{steps}"{attributes}/>')

    def dashed(self, steps: str) -> None:
        """A line that marks a value."""
        self.path(steps, AMBER, stroke_width=1.6, stroke_dasharray="4 3")

    def text(self, x: float, y: float, words: str, anchor: str = "start", colour: str = INK) -> None:
        """Words around the height `y`; centred ones are moved in where they would stick out."""
        if anchor == "middle":
            half = measure(words) / 2
            x = min(max(x, half), WIDTH - half)
        place = f'x="{x:.1f}" y="{y + SIZE * 0.35:.1f}" text-anchor="{anchor}"'
        self._parts.append(f'<text {place} fill="{colour}">{escape(plain(words), quote=False)}</text>')

    def to_svg(self, name: str, title: str, told: str) -> str:
        """The picture with its title and what it says in words; `name` makes its ids unique in a page."""
        size = f'width="{WIDTH * _SHOWN:.0f}" height="{self.height * _SHOWN:.0f}"'
        font = f'font-family="{_FONTS}" font-size="{SIZE:.0f}"'
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {WIDTH:.0f} {self.height:.0f}"'
            f' role="img" aria-labelledby="{name}-title {name}-told" {font}>'
        )
        words = (
            f'<title id="{name}-title">{escape(title)}</title>\n<desc id="{name}-told">{escape(told)}</desc>'
        )
        return "\n".join([head, words, *self._parts, "</svg>\n"])

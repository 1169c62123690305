"""The strings that a workbook's cells share, packed: a million rows have millions of them."""

import re
from array import array
from collections.abc import Iterator
from html import unescape
from itertools import repeat
from xml.etree.ElementTree import Element

from outreach.sources.spreadsheets.markup import parse

_SIMPLE = re.compile(r'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>')
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
MOST_BYTES = 1 << 29


class TooMuch(ValueError):  # noqa: N818 - it names a thing, not a failure
    """More than a list can hold."""


class SharedStrings:
    """Read once, then asked by number."""

    def __init__(self) -> None:
        self._packed = bytearray()
        self._ends = array("I", [0])

    def __getitem__(self, number: int) -> str:
        ends = self._ends
        # Never negative: the number comes from digits.
        return self._packed[ends[number] : ends[number + 1]].decode("utf-8", "surrogatepass")

    def read(self, pieces: Iterator[str]) -> None:
        """Add the strings of pieces that each end behind `</si>`, but for the last."""
        for piece in pieces:
            simple = _SIMPLE.findall(piece)
            if len(simple) == piece.count("<si"):  # nothing but plain text: all at once
                self._add([text_of(raw) for raw in simple] if "&" in piece or "_x" in piece else simple)
            else:
                self._add(list(_each(piece)))

    def _add(self, texts: list[str]) -> None:
        for text in texts:
            self._packed += text.encode("utf-8", "surrogatepass")
            self._ends.append(len(self._packed))
        if len(self._packed) > MOST_BYTES:
            raise TooMuch


def _each(piece: str) -> Iterator[str]:
    *parts, rest = piece.split("</si>")
    for part in parts:
        start = part.rfind("<si")
        yield from _empty(part[:start])
        yield text_of(join_runs(parse(part[start:] + "</si>")).replace("&", "&amp;"))
    yield from _empty(rest)


def _empty(text: str) -> Iterator[str]:
    yield from repeat("", text.count("<si/>") + text.count("<si />"))


def text_of(raw: str) -> str:
    """Text of the XML, unescaped, also in the spreadsheet's own way (_x000D_)."""
    if "&" in raw:
        raw = unescape(raw)
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), raw) if "_x" in raw else raw


def join_runs(item: Element) -> str:
    """The runs of rich text, without the phonetic ones."""
    return (item.findtext("t") or "") + "".join(run.findtext("t") or "" for run in item.iterfind("r"))

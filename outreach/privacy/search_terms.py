"""What must not be found: people's data and secrets, in every usual spelling, looked for at once.

A needle is short and lower-case: long texts are cut into pieces, so that any 63 bytes of them are found.
Numbers are looked for twice: their digits anywhere, and group by group (`(317) 555-0177`).
"""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from ahocorasick_rs import BytesAhoCorasick

from outreach.sameness import E164

PIECE = 32
SHORTEST = 6
"""Bytes under which a text is not looked for: it would be found everywhere."""

MOST_PIECES = 40
NATIONAL = 3
"""A number without its country has at most so many digits less (ITU-T E.164)."""

_NO_DIGIT = re.compile(rb"[^0-9]+")
_GROUPED = re.compile(rb"[0-9][0-9 .()/\xa0-]{7,40}[0-9]")
_UUID = re.compile(rb"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
"""Among a million ids some groups are the digits of somebody, where 50,000 people are looked for."""

_SPACES = re.compile(rb"%20|%28|%29|&nbsp;|\xc2\xa0")
_GIVEAWAYS = {
    "token": re.compile(rb"bearer (?!\.)[a-z0-9_.~+/-]{20,}"),
    "signing secret": re.compile(rb"whsec_[a-z0-9+/]{24,}"),
}
"""What is a secret whosever it is."""


class SearchTerm(NamedTuple):
    """`kind`: phone, email, handle, name, message, metadata, secret; `whose`: a contact's id, or a name."""

    kind: str
    whose: str
    value: str


class Find(NamedTuple):
    """Something that should not be there, and how far into the content it stands."""

    kind: str
    whose: str
    offset: int


class SearchTerms:
    """All needles, ready to be looked for at once: as fast for ten thousand people as for ten.

    Each piece is found by its first six bytes, then compared: for 50,000 people an automaton of all bytes
    takes eight times as long to build (49 s) and a gigabyte.

    Args:
        needles: what to look for; those too short to tell are counted in `skipped`.
    """

    def __init__(self, needles: Iterable[SearchTerm]) -> None:
        self.skipped = 0
        self._by_piece: dict[bytes, SearchTerm] = {}
        self._numbers: dict[bytes, SearchTerm] = {}
        for needle in needles:
            pieces = set(_pieces(needle))
            self.skipped += not pieces
            for piece in pieces:
                self._by_piece.setdefault(piece, needle)
            if E164.match(needle.value):
                self._numbers[needle.value[1:].encode()] = needle
        self._national = _national(self._numbers)
        self._tails = {number[-4:] for number in self._numbers}
        self._lengths: dict[bytes, set[int]] = {}
        for piece in self._by_piece:
            self._lengths.setdefault(piece[:SHORTEST], set()).add(len(piece))
        self._starts = BytesAhoCorasick(self._lengths)

    def __len__(self) -> int:
        return len(self._by_piece)

    def search(self, content: bytes) -> Iterator[Find]:
        """Everything in a content that should not be there."""
        content = content.lower()
        for _, place, _ in self._starts.find_matches_as_indexes(content, overlapping=True):
            for length in self._lengths.get(content[place : place + SHORTEST], ()):
                needle = self._by_piece.get(content[place : place + length])
                if needle:
                    yield Find(needle.kind, needle.whose, place)
        if self._numbers:
            for match in _GROUPED.finditer(_SPACES.sub(b" ", _UUID.sub(b"x" * 36, content))):
                yield from self._grouped(match)
        for kind, pattern in _GIVEAWAYS.items():
            for match in pattern.finditer(content):
                yield Find(kind, "", match.start())

    def _grouped(self, match: re.Match[bytes]) -> Iterator[Find]:
        groups = _NO_DIGIT.split(match[0])
        for end in range(1, len(groups) + 1):
            digits = b"".join(groups[:end])
            if digits[-4:] not in self._tails:
                continue
            for group in groups[:end]:
                # Without the 00 of a call abroad, or the 0 before an area's code.
                number = digits.lstrip(b"0")
                needle = self._numbers.get(number) or self._national.get(number)
                if needle:
                    yield Find(needle.kind, needle.whose, match.start())
                digits = digits[len(group) :]


def _national(numbers: Mapping[bytes, SearchTerm]) -> dict[bytes, SearchTerm]:
    return {number[cut:]: needle for number, needle in numbers.items() for cut in range(1, NATIONAL + 1)}


def _pieces(needle: SearchTerm) -> Iterator[bytes]:
    if E164.match(needle.value):
        yield needle.value[1:].encode()
        return
    for spelling in spell(needle.value):
        content = spelling.encode(errors="surrogatepass").lower()
        cuts = range(0, max(len(content) - PIECE, 0) + 1, PIECE)
        yield from (content[at : at + PIECE] for at in list(cuts)[:MOST_PIECES] if len(content) >= SHORTEST)


def spell(text: str) -> set[str]:
    """A text as it may stand in logs, JSON, URLs and pages."""
    ascii_only = json.dumps(text)[1:-1]
    # JSON inside JSON, as Prefect keeps results and artifacts.
    twice = json.dumps(ascii_only)[1:-1]
    quoted = json.dumps(text, ensure_ascii=False)[1:-1]
    return {
        text,
        ascii_only,
        twice,
        quoted,
        quote(text),
        quote(text, safe=""),
        quote_plus(text),
        html.escape(text),
    }

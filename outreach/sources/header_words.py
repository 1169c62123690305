"""What is said of a list's headers: what is wrong with them, and their names in a log."""

from __future__ import annotations

import re
from collections.abc import Sequence

from outreach.counting import counted
from outreach.errors import SourceError
from outreach.sources.layout import IGNORED, NOTHING, Layout
from outreach.sources.opt_outs import words_of
from outreach.sources.recognition import list_plain_words
from outreach.sources.shell_words import as_option, show_header

_A_NAME = re.compile(r"[A-Za-z](?!(?:\D*\d){4})[\w.-]{0,39}\Z", re.ASCII)
"""One short word with at most three digits: no address, no line break, no sentence."""
_SEVERAL_WORDS = re.compile(r"[A-Za-z][A-Za-z /()_-]{0,39}\Z")
_SHOWN = 20


class WrongHeader(SourceError):  # noqa: N818 - it names a thing, not a failure
    """A header that no run is begun with; `layout` is what can be read of it."""

    def __init__(
        self, problem: str, advice: str = "", headers: tuple[str, ...] = (), layout: Layout = NOTHING
    ) -> None:
        super().__init__(problem, advice)
        self.headers = headers
        self.layout = layout


def join_problems(problems: Sequence[SourceError], headers: tuple[str, ...], layout: Layout) -> WrongHeader:
    """One error of several: each problem with its advice."""
    *others, last = problems
    before = " ".join(f"{each.problem} {each.advice}".strip() for each in others)
    return WrongHeader(f"{before} {last.problem}".strip(), last.advice, headers, layout)


def two_columns(label: str, what: str, places: Sequence[int], headers: Sequence[str]) -> SourceError:
    """Two headers of one list mean the same column; `places` counts from 0."""
    named = " and ".join(f"{show_header(headers[place])} (number {place + 1})" for place in places)
    return SourceError(
        f"{label} has two columns for {what}: {named}.",
        f"Leave one of them out: {as_option({headers[places[-1]]: IGNORED})}.",
    )


def unclear(label: str, header: str) -> SourceError:
    """A header looks like an opt-out or a consent, and does not say which."""
    return SourceError(
        f"{label}: column {show_header(header)} seems to say who must not be contacted, but not what its "
        "cells mean.",
        f"Map it, like {as_option({header: 'opt_out'})}: to opt_out or opt_out.<channel> where a yes "
        "forbids, to consent.<channel> where a yes permits, to ignore where it says neither.",
    )


def turned_round(label: str, header: str, column: str) -> SourceError:
    """A mapping sends a header to one of our columns in which a yes means the contrary."""
    kind, _, channel = column.partition(".")
    means, right = (
        ("permits", "consent.<channel>") if kind == "opt_out" else ("forbids", f"opt_out.{channel}")
    )
    return SourceError(
        f"{label}: a yes in column {show_header(header)} {means}, and the columns mapping reads it as "
        f"{column}, where it means the contrary.",
        f"Map it to {right}, or leave it out of the mapping.",
    )


def in_words(headers: Sequence[str], numbers: Sequence[int], one: str, many: str) -> str:
    """Headers for a log: how many, and their names; where that may be somebody's data, their number."""
    shown = [
        header if _is_nobodys(header) else f"number {number}"
        for header, number in zip(headers, numbers, strict=True)
    ]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return f"{counted(len(headers), f'column {one}', f'columns {many}')}: {', '.join(shown[:_SHOWN])}{more}"


def _is_nobodys(header: str) -> bool:
    if _A_NAME.match(header):
        return True
    # Two words may be a person's name, as where a table has a column for each: these words are in nobody's.
    return bool(_SEVERAL_WORDS.match(header)) and list_plain_words().issuperset(words_of(header).split())

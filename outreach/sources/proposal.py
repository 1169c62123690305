"""What a source's header is read as: for a person who looks before a run, and for keeping as a mapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from outreach.errors import SourceError
from outreach.sources.layout import Layout
from outreach.sources.rows import Record

OPT_OUT = "opt-out"


class Column(NamedTuple):
    """One column: what it means in our words, how that is known, and cells of the first rows."""

    number: int
    header: str
    means: list[str]
    how: str
    samples: list[str]


@dataclass(frozen=True)
class Proposal:
    """A header as it is read. `problem`: why a run would be refused."""

    headers: tuple[str, ...]
    layout: Layout
    records: Sequence[Record] = ()
    problem: SourceError | None = None

    @property
    def columns(self) -> list[Column]:
        """Each column in its order."""
        meaning = self.layout.meaning()
        means = [meaning.get(position, []) for position in range(len(self.headers))]
        return [
            Column(number + 1, self.headers[number], each, self._how(each), self._samples(number))
            for number, each in enumerate(means)
        ]

    def _how(self, means: Sequence[str]) -> str:
        if not means:
            return ""
        if not self.layout.guessed.isdisjoint(means):
            return "recognised"
        return "says who must not be contacted" if OPT_OUT in means else "named"

    def _samples(self, position: int) -> list[str]:
        cells = (each.cells[position].strip() for each in self.records if position < len(each.cells))
        return [cell for cell in cells if cell]

    def mapping(self) -> dict[str, str]:
        """What was recognised and what was mapped, as a `columns` mapping that means the same."""
        said: dict[int, list[str]] = {}
        for column, places in self.layout.places.items():
            for rank, position in enumerate(places, 1):
                said.setdefault(position, []).append(f"{column}:{rank}" if len(places) > 1 else column)
        return {self.headers[position]: ", ".join(said[position]) for position in sorted(said)}

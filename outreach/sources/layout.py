"""Where each of our columns stands in one header, and what of the header means nothing to us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from outreach.sources.opt_outs import OptOut, is_of_another_way

OF_EXPORTS = frozenset({"line", "code", "reason", "retryable", "next_allowed_at"})
"""Columns that the rejects and export files add; a file that is fed back may still have them."""
IGNORED = "ignore"
"""What a mapping sends a column to that must not be read at all."""
PHONES = ("voice", "sms")
_NOTHING_TOLD: Mapping[str, tuple[int, ...]] = MappingProxyType({})


class Layout(NamedTuple):
    """The positions of each of our columns: the parts of a name, a channel's addresses in order, else one."""

    places: Mapping[str, tuple[int, ...]]
    guessed: frozenset[str]
    """Which of them were recognised by the words of other systems."""
    opt_outs: Sequence[tuple[int, str, OptOut]] = ()
    dismissed: frozenset[int] = frozenset()
    """The positions that a mapping by hand says to ignore."""
    told: frozenset[int] = frozenset()
    """Those that mean something to texts and senders alone."""

    @classmethod
    def of(
        cls,
        named: Mapping[str, tuple[int, ...]],
        recognised: Mapping[str, tuple[int, ...]],
        opt_outs: Sequence[tuple[int, str, OptOut]],
        dismissed: frozenset[int] = frozenset(),
        told: Mapping[str, tuple[int, ...]] = _NOTHING_TOLD,
    ) -> Layout:
        """What is named, of what is recognised only what nobody named, and what texts and senders name."""
        closed = set(named) | (set(PHONES) if named.keys() & set(PHONES) else set())
        guessed = {
            column: places for column, places in {**told, **recognised}.items() if column not in closed
        }
        known = {at for places in ({**recognised, **named}).values() for at in places}
        by_texts = {at for places in told.values() for at in places} - known
        return cls({**guessed, **named}, frozenset(guessed), opt_outs, dismissed, frozenset(by_texts))

    @property
    def makes_ids(self) -> bool:
        """Whether this is an address book, whose people have a first and a last name and no id."""
        return "external_contact_id" not in self.places and len(self.places.get("name", ())) > 1

    def meaning(self) -> dict[int, list[str]]:
        """What each position means, in our words."""
        found: dict[int, list[str]] = {position: ["opt-out"] for position, _, _ in self.opt_outs}
        for column, places in self.places.items():
            for position in places:
                found.setdefault(position, []).append(column)
        return found

    def unknown(self, headers: Sequence[str]) -> tuple[int, ...]:
        """Where columns stand that mean nothing but to texts and senders, and that nobody said to ignore.

        `Do not allow Faxes = Do Not Allow` speaks of no channel of ours.
        """
        known = self.meaning().keys() - self.told | self.dismissed
        others = (at for at, header in enumerate(headers) if at not in known and header not in OF_EXPORTS)
        return tuple(at for at in others if not is_of_another_way(headers[at]))

    def under_our_names(self, row: Mapping[str, str]) -> dict[str, str]:
        """A row of the source with our columns by our names, and all others as they are."""
        cells = [cell.strip() for cell in row.values()]
        ours = {}
        for column, places in self.places.items():
            filled = [cells[position] for position in places if position < len(cells) and cells[position]]
            ours[column] = " ".join(filled) if column == "name" else next(iter(filled), "")
        used = {position for places in self.places.values() for position in places}
        others = {name: cell for number, (name, cell) in enumerate(row.items()) if number not in used}
        return {**ours, **others}


NOTHING = Layout({}, frozenset())

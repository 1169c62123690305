"""Rows in which every cell is what it means: nearly all of a list of ours, told by one look at the whole row.

One pattern, put together of the columns' own, matches a row whose id, texts, e-mail and postal code stand in
their normal form: they need no reading, and what they say no second check. That takes a third of the time of
the long way (parsing.py), which takes every other row and would make the same of these (a property test holds
that).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter

from outreach.contacts import AddressKind, Channel
from outreach.sources import cells as read
from outreach.sources.emails import PLAIN_EMAIL
from outreach.sources.ids import PLAIN_ID
from outreach.sources.layout import Layout
from outreach.sources.phones import usual_phone
from outreach.sources.postal_codes import PLAIN_CODE
from outreach.sources.rows import BadCell
from outreach.sources.zone_names import read_time_zone

_BETWEEN = "#"
"""Joins the cells. One that holds it goes the long way: it may be an error of a spreadsheet."""
_PATTERNS = {
    "external_contact_id": PLAIN_ID,
    "name": r"(?! )[^#]{1,255}(?<! )",
    "time_zone": r"(?:[A-Za-z]+/[A-Za-z_/+-]+)?",  # one that is told without a look at the rest of the row
    "postal_code": rf"(?:{PLAIN_CODE})?",
    "email": rf"(?:{PLAIN_EMAIL})?",
}
_LINE, _TEXT = r"(?! )[^#]{0,255}(?<! )", rf"(?! )[^#]{{0,{read.TEXT_LIMIT}}}(?<! )"
_READS: dict[str, Callable[[str], object] | None] = {
    "initial_message": None,
    "interaction_duration_seconds": read.read_duration,
    "time_zone": read_time_zone,
    "postal_code": None,
}
"""What a row may say beside its id, name and channels, in a contact's order; None: as it stands."""
_PHONES = frozenset(channel.value for channel in Channel if channel.traits.kind is AddressKind.PHONE)


class PlainRows:
    """Reads them by where each column of one header stands; only of lists whose columns have our names."""

    def __init__(self, layout: Layout) -> None:
        places = {column: at[0] for column, at in layout.places.items()}
        patterns = [_PATTERNS.get(column, _TEXT if _is_long(column) else _LINE) for column in places]
        self._match = re.compile(_BETWEEN.join(patterns) + r"\Z").match
        self._ours = itemgetter(*places.values())
        self._id, self._name = places["external_contact_id"], places["name"]
        self._others = [(column, places[column], as_) for column, as_ in _READS.items() if column in places]
        self._channels = [
            (channel.value, places[channel], channel.value in _PHONES)
            for channel in Channel
            if channel in places
        ]
        self._metadata = [
            (column.partition(".")[2], at) for column, at in places.items() if column.startswith("metadata.")
        ]
        named = {channel: _parts_of(channel, places) for channel in Channel if f"consent.{channel}" in places}
        self._consent = [(channel, tuple(parts), tuple(parts.values())) for channel, parts in named.items()]

    @staticmethod
    def fits(layout: Layout) -> bool:
        """Whether rows of this header can be told at a look: each column ours, one for each thing."""
        several = any(len(places) > 1 for places in layout.places.values())
        needed = {"external_contact_id", "name"} <= layout.places.keys()
        return needed and not (several or layout.guessed or layout.opt_outs or "country" in layout.places)

    def read(self, cells: Sequence[str]) -> dict[str, object] | None:
        """What the row says, in a contact's order; None where a cell needs to be read."""
        row = _BETWEEN.join(self._ours(cells))
        if "  " in row or "Err:" in row or "\ufffd" in row or not row.isprintable() or not self._match(row):
            return None
        channels: dict[str, str] = {}
        for name, at, is_phone in self._channels:
            if cell := cells[at]:
                if (address := usual_phone(cell) if is_phone else cell) is None:
                    return None
                channels[name] = address
        try:
            return self._say(cells, channels) if channels else None
        except BadCell:
            return None

    def _say(self, cells: Sequence[str], channels: Mapping[str, str]) -> dict[str, object]:
        said: dict[str, object] = {"external_contact_id": cells[self._id], "name": cells[self._name]}
        said["channels"] = channels
        for column, at, read_as in self._others:
            if cell := cells[at]:
                said[column] = read_as(cell) if read_as else cell
        if self._consent:
            said["consent"] = consents = {}
            for channel, parts, places in self._consent:
                if consent := _consent(parts, *[cells[at] for at in places]):
                    consents[channel.value] = consent
        if self._metadata:
            said["metadata"] = {key: cell for key, at in self._metadata if (cell := cells[at])}
        return said


def _is_long(column: str) -> bool:
    return column == "initial_message" or column.startswith("metadata.")


def _parts_of(channel: str, places: Mapping[str, int]) -> dict[str, int]:
    columns = {"given": "", "source": ".source", "on": ".date"}
    return {
        part: places[name] for part, end in columns.items() if (name := f"consent.{channel}{end}") in places
    }


@lru_cache(maxsize=1024)
def _consent(parts: tuple[str, ...], *cells: str) -> Mapping[str, object] | None:
    """What these cells say; those of many people are the same. Raises BadCell."""
    said: dict[str, object] = {part: cell for part, cell in zip(parts, cells, strict=True) if cell}
    if "on" in said:
        said["on"] = read.read_date(str(said["on"]))
    if "given" not in said:
        return None
    said["given"] = read.read_consent(str(said["given"]))
    return said

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
from typing import Any

from outreach.channels import DURATION_SECONDS, AddressKind, Channel
from outreach.sources import cells as read
from outreach.sources.columns import DURATION
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
    DURATION: read.read_duration,
    "time_zone": read_time_zone,
    "postal_code": None,
}
"""What a row may say beside its id, name and channels, in a contact's order; None: as it stands."""
_PHONES = frozenset(channel.value for channel in Channel if channel.traits.kind is AddressKind.PHONE)


class PlainRows:
    """Reads them by where each column of one header stands; only of lists whose columns have our names.

    Whoever says anything in a column of opting out goes the long way: of a list in which 3 in 10 do, reading
    takes a quarter less than if all went it.
    """

    def __init__(self, layout: Layout) -> None:
        places = {column: at[0] for column, at in layout.places.items()}
        patterns = [_PATTERNS.get(column, _TEXT if _is_long(column) else _LINE) for column in places]
        self._match = re.compile(_BETWEEN.join(patterns) + r"\Z").match
        self._ours = itemgetter(*places.values())
        others = [column for column in _READS if column in places]
        # The channels come third, as in a contact; until they are known the id keeps their place.
        self._names = ("external_contact_id", "name", "channels", *others)
        at_id, at_name = places["external_contact_id"], places["name"]
        self._texts = itemgetter(at_id, at_name, at_id, *[places[column] for column in others])
        self._reads = [(column, read_as) for column in others if (read_as := _READS[column])]
        self._channels = [
            (channel.value, places[channel], channel.value in _PHONES)
            for channel in Channel
            if channel in places
        ]
        self._metadata = [
            (column.partition(".")[2], at) for column, at in places.items() if column.startswith("metadata.")
        ]
        named = {channel.value: _parts_of(channel, places) for channel in Channel}
        self._consent = [(channel, tuple(parts)) for channel, parts in named.items() if parts]
        at = [at for parts in named.values() for at in parts.values()]
        self._consent_cells = itemgetter(*at) if at else None
        self._opt_outs = [at for at, *_ in layout.opt_outs]
        # What many people say is the same.
        self._consents = lru_cache(maxsize=1024)(self._read_consents)

    @staticmethod
    def fits(layout: Layout) -> bool:
        """Whether rows of this header can be told at a look: each column ours, one for each thing."""
        several = any(len(places) > 1 for places in layout.places.values())
        needed = {"external_contact_id", "name"} <= layout.places.keys()
        return needed and not (several or layout.guessed or "country" in layout.places)

    def read(self, cells: Sequence[str]) -> dict[str, object] | None:
        """What the row says, in a contact's order, without defaults; None where a cell needs to be read."""
        row = _BETWEEN.join(self._ours(cells))
        if "  " in row or "Err:" in row or "\ufffd" in row or not row.isprintable() or not self._match(row):
            return None
        for at in self._opt_outs:
            if cells[at]:  # nearly all say nothing there
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
        texts = self._texts(cells)
        said: dict[str, Any] = dict(zip(self._names, texts, strict=True))
        said["channels"] = channels
        if "" in texts:
            said = {name: each for name, each in said.items() if each}
        for column, read_as in self._reads:
            if column in said:
                said[column] = read_as(said[column])
        if said.get(DURATION) == DURATION_SECONDS:
            del said[DURATION]
        if self._consent_cells and (consents := self._consents(self._consent_cells(cells))):
            said["consent"] = consents
        if self._metadata and (found := {key: cell for key, at in self._metadata if (cell := cells[at])}):
            said["metadata"] = found
        return said

    def _read_consents(self, cells: tuple[str, ...] | str) -> Mapping[str, Mapping[str, object]]:
        rest = iter((cells,) if isinstance(cells, str) else cells)  # of one column a text
        found = {channel: _consent(dict(zip(parts, rest, strict=False))) for channel, parts in self._consent}
        return {channel: consent for channel, consent in found.items() if consent}


def _is_long(column: str) -> bool:
    return column == "initial_message" or column.startswith("metadata.")


def _parts_of(channel: str, places: Mapping[str, int]) -> dict[str, int]:
    """Where the parts of a channel's consent stand; nothing is said by where and when alone."""
    columns = {"given": "", "source": ".source", "on": ".date"} if f"consent.{channel}" in places else {}
    return {
        part: places[name] for part, end in columns.items() if (name := f"consent.{channel}{end}") in places
    }


def _consent(parts: Mapping[str, str]) -> Mapping[str, object]:
    """What these cells say, nothing where they are empty. Raises BadCell."""
    said: dict[str, object] = {part: cell for part, cell in parts.items() if cell}
    if "on" in said:
        said["on"] = read.read_date(parts["on"])
    if "given" not in said:
        return {}
    said["given"] = read.read_consent(parts["given"])
    return said

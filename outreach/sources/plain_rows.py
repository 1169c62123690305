"""Rows in which every cell is what it means: nearly all of a list of ours, told by one look at the whole row.

One pattern, put together of the columns' own, matches a row whose id, texts, e-mail and postal code stand in
their normal form: they need no reading, and the contact no second check. That takes half the time of the long
way (parsing.py), which takes every other row and would make the same of these (a property test holds that).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import TypeVar

from pydantic import BaseModel

from outreach.contacts import AddressKind, Channel, Channels, Consent, Contact
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
_AS_THEY_ARE = ("external_contact_id", "name", "initial_message", "postal_code")
_PHONES = frozenset(channel.value for channel in Channel if channel.traits.kind is AddressKind.PHONE)
_CONTACT = {name: field.default for name, field in Contact.model_fields.items()}
_CHANNELS = {name: field.default for name, field in Channels.model_fields.items()}
# object's own, since the models are frozen.
_set = object.__setattr__
Model = TypeVar("Model", bound=BaseModel)


class PlainRows:
    """Reads them by where each column of one header stands; only of lists whose columns have our names."""

    def __init__(self, layout: Layout) -> None:
        places = {column: at[0] for column, at in layout.places.items()}
        patterns = [_PATTERNS.get(column, _TEXT if _is_long(column) else _LINE) for column in places]
        self._match = re.compile(_BETWEEN.join(patterns) + r"\Z").match
        self._ours = itemgetter(*places.values())
        self._texts = [(column, places[column]) for column in _AS_THEY_ARE if column in places]
        self._zone = places.get("time_zone")
        self._duration = places.get("interaction_duration_seconds")
        channels = [(channel.value, places[channel]) for channel in Channel if channel in places]
        self._phones = [each for each in channels if each[0] in _PHONES]
        self._addresses = [each for each in channels if each[0] not in _PHONES]
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

    def read(self, cells: Sequence[str]) -> Contact | None:
        """The row's contact; None where a cell needs to be read."""
        row = _BETWEEN.join(self._ours(cells))
        if "  " in row or "Err:" in row or "\ufffd" in row or not row.isprintable() or not self._match(row):
            return None
        channels: dict[str, object] = {name: cell for name, at in self._addresses if (cell := cells[at])}
        for name, at in self._phones:
            if cell := cells[at]:
                channels[name] = number = usual_phone(cell)
                if number is None:
                    return None
        try:
            return self._contact(cells, channels) if channels else None
        except BadCell:
            return None

    def _contact(self, cells: Sequence[str], channels: Mapping[str, object]) -> Contact:
        values: dict[str, object] = {name: cell for name, at in self._texts if (cell := cells[at])}
        values["channels"] = _made(Channels, {**_CHANNELS, **channels}, channels)
        if self._zone is not None and (zone := cells[self._zone]):
            values["time_zone"] = read_time_zone(zone)
        if self._duration is not None and (duration := cells[self._duration]):
            values["interaction_duration_seconds"] = read.read_duration(duration)
        if self._metadata:
            values["metadata"] = {key: cell for key, at in self._metadata if (cell := cells[at])}
        if self._consent:
            values["consent"] = consents = {}
            for channel, parts, at in self._consent:
                if consent := _consent(parts, *[cells[each] for each in at]):
                    consents[channel] = consent
        return _made(Contact, {**_CONTACT, "consent": {}, "metadata": {}, **values}, values)


def _is_long(column: str) -> bool:
    return column == "initial_message" or column.startswith("metadata.")


def _parts_of(channel: str, places: Mapping[str, int]) -> dict[str, int]:
    columns = {"given": "", "source": ".source", "on": ".date"}
    return {
        part: places[name] for part, end in columns.items() if (name := f"consent.{channel}{end}") in places
    }


@lru_cache(maxsize=1024)
def _consent(parts: tuple[str, ...], *cells: str) -> Consent | None:
    """What these cells say; those of many people are the same. Raises BadCell."""
    said: dict[str, object] = {part: cell for part, cell in zip(parts, cells, strict=True) if cell}
    if "on" in said:
        said["on"] = read.read_date(str(said["on"]))
    if "given" not in said:
        return None
    said["given"] = read.read_consent(str(said["given"]))
    return Consent.model_validate(said)


def _made(model: type[Model], fields: Mapping[str, object], said: Iterable[str]) -> Model:
    """A model of values that are known to be good: in half the time of one that pydantic checks."""
    made = model.__new__(model)
    _set(made, "__dict__", fields)
    _set(made, "__pydantic_fields_set__", set(said))
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made

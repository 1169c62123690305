"""The phone cells of a row: one number a channel, the first of its columns and cells that it can use.

Those behind it are candidates that are never contacted; each must be readable, for nobody knows what a
word beside a number says of the others. What a fixed line's cell holds is no number for an SMS.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from outreach.channels import AddressKind, Channel
from outreach.sources.columns import COUNTRY
from outreach.sources.national_numbers import Home, home_of
from outreach.sources.phones import read_phones, usual_phone
from outreach.sources.rows import BadCell

Problem = tuple[str, str, str]
"""Code, column, reason."""

BY_ROW, BY_DEFAULT, NO_TEXT = "by_row", "by_default", "no_sms"
"""What is counted: numbers read in their row's country, in the settings', and fixed lines no SMS reaches."""
_TEXTED = frozenset(channel.value for channel in Channel if channel.traits.has_segments)
_PHONES = tuple(channel.value for channel in Channel if channel.traits.kind is AddressKind.PHONE)


class RowPhones(NamedTuple):
    """A number by channel, the extension of the one for a call, and what no channel could use."""

    channels: dict[str, object]
    extension: str
    unfit: tuple[Problem, ...]


class PhoneColumns:
    """Reads them by where each column stands; `counts` what a person wants to know of a whole list."""

    def __init__(
        self, places: Mapping[str, Sequence[int]], *, country: str, strict: bool, counts: Counter[str]
    ) -> None:
        self._channels = [
            (column, places[column][0], tuple(places[column][1:])) for column in _PHONES if column in places
        ]
        self._country_at = next(iter(places.get(COUNTRY, ())), None)
        self._home = Home(country)
        self._strict = strict
        self._counts = counts

    def read(self, cells: Sequence[str], problems: list[Problem]) -> RowPhones:
        """The row's numbers; what cannot be read is added to the problems."""
        found = RowPhones({}, "", ())
        home = self._home
        if self._country_at is not None:
            home = home_of(cells[self._country_at].strip(), home.code)
        for column, position, others in self._channels:
            cell = cells[position].strip()
            # The short way: nearly every cell is such a number, and nobody asks which others there are.
            number = usual_phone(cell) if cell and not self._strict and not others else None
            if number and not (home.of_row and home.disagrees_with(number)):
                found.channels[column] = number
                continue
            filled = [cell for cell in (cell, *(cells[other].strip() for other in others)) if cell]
            try:
                found = self._choose(column, filled, home, found) if filled else found
            except BadCell as problem:
                problems.append((problem.code, column, problem.reason))
        return found

    def _choose(self, column: str, filled: Sequence[str], home: Home, found: RowPhones) -> RowPhones:
        is_text = column in _TEXTED
        read = [
            phone
            for cell in filled
            for phone in read_phones(cell, home, is_text=is_text, strict=self._strict)
        ]
        chosen = next((phone for phone in read if phone.is_texted or not is_text), None)
        if chosen is None:
            self._counts[NO_TEXT] += 1
            return found._replace(unfit=(("no_text_number", column, "is a fixed line, which takes no SMS"),))
        found.channels[column] = chosen.number
        if chosen.is_national:
            self._counts[BY_ROW if home.of_row else BY_DEFAULT] += 1
        return found if is_text else found._replace(extension=chosen.extension)

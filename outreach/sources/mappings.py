"""Mappings, nested or flat, as records: the list in Python, and what JSON, Parquet and queries hold.

{"externalContactId": "EXT-1", "channels": {"sms": "+15551234567"}, "consent": {"sms": {"given": true}}}
becomes the headers externalContactId, channels.sms, consent.sms.given
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum

from outreach.sources.columns import Headings
from outreach.sources.rows import Record, Reject

_DEEPEST = 4
# No contact has as many; a row of a million keys must not fill the memory.
_MOST_CELLS = 1000


class Mappings:
    """A list of mappings, or another sequence of them."""

    fixed_columns = False
    may_be_empty = False

    def __init__(self, rows: Sequence[Mapping[str, object]], headings: Headings) -> None:
        self._rows = rows
        self._headings = headings
        self.label = headings.label

    def records(self) -> Iterator[Record]:
        """One record a mapping, numbered from 1."""
        for number, row in enumerate(self._rows, 1):
            yield record_of(number, row, self._headings)


def record_of(line: int, row: object, headings: Headings) -> Record:
    """One mapping as a record; whatever is none becomes a reject."""
    if not isinstance(row, Mapping):
        return Record(line, (), (), Reject("not_an_object", "The row is not an object with named values."))
    flat: dict[str, object] = {}
    _flatten(row, "", flat, _DEEPEST)
    return Record(line, tuple(flat), [text_of(value) for value in flat.values()], _why_not(flat, headings))


def _flatten(row: Mapping[object, object], prefix: str, flat: dict[str, object], depth: int) -> None:
    for key, value in row.items():
        name = prefix + str(key)
        if len(flat) > _MOST_CELLS:
            return
        if isinstance(value, Mapping) and depth:
            _flatten(value, name + ".", flat, depth - 1)
        else:
            flat[name] = value


def _why_not(flat: Mapping[str, object], headings: Headings) -> Reject | None:
    if len(flat) > _MOST_CELLS:
        return Reject("too_many_cells", f"The row has more than {_MOST_CELLS} values.")
    for name, value in flat.items():
        if isinstance(value, (Mapping, list, tuple, set)):
            column = headings.column(name)
            if column:
                return Reject("not_text", f"{column} holds a list or an object, where one value is needed.")
    return None


def text_of(value: object) -> str:  # noqa: PLR0911 - one line a type
    """A value as the cell that a CSV would have held."""
    if isinstance(value, str):
        return value.value if isinstance(value, Enum) else value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Decimal):
        return format(value, "f")  # never in scientific notation
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


def _number(value: float) -> str:
    """Whole floats without their point: pandas makes floats of whole numbers where cells are missing."""
    if math.isnan(value):
        return ""
    # From 2**53 on a float has lost digits already: shown as it is, it is rejected.
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else str(value)

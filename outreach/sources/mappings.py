"""Mappings, nested or flat, as records: the list in Python, and what JSON, Parquet and queries hold.

{"externalContactId": "EXT-1", "channels": {"sms": "+15551234567"}, "consent": {"sms": {"given": true}}}
becomes the headers externalContactId, channels.sms, consent.sms.given
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from numbers import Real

from outreach.sources.cells import DIGITS_LOST
from outreach.sources.columns import Headings
from outreach.sources.frames import exact_below, unless_lost
from outreach.sources.rows import Record, Reject

_DEEPEST = 4
_VALUES = ("value", "number", "phone", "phone_number", "phoneNumber", "email", "email_address", "address")
_LABELS = ("label", "type", "kind")
# No contact has as many; a row of a million keys must not fill the memory.
_MOST_CELLS = 1000


class Mappings:
    """A list of mappings, or another sequence of them."""

    fixed_columns = False
    notes: Sequence[str] = ()
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
        elif isinstance(value, list):
            _unfold(name, value, flat)
        else:
            flat[name] = value


def _unfold(name: str, values: Sequence[object], flat: dict[str, object]) -> None:
    """A list under one name: labelled values as cells of their own, in order.

    {"emails": [{"label": "work", "value": "a@example.com"}, {"value": "b@example.com"}]} gives emails,
    emails label, emails 2.
    """
    labelled = [_labelled(value) for value in values]
    if not values or name.startswith("metadata.") or None in labelled:
        flat[name] = values or None
        return
    for number, (value, label) in enumerate(filter(None, labelled), 1):
        numbered = name if number == 1 else f"{name} {number}"
        flat[numbered] = value
        if label:
            flat[f"{numbered} label"] = label


def _labelled(value: object) -> tuple[object, object] | None:
    """A value and its label; None for anything else."""
    if not isinstance(value, Mapping):
        return None
    found = [
        value[name] for name in _VALUES if name in value and not isinstance(value[name], (Mapping, list))
    ]
    return (found[0], next((value[name] for name in _LABELS if name in value), "")) if found else None


def _why_not(flat: Mapping[str, object], headings: Headings) -> Reject | None:
    if len(flat) > _MOST_CELLS:
        return Reject("too_many_cells", f"The row has more than {_MOST_CELLS} values.")
    for name, value in flat.items():
        if isinstance(value, (Mapping, list, tuple, set)):
            column = headings.column(name)
            if column and not column.startswith("metadata."):
                return Reject("not_text", f"{column} holds a list or an object, where one value is needed.")
    return None


def text_of(value: object) -> str:  # noqa: PLR0911 - one line a type
    """A value as the cell that a CSV would have held."""
    # Of an enum its value: as text it would be `Colour.RED`.
    if isinstance(value, str):
        return value.value if isinstance(value, Enum) else value
    if value is None:
        return ""
    # Before all numbers: in Python True is a number, 1.
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        # One form whatever they come from; its values too as the cells that they would be.
        return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    # A number of numpy, whose floats of eight bytes are Python's.
    if (kind := getattr(value, "dtype", None)) is not None and isinstance(value, Real):
        exact = exact_below(kind)
        return text_of(unless_lost(float(value), exact)) if exact else str(value)
    return str(value)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(text_of, value))
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return (
        value
        if value is None or (isinstance(value, (bool, int)) and not isinstance(value, Enum))
        else text_of(value)
    )


def _decimal(value: Decimal) -> str:
    """Never in scientific notation, and whole ones without the zeros of their column's scale."""
    if not value.is_finite():
        return ""
    whole = value.to_integral_value()
    return format(whole if whole == value else value, "f")


def _number(value: float) -> str:
    """Whole floats without their point: pandas makes floats of whole numbers where cells are missing."""
    if math.isnan(value):
        return ""
    if not value.is_integer():
        return str(value)
    # From 2**53 on a float skips whole numbers: an id would be its neighbour's.
    return str(int(value)) if abs(value) < 2**53 else DIGITS_LOST

"""Reads fields of a request body; whatever is wrong becomes 400 with the field's name."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from emulator.errors import ApiError, bad_request


class Fields:
    """One JSON object of a request, read field by field. `null` counts as absent."""

    __slots__ = ("place", "values")

    def __init__(self, document: object, place: str = "") -> None:
        if not isinstance(document, dict):
            raise bad_request("A JSON object is expected" + (f" in {place}" if place else ""), place)
        self.values: dict[str, Any] = document
        self.place = place

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def allow(self, names: Iterable[str]) -> None:
        """Refuse fields that the platform's schema doesn't have."""
        unknown = self.values.keys() - names
        if unknown:
            raise self.wrong(min(unknown), "is not a field of this request")

    def wrong(self, name: str, what: str) -> ApiError:
        """A 400 that names the field."""
        place = self._inside(name)
        return bad_request(f"The field {place} {what}", place)

    def text(self, name: str, *, required: bool = False, most: int = 100_000) -> str:
        """A string, "" when absent."""
        value = self.values.get(name)
        if value is None:
            if required:
                raise self.wrong(name, "is required")
            return ""
        if not isinstance(value, str):
            raise self.wrong(name, "must be a string")
        if required and not value.strip():
            raise self.wrong(name, "must not be empty")
        if len(value) > most:
            raise self.wrong(name, f"must have at most {most} characters")
        return value

    def choice(self, name: str, choices: Iterable[str], default: str | None = None) -> str:
        """One of these strings; required unless there is a default."""
        if default is not None and name not in self:
            return default
        value = self.text(name, required=True)
        allowed = tuple(choices)
        if value not in allowed:
            raise self.wrong(name, f"must be one of {', '.join(allowed)}")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean."""
        value = default if name not in self else self.values[name]
        if not isinstance(value, bool):
            raise self.wrong(name, "must be true or false")
        return value

    def whole(self, name: str, default: int, lowest: int = 0, highest: int = 2**31) -> int:
        """A whole number within bounds."""
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise self.wrong(name, f"must be a whole number from {lowest} to {highest}")
        return value

    def number(self, name: str, least: float = -math.inf, most: float = math.inf) -> float | None:
        """A number within bounds, None when absent."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            bounds = "" if most == math.inf else f" from {least:.0f} to {most:.0f}"
            raise self.wrong(name, f"must be a number{bounds}")
        return float(value)

    def part(self, name: str, *, required: bool = False) -> Fields:
        """A nested object, empty when absent."""
        if required and name not in self:
            raise self.wrong(name, "is required")
        return Fields(self.values[name] if name in self else {}, self._inside(name))

    def parts(self, name: str, *, fewest: int = 0, most: int = 1000) -> list[Fields]:
        """A list of nested objects."""
        items = self._list(name, fewest, most)
        return [Fields(item, f"{self._inside(name)}[{index}]") for index, item in enumerate(items)]

    def texts(self, name: str, *, fewest: int = 0, most: int = 1000) -> list[str]:
        """A list of strings."""
        items = self._list(name, fewest, most)
        if not all(isinstance(item, str) for item in items):
            raise self.wrong(name, "must be a list of strings")
        return items

    def mapping(self, name: str) -> dict[str, str]:
        """An object whose values are strings."""
        values = self.part(name).values
        if not all(isinstance(value, str) for value in values.values()):
            raise self.wrong(name, "must map strings to strings")
        return dict(values)

    def moment(self, name: str) -> float | None:
        """An ISO-8601 instant as seconds since the epoch, None when absent."""
        text = self.text(name)
        if not text:
            return None
        seconds = instant_of(text)
        if seconds is None:
            raise bad_request(f"The field {name} is no ISO-8601 date and time", name, "invalid.date")
        return seconds

    def _inside(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def _list(self, name: str, fewest: int, most: int) -> list[Any]:
        items = self.values[name] if name in self else []
        if not isinstance(items, list):
            raise self.wrong(name, "must be a list")
        if not fewest <= len(items) <= most:
            raise self.wrong(name, f"must have {fewest} to {most} entries")
        return items


def instant_of(text: str) -> float | None:
    """Seconds since the epoch of an ISO-8601 text (no offset means UTC), None when it is not one."""
    try:
        moment = datetime.fromisoformat(_plain(text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        return None


def _plain(text: str) -> str:
    """Python 3.10 reads neither `Z` nor one digit of a second's fraction."""
    if text.endswith(("Z", "z")):
        text = text[:-1] + "+00:00"
    head, point, tail = text.partition(".")
    if not point:
        return text
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    return f"{head}.{digits[:6]:0<6}{tail[len(digits) :]}"

"""JSON that others wrote, read without trust: a wrong shape is an absence, never an exception."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from pydantic import TypeAdapter

Json = Any
"""What orjson gives: None, bool, int, float, str, list, dict."""

Object = Mapping[str, Json]

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_INSTANT = TypeAdapter(datetime)  # which Python 3.10 reads neither with Z nor with +0100


def as_mapping(value: Json) -> Object:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def read_mapping(value: Json, key: str) -> Object:
    """An object in an object, or an empty one."""
    return as_mapping(as_mapping(value).get(key))


def read_list(value: Json, key: str) -> Iterator[Object]:
    """The objects in a list of an object, or nothing."""
    found = as_mapping(value).get(key)
    if isinstance(found, list):
        yield from (item for item in found if isinstance(item, dict))


def read_text(value: Json, key: str) -> str:
    """A string of an object, or ""."""
    found = as_mapping(value).get(key)
    return found if isinstance(found, str) else ""


def read_code(value: Json, key: str) -> str:
    """A string that looks like a code or an id (and so can hold nobody's address or message), or ""."""
    found = read_text(value, key)
    return found if _CODE.match(found) else ""


def read_number(value: Json, key: str) -> float | None:
    """A number of an object, or None."""
    found = as_mapping(value).get(key)
    return float(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def read_instant(value: Json, key: str) -> datetime | None:
    """An ISO-8601 time of an object as aware UTC (without a zone it is taken as UTC), or None."""
    text = read_text(value, key)
    if "T" not in text:  # else a number would be seconds, and a day its midnight
        return None
    try:
        found = _INSTANT.validate_python(text)
        return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None

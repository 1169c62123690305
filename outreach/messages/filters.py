"""The filters of a text: a default, dates, times and numbers as a language writes them, parts of links."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypeAlias, get_args
from urllib.parse import quote

from babel import Locale
from babel.numbers import format_currency, format_decimal
from jinja2 import Undefined, pass_context
from jinja2.runtime import Context

from outreach.zones import open_zone

SPEECH = "_speech"
"""Where a text's language and the person's zone stand among its values: no template can name it."""
Style: TypeAlias = Literal["full", "long", "medium", "short"]
STYLES = get_args(Style)
SPEAKING = frozenset({"date", "time", "datetime", "number", "money"})
"""The filters that have to know the text's language."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_INSTANT = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[Tt ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)? ?"
    r"(?P<offset>[Zz]|[+-]\d{2}:?\d{2})?\Z",
    re.ASCII,
)
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?\Z", re.ASCII)
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s\"'<>]+\Z", re.IGNORECASE)


class Unreadable(Exception):  # noqa: N818 - it says what a value is
    """A value that a filter cannot read: `problem` says why, and quotes nothing."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def _default(value: Any, instead: Any) -> Any:  # noqa: ANN401 - whatever a template names
    return instead if isinstance(value, Undefined) else value


def _is_filled(value: Any) -> bool:  # noqa: ANN401 - whatever a template names
    return not isinstance(value, Undefined)


@pass_context
def _date(context: Context, value: Any, style: Style = "long") -> Any:  # noqa: ANN401 - a missing value stays so
    if isinstance(value, Undefined):
        return value
    speech = context[SPEECH]
    return _write_date(str(value).strip(), style, speech.locale, speech.zone)


@pass_context
def _time(context: Context, value: Any, zone: str = "") -> Any:  # noqa: ANN401 - as above
    if isinstance(value, Undefined):
        return value
    speech = context[SPEECH]
    return _write_time(str(value).strip(), speech.locale, zone or speech.zone)


@pass_context
def _datetime(context: Context, value: Any, style: Style = "long", zone: str = "") -> Any:  # noqa: ANN401 - as above
    if isinstance(value, Undefined):
        return value
    speech = context[SPEECH]
    return _write_datetime(str(value).strip(), style, speech.locale, zone or speech.zone)


@pass_context
def _number(context: Context, value: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, Undefined):
        return value
    return str(format_decimal(read_number(value), locale=context[SPEECH].locale))


@pass_context
def _money(context: Context, value: Any, currency: str) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, Undefined):
        return value
    return str(format_currency(read_number(value), currency, locale=context[SPEECH].locale))


def _url(value: Any) -> Any:  # noqa: ANN401 - as above
    return value if isinstance(value, Undefined) else quote(str(value), safe="")


def _link(value: Any) -> Any:  # noqa: ANN401 - as above
    if not isinstance(value, Undefined) and not _LINK.match(str(value)):
        raise Unreadable("is no link that begins with https://")
    return value


FILTERS: dict[str, Callable[..., Any]] = {
    "default": _default,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "number": _number,
    "money": _money,
    "url": _url,
    "link": _link,
}
TESTS: dict[str, Callable[..., bool]] = {"filled": _is_filled}


def read_number(value: object) -> Decimal:
    """A number as machines write it, like 1234.5. Raises Unreadable: 1,234 may be two numbers."""
    cell = str(value).strip()
    if not _NUMBER.match(cell):
        raise Unreadable("is no number like 1234.5")
    return Decimal(cell)


# Of a list's dates and times many are the same, and babel takes longer than all else of a text.
@lru_cache(maxsize=8192)
def _write_date(cell: str, style: Style, locale: Locale, zone: str) -> str:
    from babel.dates import format_date  # noqa: PLC0415 - 0.02 s, and most texts name no day

    if _DAY.match(cell):
        try:
            return str(format_date(date.fromisoformat(cell), style, locale))
        except ValueError:
            raise Unreadable("is no day of the calendar") from None
    return str(format_date(read_instant(cell, zone), style, locale))


@lru_cache(maxsize=8192)
def _write_time(cell: str, locale: Locale, zone: str) -> str:
    from babel.dates import format_time  # noqa: PLC0415 - as above

    return str(format_time(read_instant(cell, zone), "short", locale=locale))


@lru_cache(maxsize=8192)
def _write_datetime(cell: str, style: Style, locale: Locale, zone: str) -> str:
    from babel.dates import format_date, format_time, get_datetime_format  # noqa: PLC0415 - as above

    at = read_instant(cell, zone)
    day, time = format_date(at, style, locale), format_time(at, "short", locale=locale)
    # As babel joins them; its own long time has seconds and the zone's name.
    return str(get_datetime_format(style, locale=locale)).replace("'", "").format(time, day)


def read_instant(cell: str, zone: str) -> datetime:
    """An ISO-8601 instant with its offset, on the clock of a zone. Raises Unreadable: 15:30 is no instant."""
    found = _INSTANT.match(cell)
    if not found:
        raise Unreadable("is no time like 2026-12-04T15:30+01:00")
    if not found["offset"]:
        raise Unreadable("names no offset, as 2026-12-04T15:30+01:00 does")
    offset = "+00:00" if found["offset"] in "Zz" else f"{found['offset'][:3]}:{found['offset'][-2:]}"
    try:
        at = datetime.fromisoformat(f"{found['day']}T{found['time']}{offset}")
    except ValueError:
        raise Unreadable("is no time of the calendar") from None
    if not zone:
        raise Unreadable("is a time, and nothing names the person's time zone")
    try:
        return at.astimezone(open_zone(zone))
    except (KeyError, ValueError, OverflowError):  # a KeyError: there is no such zone
        raise Unreadable("cannot be told in the person's time zone") from None

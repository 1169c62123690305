"""Public holidays, by the `holidays` library: which days of a country or state are not ordinary days."""

import warnings
from datetime import date
from functools import lru_cache

from outreach.errors import SettingsError

EPOCH = date(1970, 1, 1).toordinal()
"""Days are counted from 1 January 1970, like seconds."""


def is_holiday(calendar: str, day: int) -> bool:
    """Whether a day (since 1970) is a public holiday, observed days included, of `US`, `US-AL`, `FR`..."""
    on = date.fromordinal(day + EPOCH)
    return on in _year(calendar, on.year)


def has_calendar(country: str | None) -> bool:
    """Whether the library knows a country's holidays."""
    import holidays  # noqa: PLC0415 - 0.04 s, and most campaigns ask for no holiday

    return country in holidays.list_supported_countries(include_aliases=False)


def check_calendar(calendar: str) -> None:
    """Raise SettingsError unless the library knows the calendar, and by that name."""
    try:
        # An outdated name, such as FR-GES, is taken with a warning, and days are missing from it.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            _year.__wrapped__(calendar, 2026)  # any year will do: it is the name that is tried
    except (NotImplementedError, Warning) as error:
        raise SettingsError(
            f"There is no holiday calendar {calendar!r}.",
            "Use a country like US, or a part of it like US-AL, of the holidays library.",
        ) from error


# The library works out a year by its rules at each call, and a batch asks for the same few.
@lru_cache(maxsize=1024)
def _year(calendar: str, year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415 - as above

    country, _, subdivision = calendar.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))

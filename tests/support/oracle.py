"""A second opinion, written apart from the product: a clock, a table of hours by hand, and patience.

It looks at one instant after the other, in every zone, and knows no intervals, packs or offsets. Holidays
are written out for 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SETS = {
    "nanp": (
        "America/Adak America/Anchorage America/Anguilla America/Antigua America/Barbados America/Boise "
        "America/Cayman America/Chicago America/Denver America/Dominica America/Edmonton America/Fort_Nelson "
        "America/Grand_Turk America/Grenada America/Halifax America/Jamaica America/Juneau "
        "America/Los_Angeles America/Lower_Princes America/Montserrat America/Nassau America/New_York "
        "America/North_Dakota/Center America/Phoenix America/Port_of_Spain America/Puerto_Rico "
        "America/Regina America/Santo_Domingo America/St_Johns America/St_Kitts America/St_Lucia "
        "America/St_Thomas America/St_Vincent America/Toronto America/Tortola America/Vancouver "
        "America/Winnipeg Atlantic/Bermuda Pacific/Guam Pacific/Honolulu Pacific/Pago_Pago Pacific/Saipan"
    ),
    "us": (
        "Pacific/Honolulu America/Adak America/Anchorage America/Los_Angeles America/Denver America/Phoenix "
        "America/Chicago America/New_York"
    ),
    "au-mobile": (
        "Australia/Adelaide Australia/Brisbane Australia/Eucla Australia/Lord_Howe Australia/Perth "
        "Australia/Sydney Indian/Christmas Indian/Cocos"
    ),
}


def _days(year: int, text: str) -> set[date]:
    return {datetime.strptime(f"{year} {day}", "%Y %d %b").date() for day in text.split(", ")}  # noqa: DTZ007


FRANCE = _days(
    2026,
    "1 Jan, 6 Apr, 1 May, 8 May, 14 May, 25 May, 14 Jul, 15 Aug, 1 Nov, 11 Nov, 25 Dec",
) | {date(2027, 1, 1)}
ALSACE = FRANCE | _days(2026, "3 Apr, 26 Dec")
ALABAMA = _days(
    2026,
    "1 Jan, 19 Jan, 16 Feb, 17 Feb, 27 Apr, 25 May, 1 Jun, 19 Jun, 3 Jul, 4 Jul, 7 Sep, 12 Oct, "
    "11 Nov, 26 Nov, 25 Dec",
)
LOUISIANA = _days(
    2026,
    "1 Jan, 8 Jan, 19 Jan, 16 Feb, 17 Feb, 3 Apr, 25 May, 19 Jun, 3 Jul, 4 Jul, 30 Aug, 7 Sep, 12 Oct, "
    "1 Nov, 3 Nov, 11 Nov, 26 Nov, 27 Nov, 25 Dec",
)
PENNSYLVANIA = _days(
    2026,
    "1 Jan, 19 Jan, 16 Feb, 3 Apr, 25 May, 14 Jun, 15 Jun, 19 Jun, 3 Jul, 4 Jul, 7 Sep, 12 Oct, 3 Nov, "
    "11 Nov, 26 Nov, 27 Nov, 25 Dec",
)
RHODE_ISLAND = _days(
    2026,
    "1 Jan, 19 Jan, 16 Feb, 4 May, 25 May, 19 Jun, 3 Jul, 4 Jul, 6 Jul, 10 Aug, 7 Sep, 12 Oct, 3 Nov, "
    "11 Nov, 26 Nov, 25 Dec",
)
UTAH = _days(
    2026,
    "1 Jan, 19 Jan, 16 Feb, 25 May, 15 Jun, 19 Jun, 3 Jul, 4 Jul, 24 Jul, 7 Sep, 12 Oct, 11 Nov, "
    "26 Nov, 25 Dec",
)
GERMANY = _days(2026, "1 Jan, 3 Apr, 6 Apr, 1 May, 14 May, 25 May, 3 Oct, 25 Dec, 26 Dec")
IRELAND = _days(2026, "1 Jan, 2 Feb, 17 Mar, 6 Apr, 4 May, 1 Jun, 3 Aug, 26 Oct, 25 Dec, 26 Dec")


def _within(local: datetime, *windows: str) -> bool:
    spans = (window.split("-") for window in windows)
    return any(time.fromisoformat(a) <= local.time() < _end(b) for a, b in spans)


def _end(text: str) -> time:
    return time.max if text == "24:00" else time.fromisoformat(text)


def _is_night(local: datetime) -> bool:
    """20:00 to 02:00, on the evenings of Monday to Friday."""
    evening = local.weekday() < 5 and _within(local, "20:00-24:00")
    return evening or (1 <= local.weekday() <= 5 and _within(local, "00:00-02:00"))


def _is_dated(local: datetime) -> bool:
    """Noon in June 2026, afternoon in July, the default around them."""
    months = {6: "10:00-13:00", 7: "14:00-17:00"} if local.year == 2026 else {}
    return _within(local, months.get(local.month, "08:00-21:00"))


def _is_european(local: datetime, holidays: set[date]) -> bool:
    windows = {5: ["10:00-18:00"], 6: []}.get(local.weekday(), ["09:00-20:00"])
    return local.date() not in holidays and _within(local, *windows)


def _is_french(local: datetime, holidays: set[date]) -> bool:
    open_day = local.weekday() < 5 and local.date() not in holidays
    return open_day and _within(local, "10:00-13:00", "14:00-20:00")


def _is_french_by_date(local: datetime) -> bool:
    """The rule came into force on 1 March 2023."""
    return _is_french(local, ALSACE) if local.date() >= date(2023, 3, 1) else _within(local, "08:00-21:00")


def _is_southern(local: datetime, holidays: set[date]) -> bool:
    open_day = local.weekday() < 6 and local.date() not in holidays
    return open_day and _within(local, "08:00-20:00")


def _is_pennsylvanian(local: datetime) -> bool:
    windows = "08:00-12:00" if local.weekday() == 5 else "08:00-21:00"
    return local.date() not in PENNSYLVANIA and _within(local, windows)


def _is_rhode_islandic(local: datetime) -> bool:
    open_day = local.weekday() < 5 and local.date() not in RHODE_ISLAND
    return open_day and _within(local, "09:00-18:00")


RULES: dict[str, Callable[[datetime], bool]] = {
    "default": lambda local: _within(local, "08:00-21:00"),
    "us": lambda local: _within(local, "08:00-21:00"),
    "8-20": lambda local: _within(local, "08:00-20:00"),
    "9-20": lambda local: _within(local, "09:00-20:00"),
    "9-21": lambda local: _within(local, "09:00-21:00"),
    "10-21": lambda local: _within(local, "10:00-21:00"),
    "al": lambda local: _is_southern(local, ALABAMA),
    "la": lambda local: _is_southern(local, LOUISIANA),
    "ms": lambda local: _is_southern(local, set()),
    "ri": _is_rhode_islandic,
    "tx": lambda local: _within(local, "12:00-21:00" if local.weekday() == 6 else "09:00-21:00"),
    "ut": lambda local: local.weekday() < 6 and local.date() not in UTAH and _within(local, "08:00-21:00"),
    "pa": _is_pennsylvanian,
    "ca": lambda local: _within(local, "10:00-18:00" if local.weekday() > 4 else "09:00-21:30"),
    "fr": lambda local: _is_french(local, FRANCE),
    "fr+alsace": lambda local: _is_french(local, ALSACE),
    "fr-by-date": _is_french_by_date,
    "eu-de": lambda local: _is_european(local, GERMANY),
    "eu-fr": lambda local: _is_european(local, FRANCE),
    "eu-ie": lambda local: _is_european(local, IRELAND),
    "night": _is_night,
    "dated": _is_dated,
}
"""Whether one rule lets people be contacted at a time on the wall."""


def zones_of(text: str) -> list[str]:
    """Zones as the table writes them: names, or the name of a set."""
    return SETS.get(text, text).split()


def allows(zones: list[str], rules: list[str], at: datetime) -> bool:
    """Allowed now and a minute later, everywhere, by every rule."""
    return all(_open_everywhere(zone, rules, at + timedelta(minutes=m)) for zone in zones for m in (0, 1))


def find_next(zones: list[str], rules: list[str], at: datetime, days: int = 10) -> datetime | None:
    """`at`, or the first quarter of an hour after it at which contact is allowed."""
    if allows(zones, rules, at):
        return at
    step = timedelta(minutes=15)
    at = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0) + step
    for _ in range(days * 96):
        if allows(zones, rules, at):
            return at
        at += step
    return None


def _open_everywhere(zone: str, rules: list[str], at: datetime) -> bool:
    local = at.astimezone(_zone(zone))
    return all(RULES[rule](local) for rule in rules)


@lru_cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)

"""Which time zones are places, which country keeps them, and which of them show the same time (IANA)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from outreach.zones import list_names, open_zone, read_table

# Two days a month for three years: every change of clocks lies between two of them.
_SAMPLES = tuple(
    datetime(year, month, day, 12, tzinfo=timezone.utc)
    for year in (2025, 2026, 2027)
    for month in range(1, 13)
    for day in (5, 20)
)

# The database makes EST the time of Panama, without summer time, and CET that of Brussels.
# EST5EDT and its like stay: they say when summer is.
# fmt: off
_ABBREVIATIONS = frozenset((
    "CET", "EET", "EST", "Factory", "GMT", "GMT+0", "GMT-0", "GMT0", "Greenwich", "HST", "MET", "MST", "UCT",
    "UTC", "Universal", "WET", "Zulu",
))
# fmt: on


def is_zone(name: str) -> bool:
    """Whether this is an IANA name, spelled as IANA spells it."""
    return name in list_names()


def is_place(name: str) -> bool:
    """Whether an IANA name says where somebody is; `EST`, `UTC` and `Etc/GMT+5` only say a time."""
    return name not in _ABBREVIATIONS and not name.startswith("Etc/")


def list_zones(country: str) -> tuple[str, ...]:
    """The zones of a country by its ISO 3166 code; none when there is no such country."""
    return _zones_by_country().get(country, ())


@lru_cache(maxsize=1024)
def list_countries(zone: str) -> tuple[str, ...]:
    """The country of a zone by IANA's own table; of an old name, every country that has its clock.

    A link tells no country: America/Coral_Harbour, in Canada, is one to Panama.
    """
    country = _country_by_zone().get(zone)
    if country:
        return (country,)
    alike = (owner for other, owner in _country_by_zone().items() if is_same_clock(zone, other))
    return tuple(dict.fromkeys(alike))


def is_same_clock(zone: str, other: str) -> bool:
    """Whether clocks in both zones show the same time, summer and winter."""
    return zone == other or _offsets(zone) == _offsets(other)


def one_of_each_clock(zones: Iterable[str]) -> tuple[str, ...]:
    """The first zone of each that show the same time."""
    found: dict[tuple[timedelta | None, ...], str] = {}
    for zone in zones:
        found.setdefault(_offsets(zone), zone)
    return tuple(found.values())


@lru_cache(maxsize=1024)
def _offsets(zone: str) -> tuple[timedelta | None, ...]:
    info = open_zone(zone)
    return tuple(at.astimezone(info).utcoffset() for at in _SAMPLES)


@lru_cache
def _country_by_zone() -> dict[str, str]:
    rows = (line.split("\t") for line in read_table("zoneinfo/zone.tab") if line and line[0] != "#")
    return {row[2]: row[0] for row in rows}


@lru_cache
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for zone, country in _country_by_zone().items():
        found[country].append(zone)
    return {country: tuple(zones) for country, zones in found.items()}

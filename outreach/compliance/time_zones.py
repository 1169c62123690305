"""Which time zones exist, which country keeps them, and which of them show the same time (IANA database)."""

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

# Two days a month for three years: every change of clocks lies between two of them.
_SAMPLES = tuple(
    datetime(year, month, day, 12, tzinfo=timezone.utc)
    for year in (2025, 2026, 2027)
    for month in range(1, 13)
    for day in (5, 20)
)


def is_zone(name: str) -> bool:
    """Whether this is an IANA name, spelled as IANA spells it."""
    return name in _names()


def list_zones(country: str) -> tuple[str, ...]:
    """The zones of a country by its ISO 3166 code; none when there is no such country."""
    return _zones_by_country().get(country, ())


def find_country(zone: str) -> str | None:
    """The country of a zone, by IANA's own table; None for zones like UTC. Old names are followed."""
    countries = _country_by_zone()
    return countries.get(zone) or countries.get(_links().get(zone, ""))


def is_same_clock(zone: str, other: str) -> bool:
    """Whether clocks in both zones show the same time, summer and winter."""
    return zone == other or _offsets(zone) == _offsets(other)


@lru_cache(maxsize=1024)
def _offsets(zone: str) -> tuple[timedelta | None, ...]:
    info = ZoneInfo(zone)
    return tuple(at.astimezone(info).utcoffset() for at in _SAMPLES)


@lru_cache
def _names() -> frozenset[str]:
    return frozenset(_read("zones"))


@lru_cache
def _country_by_zone() -> dict[str, str]:
    rows = (line.split("\t") for line in _read("zoneinfo/zone.tab") if line and line[0] != "#")
    return {row[2]: row[0] for row in rows}


@lru_cache
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for zone, country in _country_by_zone().items():
        found[country].append(zone)
    return {country: tuple(zones) for country, zones in found.items()}


@lru_cache
def _links() -> dict[str, str]:
    rows = (line.split() for line in _read("zoneinfo/tzdata.zi") if line.startswith("L "))
    return {row[2]: row[1] for row in rows}


def _read(name: str) -> list[str]:
    # The package's tables, since slim images have none of their own.
    return (resources.files("tzdata") / name).read_text(encoding="utf-8").splitlines()

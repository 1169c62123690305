"""The tables of places shipped as data: ZIP codes, Canadian and French postal codes, American area codes."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TypedDict

from outreach.compliance import time_zones


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the world that a postal code or a number names.

    `country`: ISO 3166 code, None when it may be any. `states`: the subdivisions it may lie in, None when
    that is not known. `zones`: every IANA zone it may keep, none when that is not known.
    """

    country: str | None
    states: frozenset[str] | None
    zones: tuple[str, ...]


class _Row(TypedDict, total=False):
    country: str
    states: list[str]
    zones: list[str]
    prefixes: str
    codes: str


UNITED_STATES = frozenset({"US", "PR", "VI", "GU", "AS", "MP"})
"""The United States and its territories, which have ISO codes of their own."""

_ZIP = re.compile(r"\d{5}(-?\d{4})?\Z")
_ZIP_PLUS_FOUR = re.compile(r"\d{5}-\d{4}\Z")
_CANADIAN = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[A-Z]( ?\d[A-Z]\d)?\Z")
_BRITISH = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\Z")
_FRENCH = re.compile(r"\d{5}\Z")


def find_postal_area(postal_code: str, country: str | None) -> Area | None:
    """The area of a postal code, None when it tells nothing. `country` is what is known otherwise.

    Canadian, British and ZIP+4 codes are known by their shape; other shapes need the country.
    """
    code = " ".join(postal_code.upper().split())
    if _CANADIAN.match(code):
        return _longest("ca_fsa.json", "CA", code[:3])
    if _BRITISH.match(code) and country in {None, "GB"}:
        return Area("GB", None, time_zones.list_zones("GB"))
    # Five digits alone may be American, French or German: only a known country tells.
    if _ZIP_PLUS_FOUR.match(code) or (country in UNITED_STATES | {"CA"} and _ZIP.match(code)):
        return _longest("us_zip3.json", "US", code[:3])
    if country == "FR" and _FRENCH.match(code):
        # Overseas keeps its own time, and the law speaks of the consumer's zone there as well.
        return _longest("overseas.json", "FR", code[:3]) or Area(
            "FR", frozenset({code[:2]}), _only_zone("FR")
        )
    zones = _only_zone(country) if country else ()  # any other country helps where it keeps one time
    return Area(country, None, zones) if zones else None


def find_states(area_code: str) -> tuple[str, frozenset[str]] | None:
    """The country and the states of an American area code, None when it is not geographic."""
    area = _read("nanp.json", "").get(area_code)
    return (area.country, area.states) if area and area.country and area.states else None


def list_states(country: str, zone: str) -> frozenset[str] | None:
    """The states of a country whose clocks can show the zone's time; None for countries without a table."""
    return _states_of(country, zone) if country in {"US", "CA"} else None


@lru_cache(maxsize=1024)
def _states_of(country: str, zone: str) -> frozenset[str]:
    table = _read("us_zip3.json" if country == "US" else "ca_fsa.json", country)
    return frozenset(
        state
        for area in table.values()
        if any(time_zones.is_same_clock(zone, other) for other in area.zones)
        for state in area.states or ()
    )


def _longest(name: str, country: str, prefix: str) -> Area | None:
    table = _read(name, country)
    return next((table[prefix[:n]] for n in range(len(prefix), 0, -1) if prefix[:n] in table), None)


def _only_zone(country: str) -> tuple[str, ...]:
    zones = time_zones.list_zones(country)
    return zones if len(zones) == 1 else ()


@lru_cache
def _read(name: str, country: str) -> dict[str, Area]:
    file = resources.files("outreach.compliance") / "data" / name
    rows: list[_Row] = json.loads(file.read_text(encoding="utf-8"))["rows"]
    return {
        prefix: Area(
            row.get("country", country),
            frozenset(row["states"]) if "states" in row else None,
            tuple(row.get("zones", ())),
        )
        for row in rows
        for prefix in (row.get("prefixes") or row["codes"]).split()
    }

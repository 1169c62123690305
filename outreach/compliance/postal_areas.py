"""The tables of places shipped as data: ZIP codes, Canadian and French postal codes, prefixes of numbers."""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import NamedTuple, TypedDict

from outreach.compliance.time_zones import is_same_clock, list_zones, one_of_each_clock


class Area(NamedTuple):  # as with `Candidate`
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

_KNOWN_BY_CODE = UNITED_STATES | {"CA"}

_ZIP = re.compile(r"\d{5}(-?\d{4})?\Z")
_ZIP_PLUS_FOUR = re.compile(r"\d{5}-\d{4}\Z")
_CANADIAN = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[A-Z]( ?\d[A-Z]\d)?\Z")
_BRITISH = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\Z")
_FRENCH = re.compile(r"\d{5}\Z")
_LONDON = frozenset({"E1W", "N1C", "N1P"})
"""First halves of British codes that are first halves of Canadian ones, too."""


def find_postal_area(postal_code: str, country: str | None) -> Area | None:
    """The area of a postal code, None when it tells nothing. `country` is what is known otherwise.

    Canadian, British and ZIP+4 codes are known by their shape; other shapes need the country.
    """
    code = " ".join(postal_code.upper().split())
    if not code.isdigit():  # most are digits
        if _CANADIAN.match(code) and (code not in _LONDON or country in _KNOWN_BY_CODE):
            return _longest("ca_fsa.json", "CA", code[:3])
        if _BRITISH.match(code):
            return _find_british(code)
    # Five digits alone may be American, French or German: only a known country tells.
    if _ZIP_PLUS_FOUR.match(code) or (country in _KNOWN_BY_CODE and _ZIP.match(code)):
        return _longest("us_zip3.json", "US", code[:3])
    if country == "FR" and _FRENCH.match(code):
        # Overseas keeps its own time, and the law speaks of the consumer's zone there as well.
        return _longest("overseas.json", "FR", code[:3]) or Area(
            "FR", frozenset({code[:2]}), _only_zone("FR")
        )
    zones = _only_zone(country) if country else ()  # any other country helps where it keeps one time
    return Area(country, None, zones) if zones else None


def _find_british(code: str) -> Area:
    if code.startswith("BF"):  # the forces' post, anywhere in the world
        return Area(None, None, ())
    country = "GI" if code.startswith("GX") else "GB"  # an hour apart
    return Area(country, None, list_zones(country))


def widen(area: Area) -> Area:
    """The whole country of an American or Canadian number, whose postal code could not be read."""
    if area.country not in _KNOWN_BY_CODE:
        return area  # of other countries few codes are known: one that is not tells nothing
    home = ("US", area.country) if area.country in UNITED_STATES else (area.country,)
    zones = one_of_each_clock([*area.zones, *(zone for country in home for zone in list_zones(country))])
    return Area(area.country, None, zones)


def find_prefix(number: str) -> Area | None:
    """The area of a number (E.164) by its longest prefix in our tables, None when they have none."""
    if number.startswith("+1"):
        return read_areas("nanp.json").get(number[2:5])
    return _longest("numbers.json", "", number[1:])


def list_states(country: str, zone: str) -> frozenset[str] | None:
    """The states of a country whose clocks can show the zone's time; None when any may be meant."""
    return (_states_of(country, zone) or None) if country in {"US", "CA"} else None


@lru_cache(maxsize=1024)
def _states_of(country: str, zone: str) -> frozenset[str]:
    table = read_areas("us_zip3.json" if country == "US" else "ca_fsa.json", country)
    return frozenset(
        state
        for area in table.values()
        if any(is_same_clock(zone, other) for other in area.zones)
        for state in area.states or ()
    )


def _longest(name: str, country: str, prefix: str) -> Area | None:
    table = read_areas(name, country)
    for length in _lengths(name, country):
        if found := table.get(prefix[:length]):
            return found
    return None


@lru_cache
def _lengths(name: str, country: str) -> Sequence[int]:
    """How long its prefixes are, the longest first: of twelve digits six were looked for in vain."""
    return sorted({len(prefix) for prefix in read_areas(name, country)}, reverse=True)


def _only_zone(country: str) -> tuple[str, ...]:
    zones = list_zones(country)
    return zones if len(zones) == 1 else ()


@lru_cache
def read_areas(name: str, country: str = "") -> dict[str, Area]:
    """One of the tables by prefix; `country` is that of rows which name none."""
    file = resources.files("outreach.compliance") / "data" / name
    rows: list[_Row] = json.loads(file.read_text(encoding="utf-8"))["rows"]
    return {
        prefix: Area(
            row.get("country", country) or None,
            frozenset(row["states"]) if "states" in row else None,
            tuple(row.get("zones", ())),
        )
        for row in rows
        for prefix in (row.get("prefixes") or row["codes"]).split()
    }

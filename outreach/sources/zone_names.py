"""Time zones in the spellings of people, CRMs and Windows, as IANA's names.

    us_slash_eastern                                            US/Eastern
    (GMT-05:00) Eastern Standard Time (America/New_York)        America/New_York
    W. Europe Standard Time                                     Europe/Berlin, by CLDR's table
    Eastern Daylight Time, Eastern Time (US & Canada), EDT      America/New_York
    (UTC+01:00) Amsterdam, Berlin, Bern, Rome                   Europe/Amsterdam

An offset alone is no zone: nobody knows when its clocks change. What `EST` and `Etc/GMT+5` are worth,
compliance says.
"""

import re
from difflib import get_close_matches
from functools import lru_cache

from outreach.sources.rows import BadCell
from outreach.zones import list_names

# The last stands before 00:00. A minus comes as any dash that a word processor knows, and as ? out of "ANSI".
_SIGN = r"[+?\u2010-\u2015\u2212\xb1-]"
_OFFSET = re.compile(
    rf"\(?(?:gmt|utc)?\s*{_SIGN}?\s*\d{{1,2}}(?::?\d\d)?\)\s*|\((?:gmt|utc)\)\s*", re.IGNORECASE
)
_INNER = re.compile(r"\(([a-z_]+/[a-z_/+-]+)\)\s*\Z")
_US_AND_CANADA = re.compile(r"\s*\((?:us|u\.s\.|usa)\s*(?:&|and)\s*canada\)")
_ANY_SEASON = re.compile(r"\b(?<!standard )(?:daylight |summer )?time\Z")
_REGIONS = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
# Not EST and MST: IANA has them itself, as zones whose clocks never change.
_ABBREVIATED = {
    "edt": "America/New_York",
    "cdt": "America/Chicago",
    "mdt": "America/Denver",
    "pdt": "America/Los_Angeles",
}
OLDER = frozenset({"America/Los_Angeles", "America/Denver", "America/Chicago"})
"""What systems still say of people in Vancouver, Edmonton, Winnipeg, whose zones have own names now."""


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """Every IANA name by its lower case."""
    # These two name no place: one is a placeholder, the other whatever the machine is set to.
    return {name.lower(): name for name in list_names() if name not in {"Factory", "localtime"}}


@lru_cache(maxsize=1)
def _windows() -> dict[str, str]:
    from babel.core import get_global  # noqa: PLC0415 - 0.01 s, for names that hardly a list has

    return {name.casefold(): zone for name, zone in get_global("windows_zone_mapping").items()}


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    return {
        zone.rpartition("/")[2].replace("_", " "): name
        for zone, name in _zones().items()
        if name.startswith(_REGIONS)
    }


@lru_cache(maxsize=1024)
def read_time_zone(cell: str) -> str:
    """The IANA name of a time zone. Raises BadCell."""
    text = " ".join(cell.casefold().split())
    found = _iana(text) or _iana(text.replace("_slash_", "/"))
    if found is None and (inner := _INNER.search(text)):
        found = _iana(inner[1])
    found = found or _named(_OFFSET.sub("", text, count=1).strip())
    if found is None:
        raise BadCell("unknown_time_zone", "is not an IANA time zone" + _nearest_zone(text[:40]))
    return found


def _iana(text: str) -> str | None:
    return _zones().get(text.replace(" ", "_"))


def _named(text: str) -> str | None:
    """A zone by Windows' name for it, in any season, or by the first city of those that share it."""
    name = _US_AND_CANADA.sub("", text)
    found = (
        _windows().get(name)
        or _windows().get(_ANY_SEASON.sub("standard time", name))
        or _ABBREVIATED.get(name)
    )
    cities = (_cities().get(city.strip()) for city in text.split(","))
    return found or next(filter(None, cities), None)


@lru_cache(maxsize=1024)
def _nearest_zone(cell: str) -> str:
    candidates = [zone for zone in _zones() if zone[:2] == cell[:2]]  # 600 would take 5 ms a row
    near = get_close_matches(cell, candidates, n=1, cutoff=0.75)
    return f"; the nearest is {_zones()[near[0]]}" if near else ", like Europe/Berlin"

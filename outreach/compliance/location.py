"""Where a person may be: their time zones and jurisdictions, and how sure that is.

basis         from                                         confidence
time_zone     the contact's own IANA name                  stated
postal_code   its area's zones                             high, or ambiguous when there are several
number        the number's prefix (number_areas.py)        likely, or ambiguous
none          nothing: the contact waits                   none

A zone like EST or Etc/GMT+5 states no place, so what comes next speaks. A postal code that cannot be read
says that the person may have moved: an American number then stands for its whole country. A prefix tells
where a number was assigned, not where its owner is: hence only "likely".
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from outreach.compliance import postal_areas, time_zones
from outreach.compliance.number_areas import ANYWHERE, find_number_area
from outreach.compliance.postal_areas import Area

Basis = Literal["time_zone", "postal_code", "number", "none"]
Confidence = Literal["stated", "high", "likely", "ambiguous", "none"]


class Candidate(NamedTuple):  # its hash is taken with each decision, and a tuple's is many times as fast
    """One zone that the person may be in, and whose rules may bind there. `states` None: any."""

    zone: str
    country: str | None
    states: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Place:
    """Every place where the person may be. None at all: `problem` is the reason code."""

    candidates: tuple[Candidate, ...]
    basis: Basis
    confidence: Confidence
    problem: str = ""


@lru_cache(maxsize=8192)  # a few batches' worth
def locate(time_zone: str | None, postal_code: str | None, number: str | None) -> Place:
    """Where a person may be, by their stated zone, else postal code, else number (E.164)."""
    return _locate(time_zone, postal_code, find_number_area(number) if number else ANYWHERE, _hint(number))


@lru_cache(maxsize=1024)  # many people share a place: one for each took 1.7 MB
def _locate(time_zone: str | None, postal_code: str | None, line: Area, hint: str | None) -> Place:
    # A zone that is stated and wrong is not replaced by a guess: somebody mends it.
    if time_zone is not None and not time_zones.is_zone(time_zone):
        return Place((), "time_zone", "none", "zone_invalid")
    if time_zone is not None and time_zones.is_place(time_zone):
        return Place(_stated(time_zone, postal_code, line), "time_zone", "stated")
    area = postal_areas.find_postal_area(postal_code, line.country or hint) if postal_code else None
    if area is not None:
        return _place(area, "postal_code", "high")
    return _place(postal_areas.widen(line) if postal_code else line, "number", "likely")


def _place(area: Area, basis: Basis, confidence: Confidence) -> Place:
    if not area.zones:
        return Place((), "none", "none", "zone_unknown")
    candidates = tuple(
        _candidate(zone, country, area.states)
        for zone in area.zones
        for country in ([area.country] if area.country else time_zones.list_countries(zone))
    )
    return Place(candidates, basis, confidence if len(candidates) == 1 else "ambiguous")


def _candidate(zone: str, country: str, states: frozenset[str] | None) -> Candidate:
    return Candidate(zone, country, postal_areas.list_states(country, zone) if states is None else states)


def _stated(zone: str, postal_code: str | None, line: Area) -> tuple[Candidate, ...]:
    """The jurisdictions within a stated zone: the postal code's, else the number's where both agree."""
    countries = time_zones.list_countries(zone)
    # Of the countries that an old name like US/Eastern may mean, only one has codes that are known by shape.
    hint = "US" if "US" in countries else countries[0] if len(countries) == 1 else line.country
    postal = postal_areas.find_postal_area(postal_code, hint) if postal_code else None
    if postal is not None and postal.country:
        return (_candidate(zone, postal.country, postal.states),)
    # People keep their number when they move: it counts only where its clocks show the stated time.
    if line.country and _agree(zone, time_zones.list_zones(line.country)):
        states = line.states if _agree(zone, line.zones) and not postal_code else None
        return (_candidate(zone, line.country, states),)
    return tuple(_candidate(zone, country, None) for country in countries)


def _agree(zone: str, others: tuple[str, ...]) -> bool:
    return any(time_zones.is_same_clock(zone, other) for other in others)


def _hint(number: str | None) -> str | None:
    """The only +1 country whose postal codes have five digits; toll-free numbers have no country."""
    return "US" if number and number.startswith("+1") else None

"""Where a person may be: their time zones and jurisdictions, and how sure that is.

basis         from                                         confidence
time_zone     the contact's own IANA name                  stated
postal_code   its area's zones                             high, or ambiguous when there are several
number        the number's prefix (libphonenumber)         likely, or ambiguous
none          nothing: the contact waits                   none

A number's prefix tells where it was assigned, not where its owner is: hence only "likely".
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumberType
from phonenumbers import timezone as prefixes

from outreach.compliance import postal_areas, time_zones
from outreach.compliance.postal_areas import Area

Basis = Literal["time_zone", "postal_code", "number", "none"]
Confidence = Literal["stated", "high", "likely", "ambiguous", "none"]

# American mobiles cannot be told from landlines: they are FIXED_LINE_OR_MOBILE (neighbours' fact sheet, C).
_GEOGRAPHIC = {PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_NANP = 1
_NOWHERE = Area(None, None, ())


@dataclass(frozen=True, slots=True)
class Candidate:
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
    line = _find_line(number) if number else _NOWHERE
    if time_zone is not None:
        # A zone that is stated and wrong is not replaced by a guess: somebody mends it.
        if not time_zones.is_zone(time_zone):
            return Place((), "time_zone", "none", "zone_invalid")
        return Place((_stated(time_zone, postal_code, line),), "time_zone", "stated")
    area = postal_areas.find_postal_area(postal_code, line.country or _hint(number)) if postal_code else None
    if area is not None:
        return _place(area, "postal_code", "high")
    return _place(line, "number", "likely")


def _place(area: Area, basis: Basis, confidence: Confidence) -> Place:
    if not area.zones:
        return Place((), "none", "none", "zone_unknown")
    candidates = tuple(_candidate(zone, area) for zone in area.zones)
    return Place(candidates, basis, confidence if len(candidates) == 1 else "ambiguous")


def _candidate(zone: str, area: Area) -> Candidate:
    country = area.country or time_zones.find_country(zone)
    states = area.states if area.states is not None else postal_areas.list_states(country or "", zone)
    return Candidate(zone, country, states)


def _stated(zone: str, postal_code: str | None, line: Area) -> Candidate:
    """The jurisdiction within a stated zone: the postal code's, else the number's where both agree."""
    country = time_zones.find_country(zone)
    postal = postal_areas.find_postal_area(postal_code, country or line.country) if postal_code else None
    if postal is not None and postal.country:
        return _candidate(zone, postal)
    # People keep their number when they move: it counts only where its clocks show the stated time.
    if line.country and _agree(zone, time_zones.list_zones(line.country)):
        states = line.states if _agree(zone, line.zones) else None
        return _candidate(zone, Area(line.country, states, ()))
    return _candidate(zone, Area(country or line.country, None, ()))


def _agree(zone: str, others: tuple[str, ...]) -> bool:
    return any(time_zones.is_same_clock(zone, other) for other in others)


def _hint(number: str | None) -> str | None:
    """The only +1 country whose postal codes have five digits; toll-free numbers have no country."""
    return "US" if number and number.startswith("+1") else None


@lru_cache(maxsize=8192)  # a few batches' worth
def _find_line(number: str) -> Area:
    """What a number's prefix tells. American numbers that are not geographic may be anywhere in +1."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return _NOWHERE
    region = phonenumbers.region_code_for_number(parsed)
    # Without libphonenumber's own `Etc/Unknown`.
    zones = tuple(zone for zone in prefixes.time_zones_for_number(parsed) if time_zones.is_zone(zone))
    if parsed.country_code != _NANP:
        return Area(region, None, zones)
    # Toll-free numbers have all 42 zones of +1, with 90 minutes a day in common (neighbours' fact sheet, C).
    if phonenumbers.number_type(parsed) not in _GEOGRAPHIC:
        return Area(None, None, zones)
    states = postal_areas.find_states(number[2:5])
    if states is None and len(zones) > 1 and region:
        zones = time_zones.list_zones(region)  # libphonenumber gives every +1 zone for Caribbean mobiles
    return Area(region, states[1] if states else None, zones)

"""Where the owner of a number may be: libphonenumber's zones, mended by the zone database and our tables.

Its zones are often a neighbour's, or one side of a split area (docs/compliance.md, "Numbers"). So:

    a prefix in our tables (numbers.json, nanp.json)  what they say
    a country with one clock                          that one, by the zone database
    a prefix that libphonenumber knows                its zones, as far as the country has them
    any other number of the country, mobiles too      every zone of the country
    +1 and not geographic                             any place of +1
    anything else                                     nothing: the contact waits
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType
from phonenumbers import timezone as prefixes

from outreach.compliance.postal_areas import Area, find_prefix
from outreach.compliance.time_zones import is_same_clock, is_zone, list_zones, one_of_each_clock

ANYWHERE = Area(None, None, ())
"""Where somebody is of whom nothing is known."""

_NANP = 1
# American mobiles cannot be told from landlines: they are FIXED_LINE_OR_MOBILE (neighbours' fact sheet, C).
_PERSONAL = {PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
# Elsewhere mobiles have no area; Mexico's are FIXED_LINE_OR_MOBILE, and Brazil's are in our table.
_LOCAL = {PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


@lru_cache(maxsize=8192)  # a few batches' worth
def find_number_area(number: str) -> Area:
    """Every place that a number (E.164) allows of; no zones when it tells nothing."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ANYWHERE
    region = phonenumbers.region_code_for_number(parsed)
    kind = phonenumbers.number_type(parsed)
    known = find_prefix(number) if kind in _PERSONAL else None
    if known is not None:
        return known
    if parsed.country_code == _NANP:
        return _find_american(parsed, region, kind)
    zones = _find_zones(list_zones(region or ""), list(_ask_library(parsed)), is_local=kind in _LOCAL)
    return Area(region, None, zones) if zones else ANYWHERE


def _find_american(parsed: PhoneNumber, region: str | None, kind: int) -> Area:
    if kind in _PERSONAL and region not in {None, "US", "CA"}:  # the Caribbean, Guam
        return Area(region, None, list_zones(region or ""))
    if kind in _PERSONAL or region is None:
        return ANYWHERE  # an area code that our table has not: new, or nobody's
    # Toll-free numbers have all 42 zones of +1, with 90 minutes a day in common (neighbours' fact sheet, C).
    return Area(None, None, tuple(_ask_library(parsed)))


def _find_zones(own: Sequence[str], given: Sequence[str], *, is_local: bool) -> tuple[str, ...]:
    """Those of a country's zones that libphonenumber gives the prefix; all, when it has a foreign one."""
    zones = one_of_each_clock([*(zone for zone in given if zone in own), *own])  # by its names, where right
    if len(zones) < 2:
        return zones
    found = tuple(zone for zone in zones if any(is_same_clock(zone, other) for other in given))
    knows = is_local and found and len(found) == len(one_of_each_clock(given))
    return found if knows else one_of_each_clock([*zones, *given])


def _ask_library(parsed: PhoneNumber) -> Iterator[str]:
    return filter(is_zone, prefixes.time_zones_for_number(parsed))  # without its own `Etc/Unknown`

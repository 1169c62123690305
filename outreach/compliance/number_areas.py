"""Where the owner of a number may be: libphonenumber's zones, mended by the zone database and our tables.

Its zones are often a neighbour's, or one side of a split area (docs/compliance.md, "Numbers"). So:

    a prefix in our tables (numbers.json, nanp.json)  what they say
    a country with one clock                          that one, by the zone database
    a prefix that libphonenumber knows                its zones, as far as the country has them
    any other number of the country, mobiles too      every zone of the country
    +1 and not geographic                             any place of +1
    anything else                                     nothing: the contact waits
"""

from collections.abc import Sequence
from functools import lru_cache

from phonenumbers import PhoneNumberType

from outreach.compliance.number_types import find_number_type
from outreach.compliance.postal_areas import Area, find_prefix
from outreach.compliance.time_zones import is_same_clock, is_zone, list_zones, one_of_each_clock

ANYWHERE = Area(None, None, ())
"""Where somebody is of whom nothing is known."""

_NANP = 1
# American mobiles cannot be told from landlines: they are FIXED_LINE_OR_MOBILE (neighbours' fact sheet, C).
_PERSONAL = {PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
# Elsewhere mobiles have no area; Mexico's are FIXED_LINE_OR_MOBILE, and Brazil's are in our table.
_LOCAL = {PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def find_number_area(number: str) -> Area:
    """Every place that a number (E.164) allows of; no zones when it tells nothing."""
    found = find_number_type(number)
    if found is None:
        return ANYWHERE
    known = find_prefix(number) if found.kind in _PERSONAL else None
    if known is not None:
        return known
    find = _find_american if found.country_code == _NANP else _find_elsewhere
    return find(found.region, found.kind, found.zones)


# Of a country's numbers few differ in these: a third of the time that a number takes.
@lru_cache(maxsize=1024)
def _find_elsewhere(region: str | None, kind: int, given: tuple[str, ...]) -> Area:
    zones = _find_zones(list_zones(region or ""), tuple(filter(is_zone, given)), is_local=kind in _LOCAL)
    return Area(region, None, zones) if zones else ANYWHERE


def _find_american(region: str | None, kind: int, given: tuple[str, ...]) -> Area:
    if kind in _PERSONAL and region not in {None, "US", "CA"}:  # the Caribbean, Guam
        return Area(region, None, list_zones(region or ""))
    if kind in _PERSONAL or region is None:
        return ANYWHERE  # an area code that our table has not: new, or nobody's
    # Toll-free numbers have all 42 zones of +1, with 90 minutes a day in common (neighbours' fact sheet, C).
    return Area(None, None, tuple(filter(is_zone, given)))


def _find_zones(own: Sequence[str], given: Sequence[str], *, is_local: bool) -> tuple[str, ...]:
    """Those of a country's zones that libphonenumber gives the prefix; all, when it has a foreign one."""
    zones = one_of_each_clock([*(zone for zone in given if zone in own), *own])  # by its names, where right
    if len(zones) < 2:
        return zones
    found = tuple(zone for zone in zones if any(is_same_clock(zone, other) for other in given))
    knows = is_local and found and len(found) == len(one_of_each_clock(given))
    return found if knows else one_of_each_clock([*zones, *given])

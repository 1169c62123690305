"""The time in which people may be contacted, against a count that shares no code with ours."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
from phonenumbers.tzdata import TIMEZONE_DATA

from outreach.compliance.hours import Hours
from outreach.compliance.location import Candidate, Place, locate
from outreach.compliance.rulebook import Rulebook
from outreach.compliance.windows import DAY
from outreach.contacts import Channel
from tests.support.wall_clocks import QUARTER, count_minutes, find_open_quarters

EPOCH = date(1970, 1, 1)
UNIT = Path(__file__).parents[2] / "unit" / "compliance"
NUMBERS = [row for row in csv.DictReader((UNIT / "numbers.csv").read_text().splitlines()) if row["decided"]]
CHANGED = sorted({line.split(",")[0] for line in (UNIT / "changed_zones.csv").read_text().splitlines()[1:]})
ODD = [
    "America/New_York", "America/St_Johns", "America/Santiago", "Africa/Cairo", "Antarctica/Troll",
    "Asia/Gaza", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Dublin", "Pacific/Apia", "Pacific/Chatham",
    "Pacific/Kiritimati", "Pacific/Marquesas", "Pacific/Pago_Pago",
]  # fmt: skip
AS_LINES = {"fixed_line", "fixed_line_or_mobile"}
OURS = "our table"
ISLANDS = ("JM", "BM", "PR", "VI", "GU", "MP", "AS", "DO", "TT", "BS")
WRONG = {
    "+16895550123": "America/Chicago",  # for Orlando
    "+18675550123": "America/Vancouver",  # for Yukon, which left it in 2020
    "+18795550123": "America/Puerto_Rico",  # for Newfoundland
    "+19075550123": "Pacific/Honolulu",  # for the Aleutians
}
"""Where one of libphonenumber's zones is of elsewhere."""


def days(first: date, last: date) -> range:
    return range((first - EPOCH).days, (last - EPOCH).days + 1)


THREE_YEARS = days(date(2026, 1, 1), date(2028, 12, 31))
WINTER = days(date(2026, 10, 20), date(2027, 4, 6))
A_SUMMERS_WEEK = days(date(2027, 7, 1), date(2027, 7, 7))


def list_zones() -> dict[str, list[str]]:
    """The zones of each country, as zone.tab has them."""
    found: dict[str, list[str]] = {}
    for line in (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, []).append(zone)
    return found


EVERY_ZONE = sorted(zone for zones in list_zones().values() for zone in zones)


def open_hours(zones: tuple[str, ...]) -> Hours:
    """The default hours, in all of these zones at once."""
    place = Place(tuple(Candidate(zone, None, None) for zone in zones), "number", "likely")
    return Rulebook(()).bind(place, Channel.SMS).hours


def differ(zone: str, among: range) -> list[int]:
    """The days on which our count and the other are not the same."""
    hours = open_hours((zone,))
    others = find_open_quarters(zone, among)
    ours = (sum(end - start for start, end in hours.spans(day)) for day in among)
    return [n for n, seconds in enumerate(ours) if seconds != 60 * count_minutes(others, n)]


@pytest.mark.parametrize("zone", [*CHANGED, *ODD])
def test_minutes_agree_over_a_winter_with_its_changes(zone: str) -> None:
    assert differ(zone, WINTER) == []


@pytest.mark.slow
def test_minutes_agree_in_every_zone_on_every_day_of_three_years() -> None:
    assert {zone: found for zone in EVERY_ZONE if (found := differ(zone, THREE_YEARS))} == {}
    assert len(EVERY_ZONE) * len(THREE_YEARS) > 450_000


@cache
def allowed_quarters(zones: tuple[str, ...], among: range) -> int:
    """Each quarter of an hour that has an allowed second."""
    hours = open_hours(zones)
    found = 0
    for day in among:
        for start, end in hours.spans(day):
            first, last = (start - among.start * DAY) // QUARTER, (end - 1 - among.start * DAY) // QUARTER
            found |= ((1 << (last - first + 1)) - 1) << first
    return found


def count_outside(row: dict[str, str], among: range) -> int:
    """Quarters in which a number alone would be contacted outside 8 to 21 in its country or area."""
    zones = _truth(row)
    place = locate(None, None, row["number"])
    allowed = allowed_quarters(tuple(candidate.zone for candidate in place.candidates), among)
    return sum((allowed & ~find_open_quarters(zone, among)).bit_count() for zone in zones)


def _truth(row: dict[str, str]) -> set[str]:
    """Every zone of the country; of the area, for numbers that have one."""
    decided = set(row["decided"].split())
    if row["number"].startswith("+1"):
        if row["kind"] not in {*AS_LINES, "mobile"}:
            return {zone for country in ("US", "CA", *ISLANDS) for zone in list_zones()[country]}
        finer = {
            zone
            for prefix, zones in TIMEZONE_DATA.items()
            if prefix[:4] == row["number"][1:5]
            for zone in zones
        }
        return decided | finer - {WRONG.get(row["number"], "")}
    # In Brazil mobiles have the area of a city.
    has_area = row["why"] == OURS or row["kind"] in AS_LINES or row["region"] == "BR"
    return decided if has_area else set(list_zones().get(row["region"], decided))  # Kosovo has none


@pytest.mark.parametrize("among", [A_SUMMERS_WEEK], ids=["a week"])
def test_no_number_alone_is_contacted_outside_8_to_21_anywhere_in_its_country_or_area(among: range) -> None:
    assert {row["number"]: found for row in NUMBERS if (found := count_outside(row, among))} == {}


@pytest.mark.slow
def test_nor_on_any_day_of_three_years() -> None:
    assert {row["number"]: found for row in NUMBERS if (found := count_outside(row, THREE_YEARS))} == {}
    assert len(NUMBERS) > 900

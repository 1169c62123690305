"""The holidays of the packs that bind, day by day for 2025 to 2028, against the lists of the statutes."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from outreach.compliance.holiday_calendars import is_holiday
from outreach.compliance.hours import HourRule, count_day
from outreach.compliance.location import Candidate, Place
from outreach.compliance.packs import open_pack
from outreach.compliance.rulebook import Rulebook
from outreach.contacts import Channel
from outreach.errors import SettingsError

STATUTES = list(csv.DictReader((Path(__file__).parent / "statutory_holidays.csv").read_text().splitlines()))
FRENCH = {"GP", "MQ", "GF", "RE", "YT", "BL", "MF"}
FIRST, LAST = date(2025, 1, 1), date(2028, 12, 31)


def find_holidays(place: str) -> set[date]:
    """The days that are no ordinary ones under the pack of a state, a department, or a place overseas."""
    country = place if place in FRENCH else "FR" if place == "FR" or place.isdigit() else "US"
    state = frozenset({"75" if place == "FR" else place})
    where = Candidate("Etc/GMT", country, state)
    rulebook = Rulebook(["us-states" if country == "US" else "fr"])
    [binding] = rulebook.bind(Place((where,), "number", "likely"), Channel.SMS).hours.bindings
    days = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    return {day for day in days if any(_is_holiday(rule, count_day(day)) for rule in binding.rules)}


def _is_holiday(rule: HourRule, day: int) -> bool:
    return day in rule.also or bool(rule.calendar and is_holiday(rule.calendar, day))


@pytest.mark.parametrize("row", STATUTES, ids=[f"{row['place']} {row['year']}" for row in STATUTES])
def test_every_day_of_the_statute_is_a_holiday_and_no_other_that_is_not_explained(
    row: dict[str, str],
) -> None:
    year = int(row["year"])
    found = {f"{day:%m-%d}" for day in find_holidays(row["place"]) if day.year == year}

    assert found == set(row["statute"].split()) | set(row["kept_as_well"].split())


def test_the_table_has_every_place_whose_rule_knows_holidays() -> None:
    rules = [rule for name in ("us-states", "fr") for rule in open_pack(name).rules if rule.holidays]
    places = {place for rule in rules for place in (rule.subdivisions or rule.countries)}

    assert places - {"PM"} <= {row["place"] for row in STATUTES} | {"67", "68"}


def test_lists_of_days_reach_far_enough() -> None:
    for rule in open_pack("us-states").rules:
        if rule.holidays and rule.holidays.also:
            assert max(rule.holidays.also).year >= open_pack("us-states").as_of.year + 3


def test_an_outdated_name_of_a_calendar_is_refused(tmp_path: Path) -> None:
    pack = (Path(__file__).parent / "night.json").read_text()
    own = tmp_path / "own.json"
    holidays = '"holidays": {"calendar": "FR-GES", "windows": []}'
    own.write_text(pack.replace('"windows"', f'{holidays}, "windows"', 1))

    with pytest.raises(SettingsError, match="no holiday calendar 'FR-GES'"):
        open_pack(str(own))

"""Calling hours as Genesys' own engine keeps them: what everybody of a zone allows, cut at midnight."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from outreach.campaign.hand_overs.hours import common_hours
from outreach.compliance.hours import Binding, HourRule, Hours
from outreach.compliance.windows import read_week
from outreach.genesys.campaign_route import Slot

BERLIN = "Europe/Berlin"
NOON = datetime(2026, 12, 2, 12, tzinfo=ZoneInfo(BERLIN))  # a Wednesday


def hours(**week: list[str]) -> Hours:
    rule = HourRule("r", "1", read_week({day.replace("_", "-"): windows for day, windows in week.items()}))
    return Hours([Binding(BERLIN, (rule,), rule)])


def test_only_what_everybody_of_a_zone_allows_is_left() -> None:
    found = common_hours(
        [(BERLIN, hours(every=["08:00-21:00"])), (BERLIN, hours(mon_fri=["09:00-20:00"]))], NOON
    )
    assert found == {BERLIN: [Slot(day, time(9), time(19, 59)) for day in range(1, 6)]}


def test_a_night_is_two_slots() -> None:
    [slots] = common_hours([(BERLIN, hours(wed=["20:00-02:00"]))], NOON).values()
    assert slots == [Slot(3, time(20), time(23, 59, 59)), Slot(4, time(0), time(1, 59))]


def test_all_day_long_the_week_is_the_same() -> None:
    given = [(BERLIN, hours(every=["08:00-21:00"]))]
    assert common_hours(given, NOON) == common_hours(given, NOON.replace(hour=20))


def test_a_zone_in_which_nothing_is_allowed_has_no_slots() -> None:
    assert common_hours([(BERLIN, hours())], NOON) == {}

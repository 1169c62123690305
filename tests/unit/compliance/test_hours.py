"""Hours where a day runs into the next one, or one rule stops where another begins."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from outreach.compliance.hours import Binding, HourRule, Hours
from outreach.compliance.windows import read_spans, read_week

NEW_YORK = "America/New_York"
NIGHTS = HourRule("nights", "1", read_week({"every": ["20:00-02:00"]}), calendar="US")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(NEW_YORK)).timestamp())


def hours_of(rule: HourRule) -> Hours:
    return Hours([Binding(NEW_YORK, (rule,), rule)])


@pytest.mark.parametrize(
    ("instant", "found"),
    [
        ("2026-12-30T23:00", "open"),
        ("2026-12-31T01:00", "open"),  # the night of the 30th
        ("2026-12-31T23:00", "open"),
        ("2026-12-31T23:58:59", "open"),
        ("2026-12-31T23:59", "closed"),  # the safety minute before the holiday
        ("2027-01-01T00:30", "closed"),  # New Year's Day is, though the night began before it
        ("2027-01-01T20:30", "closed"),
        ("2027-01-02T01:00", "closed"),  # it has no night that goes on into the next day
        ("2027-01-02T20:30", "open"),
    ],
)
def test_a_night_ends_where_a_holiday_begins(instant: str, found: str) -> None:
    assert hours_of(NIGHTS).allows(at(instant)) is (found == "open")


def test_after_a_holiday_the_next_time_is_the_next_evening() -> None:
    assert hours_of(NIGHTS).next_allowed(at("2027-01-01T00:30")) == at("2027-01-02T20:00")


def test_a_holiday_may_have_hours_of_its_own() -> None:
    rule = HourRule("shops", "1", read_week({"every": ["09:00-20:00"]}), "US", read_spans(["10:00-12:00"]))

    assert [hours_of(rule).allows(at(f"2027-01-01T{hour}:00")) for hour in ("09", "10", "12")] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("instant", "next_time"),
    [
        ("2026-03-08T01:30", "2026-03-08T03:00"),  # 02:00 to 03:00 does not exist that night
        ("2026-11-01T00:30", "2026-11-01T02:00"),  # 01:00 to 02:00 comes twice, 02:00 once
    ],
)
def test_hours_that_begin_in_the_hour_of_a_clock_change_begin_on_the_wall(
    instant: str, next_time: str
) -> None:
    early = HourRule("early", "1", read_week({"every": ["02:00-05:00"]}))

    assert hours_of(early).next_allowed(at(instant)) == at(next_time)

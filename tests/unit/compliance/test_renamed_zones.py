"""A zone that the database renamed is the zone of today: its clock, its country, its law."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from outreach.compliance.hours import local_time
from outreach.compliance.location import locate
from outreach.zones import list_names, read_table

RENAMED = {
    "Asia/Calcutta": ("Asia/Kolkata", "IN"),
    "Asia/Katmandu": ("Asia/Kathmandu", "NP"),
    "Asia/Rangoon": ("Asia/Yangon", "MM"),
    "Asia/Saigon": ("Asia/Ho_Chi_Minh", "VN"),
    "Europe/Kiev": ("Europe/Kyiv", "UA"),
    "US/Pacific": ("America/Los_Angeles", "US"),
    "US/Eastern": ("America/New_York", "US"),
    "US/Alaska": ("America/Anchorage", "US"),
    "US/Aleutian": ("America/Adak", "US"),
    "Canada/Pacific": ("America/Vancouver", "CA"),
    "Brazil/East": ("America/Sao_Paulo", "BR"),
    "Chile/Continental": ("America/Santiago", "CL"),
    "Egypt": ("Africa/Cairo", "EG"),
    "Pacific/Enderbury": ("Pacific/Kanton", "KI"),
    "America/Godthab": ("America/Nuuk", "GL"),
    "America/Buenos_Aires": ("America/Argentina/Buenos_Aires", "AR"),
    "Atlantic/Faeroe": ("Atlantic/Faroe", "FO"),
    "Australia/ACT": ("Australia/Sydney", "AU"),
}
HOURS = [datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(hours=6 * n) for n in range(3 * 4 * 365)]


@pytest.mark.parametrize("old", RENAMED)
def test_an_old_name_is_the_zone_of_today(old: str) -> None:
    new, country = RENAMED[old]
    stamps = [int(hour.timestamp()) for hour in HOURS]

    assert [local_time(old, at).utcoffset() for at in stamps] == [
        local_time(new, at).utcoffset() for at in stamps
    ]
    place = locate(old, None, None)
    assert {candidate.country for candidate in place.candidates} >= {country}
    assert {local_time(c.zone, stamps[-1]).utcoffset() for c in place.candidates} == {
        local_time(new, stamps[-1]).utcoffset()
    }


def test_every_old_name_of_the_database_is_known() -> None:
    links = [line.split()[2] for line in read_table("zones") if line.startswith("L ")]
    assert set(links) <= list_names()

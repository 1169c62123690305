"""Time zones as people, CRMs and Windows write them."""

from __future__ import annotations

import pytest
from babel.core import get_global

from outreach.sources import open_source
from outreach.sources.rows import BadCell
from outreach.sources.zone_names import read_time_zone

PERSON = {"external_contact_id": "Z-1", "name": "Ann", "sms": "+16045550101"}


@pytest.mark.parametrize(
    ("cell", "zone"),
    [
        ("us_slash_eastern", "US/Eastern"),
        ("europe_slash_berlin", "Europe/Berlin"),
        ("(GMT-05:00) Eastern Standard Time (America/New_York)", "America/New_York"),
        ("(GMT+01:00) Central European Standard Time (Europe/Berlin)", "Europe/Berlin"),
        ("Eastern Standard Time", "America/New_York"),
        ("eastern standard time", "America/New_York"),
        ("Eastern Daylight Time", "America/New_York"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC\u221205:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC\u201305:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC\u201105:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC?05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC\xb100:00) Dublin, Edinburgh, Lisbon, London", "Europe/Dublin"),
        ("Pacific Time (US & Canada)", "America/Los_Angeles"),
        ("EDT", "America/New_York"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("W. Europe Summer Time", "Europe/Berlin"),
        ("British Columbia Standard Time", "America/Vancouver"),
        ("Alberta Standard Time", "America/Edmonton"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("America/New_york", "America/New_York"),
    ],
)
def test_a_zone_is_read_in_the_spelling_of_its_system(cell: str, zone: str) -> None:
    assert read_time_zone(cell) == zone


def test_every_windows_name_is_read() -> None:
    known = dict(get_global("windows_zone_mapping"))

    assert {name: read_time_zone(name) for name in known} == {**known, "UTC": "UTC"}


@pytest.mark.parametrize(
    "cell", ["+01:00", "GMT+1", "(GMT-05:00)", "-5", "Time", "Berlin time zone", "CST", "IST", "B2) EDT"]
)
def test_an_offset_or_what_several_may_mean_is_no_zone(cell: str) -> None:
    with pytest.raises(BadCell, match="unknown_time_zone"):
        read_time_zone(cell)


@pytest.mark.parametrize(
    ("more", "zone"),
    [
        ({"time_zone": "Pacific Standard Time"}, None),
        ({"time_zone": "Pacific Standard Time", "postal_code": "V5K 0A1"}, None),
        ({"time_zone": "Pacific Standard Time", "postal_code": "94105"}, "America/Los_Angeles"),
        ({"time_zone": "Pacific Standard Time", "sms": "+14155550101"}, "America/Los_Angeles"),
        ({"time_zone": "America/Los_Angeles"}, "America/Los_Angeles"),
    ],
)
def test_a_canadian_address_is_believed_before_an_older_name(more: dict[str, str], zone: str | None) -> None:
    (row,) = open_source([PERSON | more]).rows()

    assert row.contact
    assert row.contact.time_zone == zone

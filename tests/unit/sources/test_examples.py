"""The example that the demo runs on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from outreach.contacts import Channel
from outreach.sources import Row, open_source

EXAMPLES = Path(__file__).parents[3] / "cli" / "contacts.csv"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(open_source(EXAMPLES).rows())


def test_it_has_about_200_rows_and_15_bad_ones_of_different_kinds(rows: list[Row]) -> None:
    codes = [row.reject.code for row in rows if row.reject]

    assert 190 <= len(rows) <= 210
    assert 15 <= len(codes) <= 18
    assert len(set(codes)) >= 12


def test_it_begins_with_the_tutorials_own_contact(rows: list[Row]) -> None:
    assert rows[0].contact
    assert rows[0].contact.external_contact_id == "EXT-9928374"
    assert rows[0].contact.metadata == {"campaign": "outbound_q3", "region": "us-east"}


def test_it_has_repeated_people_and_shared_addresses(rows: list[Row]) -> None:
    contacts = [row.contact for row in rows if row.contact]
    people = Counter(contact.external_contact_id for contact in contacts)
    numbers = Counter((contact.channels.sms, contact.external_contact_id) for contact in contacts)
    owners = Counter(number for number, _ in numbers if number)

    assert sum(count > 1 for count in people.values()) == 3
    assert sum(count > 1 for count in owners.values()) == 2


def test_calling_hours_are_open_for_some_and_closed_for_others_at_any_hour(rows: list[Row]) -> None:
    bound = {Channel.SMS, Channel.VOICE}
    zones = {
        row.contact.time_zone
        for row in rows
        if row.contact and row.contact.time_zone and set(row.contact.channels.present()) <= bound
    }

    for area in ("Pacific/", "America/", "Europe/", "Asia/"):
        assert any(zone.startswith(area) for zone in zones)

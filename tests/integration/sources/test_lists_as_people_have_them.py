"""Lists as people sent them, of invented people: each read as it is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.contacts import Channel
from outreach.ledger.ledger import Ledger
from outreach.ledger.suppressions import find_suppressed
from outreach.operations.opt_out import suppress_file
from outreach.sources import Row, open_source
from outreach.sources.choices import Choices

LISTS = Path(__file__).with_name("lists")


def read(name: str, *, country: str = "", encoding: str = "") -> list[Row]:
    return list(open_source(LISTS / name, country=country, choices=Choices(encoding=encoding)).rows())


def names(rows: list[Row]) -> list[str | None]:
    return [row.contact.name if row.contact else None for row in rows]


@pytest.mark.parametrize(
    ("name", "people"),
    [
        ("06-space-before-quote-header.csv", ["Dora Weber"]),
        ("06-space-before-quote.csv", ["Anna Weber", "Weber, Bruno", "Carla Weber"]),
        ("11-lead-export-utf16.csv", ["Jürgen Öz", "Zoë Åkesson"]),
        ("16-gz-without-suffix.csv", ["Cleo Hart"]),
        ("17-emoji-message.csv", ["Gina Faro"]),
        ("24-entities.json", ["V"]),
    ],
)
def test_the_list_is_read_as_it_is_meant(name: str, people: list[str]) -> None:
    assert names(read(name)) == people


def test_a_quoted_message_after_a_space_has_no_quotes() -> None:
    rows = read("06-space-before-quote.csv")

    assert [row.contact and row.contact.initial_message for row in rows] == [
        "Your order is ready",
        "Hello, Bruno",
        "Hi",
    ]


def test_a_number_in_a_wrapper_out_of_a_utf16_export_is_the_number() -> None:
    rows = read("11-lead-export-utf16.csv")

    assert [row.contact and row.contact.channels.sms for row in rows] == ["+491715550180", "+46701740605"]


def test_a_list_of_windows_is_read_by_the_country_or_by_its_encoding() -> None:
    people = ["Jürgen Öz", "Hans Klein"]

    assert names(read("11-excel-ansi.csv", country="DE")) == people
    assert names(read("11-excel-ansi.csv", encoding="windows-1252")) == people
    assert names(read("11-excel-ansi.csv")) == [None, "Hans Klein"]


def test_invisible_signs_are_stripped_at_the_ends_and_named_within() -> None:
    rows = read("10-zero-width-email.csv")

    addresses = [row.contact and row.contact.channels.email for row in rows]
    assert addresses == [
        "jana@example.com",
        "kurt@example.com",
        "lena@example.com",
        None,
        "nils@example.com",
        "otto@example.com",
    ]
    assert rows[3].reject
    assert "a sign that nobody sees, U+00AD" in rows[3].reject.reason
    assert rows[5].contact
    assert rows[5].contact.external_contact_id == "ZW-6"


def test_labelled_phones_and_addresses_are_read_without_a_mapping() -> None:
    labelled, parted = read("24-nested-phones.jsonl")

    assert (labelled.raw["emails"], labelled.raw["emails label"]) == ("tara@example.com", "work")
    assert labelled.contact
    assert (labelled.contact.channels.sms, labelled.contact.channels.email) == (
        "+353861234567",
        "tara@example.com",
    )
    assert parted.contact
    assert parted.contact.name == "Umar Quinn"
    assert not parted.contact.consent[Channel.EMAIL].given


def test_an_address_books_export_in_utf16_has_its_headers() -> None:
    source = open_source(LISTS / "outlook_utf16.csv", country="US")

    first = next(source.rows())

    assert first.contact
    assert first.contact.channels.email == "ada@example.com"
    assert "Home Country/Region" in source.columns


def numbers(name: str, country: str | None = None) -> list[str | None]:
    rows = open_source(LISTS / name, country=country).rows()
    channels = (row.contact.channels if row.contact else None for row in rows)
    return [(either.sms or either.voice) if either else None for either in channels]


def test_numbers_that_went_through_a_float_are_the_persons_own() -> None:
    assert numbers("01-float-phones.csv") == [
        "+491715550101",
        "+420601555010",
        "+393355550101",
        "+13172005501",
    ]
    assert numbers("01-float-phones.jsonl") == ["+491715550105"]


def test_an_opt_out_that_went_through_a_float_stops_that_person(ledger: Ledger) -> None:
    suppress_file(ledger, str(LISTS / "01-suppress-floats.csv"))

    assert find_suppressed(ledger, ["+491715550101", "+4917155501010"]) == {"+491715550101"}


def test_written_numbers_are_read_as_a_person_reads_them_or_not_at_all() -> None:
    home = "+16502530000"
    read_at_home = [
        home,
        home,
        home,
        home,
        None,
        home,
        home,
        home,
        home,
        None,
        "+4930123456",
        "+442079460000",
    ]
    renewed = ["+442079460000", "+525512345678", "+5491123456789", "+2290197123456", home, home]

    assert numbers("23-written-numbers.csv", "US") == read_at_home + renewed
    assert numbers("23-written-numbers.csv")[11] is None  # 011 is a prefix where a country says so


def test_zones_of_other_systems_are_iana_names_and_what_names_none_stays_as_it_is() -> None:
    zones = [row.contact and row.contact.time_zone for row in read("02-zone-abbreviations.csv")]
    eastern = "America/New_York"

    assert zones == [
        *("EST", eastern, "MST", "GMT", "Etc/GMT+5", eastern),
        *("US/Eastern", "Europe/Berlin", eastern, eastern, "UTC"),
    ]

"""Whom a do-not-contact list names, in every spelling that people write."""

from __future__ import annotations

import pytest

from outreach.sources.list_entries import read_entries

NUMBER = "+13178880001"
SPELLINGS = [
    "+13178880001",
    "+1 (317) 888-0001",
    "13178880001",
    "3178880001",
    "(317) 888-0001",
    "317.888.0001",
    "1-317-888-0001",
    "0013178880001",
    "tel:+13178880001",
    "TEL:+1-317-888-0001",
    "tel:3178880001",
    "sms:+13178880001",
    "'+13178880001",
    "'3178880001",
    '"3178880001"',
    '"3178880001',
    '="3178880001"',
    "3178880001.0",
    "3178880001;2027-01-01",
    "3178880001\t2027-01-01T00:00Z",
    "3178880001|x",
    "3178880001,",
    "\ufeff3178880001",
    "\u202a+13178880001\u202c",
    "\uff0b\uff11\uff13\uff11\uff17\uff18\uff18\uff18\uff10\uff10\uff10\uff11",
    "317 888 0001",
]


@pytest.mark.parametrize("entry", SPELLINGS)
def test_a_number_is_read_in_every_spelling(entry: str) -> None:
    read = read_entries(f"entry,expirationDateTime\r\n{entry}\r\n", 1, "US")

    assert NUMBER in read.addresses
    assert (read.rows, read.unread, read.problem) == (1, 0, "")


@pytest.mark.parametrize(
    ("entry", "country", "number"),
    [
        ("0171 1234567", "DE", "+491711234567"),
        ("07911 123456", "GB", "+447911123456"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("312 345 6789", "IT", "+393123456789"),
    ],
)
def test_a_national_number_is_of_the_organisations_country(entry: str, country: str, number: str) -> None:
    assert number in read_entries(entry, 1, country).addresses


@pytest.mark.parametrize(
    "entry",
    [
        "ann@Example.com",
        "mailto:ann@example.com",
        "Ann Lee <ann@example.com>",
        "'ann@example.com",
        '"ann@example.com',
    ],
)
def test_an_e_mail_address_is_read_in_every_spelling(entry: str) -> None:
    assert read_entries(entry, 1, "").addresses == {"ann@example.com"}


def test_a_lone_quote_swallows_nobody_behind_it() -> None:
    read = read_entries('entry\n"3178880001\n3178880002\n3178880003\n', 3, "US")

    assert read.addresses == {"+13178880001", "+13178880002", "+13178880003"}
    assert (read.rows, read.unread, read.problem) == (3, 0, "")


def test_what_cannot_be_read_is_counted_by_its_line() -> None:
    read = read_entries("number\n+13178880001\nnobody knows\n4.9171E+11\n\n888-0001\n", 4, "US")

    assert (read.rows, read.unread, read.lines, read.problem) == (4, 3, (3, 4, 6), "")


@pytest.mark.parametrize("title", ["Phone #", "Téléphone*", "e-mail;phone", "Number (E.164)", "entry,until"])
def test_a_title_is_no_entry(title: str) -> None:
    read = read_entries(f"{title}\n3178880001\n", 1, "US")

    assert (read.addresses >= {"+13178880001"}, read.rows, read.unread) == (True, 1, 0)


@pytest.mark.parametrize("more", ["20270101", "2027-01-01", "C-17", "12345678", "yes", "Ann Lee"])
def test_what_stands_beside_an_address_is_no_entry(more: str) -> None:
    assert read_entries(f"+13178880001;{more}", 1, "US").unread == 0


@pytest.mark.parametrize("more", ["+1317x", "tel:nobody", "ann@", "0049"])
def test_a_second_address_of_a_line_that_cannot_be_read_is_counted(more: str) -> None:
    assert read_entries(f"+13178880001;{more}", 1, "US").unread == 1


def test_a_national_number_of_no_country_is_not_read() -> None:
    assert read_entries("3178880001", 1, "").unread == 1


def test_a_number_that_two_people_may_have_leaves_both_alone() -> None:
    assert read_entries("442079460000", 1, "US").addresses >= {"+442079460000"}


@pytest.mark.parametrize(
    ("content", "size"),
    [
        ("", None),
        ("", 3),
        ("\r\n", None),
        ("<!DOCTYPE html><html><body>Please log in</body></html>", 3),
        ("\n  <html>", None),
        ('{"message": "not now"}', 1),
        ("{}", None),
        ("[]", None),
        ('["+13178880001"]', 1),
        ("entry,expirationDateTime\r\n", 2),
        ("entry\n+13178880001\n", 2),
    ],
)
def test_a_file_that_says_nothing_names_nobody_and_says_so(content: str, size: int | None) -> None:
    assert read_entries(content, size, "US").problem


@pytest.mark.parametrize(
    ("content", "size"), [("entry,expirationDateTime\r\n", 0), ("", 0), ("entry\n", None)]
)
def test_an_empty_list_is_known_to_be_empty(content: str, size: int | None) -> None:
    read = read_entries(content, size, "US")

    assert (read.addresses, read.rows, read.unread, read.problem) == (frozenset(), 0, 0, "")

"""Ids of other systems: as they are, or with signs that ours may not have written so as to be read back."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from outreach.channels import EXTERNAL_CONTACT_ID
from outreach.sources import open_source
from outreach.sources.ids import WRITTEN, read_id
from outreach.sources.rows import BadCell


def original_id(read: str) -> str:
    """As the page From your CRM says."""
    if not read.startswith(WRITTEN):
        return read
    written = read.removeprefix(WRITTEN)
    return re.sub(
        r"(?:_[0-9A-F]{2})+", lambda found: bytes.fromhex(found[0].replace("_", "")).decode(), written
    )


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("EXT-1", "EXT-1"),
        ("0035g00000AbCdEAAV", "0035g00000AbCdEAAV"),
        ("2134", "2134"),
        ("2134.0", "2134"),
        ("2134.00", "2134"),
        ("1.0.0", "1.0.0"),
        ("v2.10", "v2.10"),
        ("l:77", "x--l_3A77"),
        ("{6F96-AB}", "x--_7B6F96-AB_7D"),
        ("Müller 7", "x--M_C3_BCller_207"),
    ],
)
def test_an_id_is_read_as_one_of_ours(cell: str, read: str) -> None:
    assert read_id(cell) == read


@pytest.mark.parametrize("number", [2134, 123456789012345, 1234567890123456, 2**53 - 1, 2**53, 10**16 + 2])
def test_a_whole_float_is_the_same_person_as_text_and_as_a_number(number: int) -> None:
    who = {"name": "Ada", "sms": "+13175550101"}
    rows = [{"external_contact_id": said, **who} for said in (f"{number}.0", float(number))]

    text, value = open_source(rows).rows()

    assert text.external_contact_id == value.external_contact_id
    assert text.external_contact_id in ("", str(number))


@given(st.text(min_size=1, max_size=60))
def test_an_id_that_is_written_otherwise_can_be_read_back(cell: str) -> None:
    assume(cell == cell.strip() and not cell.startswith(WRITTEN))
    try:
        read = read_id(cell)
    except BadCell:
        return
    assert EXTERNAL_CONTACT_ID.match(read)
    assert original_id(read) == (
        cell if not cell.endswith((".0", ".00")) or "_" in read else original_id(read)
    )


def test_people_of_an_address_book_have_an_id_of_their_address_that_each_export_gives_again() -> None:
    card = {"First Name": "Ada", "Last Name": "Example", "E-mail Address": "ada@example.com", "Nickname": "A"}

    (first,) = open_source([card]).rows()
    (again,) = open_source([{**card, "Last Name": "Married", "E-mail Address": " Ada@EXAMPLE.com"}]).rows()

    assert first.contact
    assert again.contact
    assert first.contact.external_contact_id == again.contact.external_contact_id
    assert "ada" not in first.contact.external_contact_id.removeprefix("by-address-")

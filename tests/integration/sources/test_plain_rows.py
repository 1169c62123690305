"""The short way of a row gives what the long way gives, for whatever stands in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.contacts import Channel, Contact
from outreach.ledger.loads.entries import dump_content
from outreach.sources import open_source
from outreach.sources.plain_rows import PlainRows
from tests.support.fuzzing import tries

COLUMNS = {
    "external_contact_id": ["EXT-1", "2134.0", "2134.05", "a b", "-1", "", "#N/A", "1.0.0", "x" * 256],
    "name": [
        "Ann Müller",
        "O'Brien  Jr",
        " Ann",
        "Ann ",
        "#REF!",
        "Err:502",
        "A\u200bnn",
        "\ufffd",
        "",
        "é" * 256,
    ],
    "voice": [
        "+491715550101",
        "+4901715550101",
        "0171 5550101",
        "+5215512345678",
        "+22507123456",
        "+49 900 1234567",
    ],
    "sms": [
        "+49 171 5550101",
        "+12025550101",
        " +1 202 555 0101",
        "",
        "+551181234567",
        "+84120123456",
        "+49171",
    ],
    "email": [
        "ann@example.com",
        "INFO@example.com",
        "info@example.com",
        "a@b.test",
        "a@B.com",
        "a#b@example.com",
        "",
    ],
    "chat": ["handle", "han  dle", " handle", ""],
    "initial_message": ["Hello #1", "Hello", "two  spaces", "", "x" * 10_001],
    "interaction_duration_seconds": ["600", "600.0", "0", "x", ""],
    "time_zone": ["Europe/Berlin", "europe/berlin", "Nowhere/There", "EST", "Pacific Standard Time", ""],
    "postal_code": ["94105", "94105.0", "CA 94105", "2134", "K1A 0B1", "SW1A 1AA", "AB1234", "2134 AB", ""],
    "consent.sms": ["yes", "no", "maybe", ""],
    "consent.sms.source": ["web form", "web  form", ""],
    "consent.sms.date": ["2026-01-31", "31.1.2026", ""],
    "consent.email": ["no", ""],
    "metadata.region": ["eu", "", "#"],
    "opt_out": ["", "yes", "no", " ", "maybe", "#N/A"],
    "opt_out.sms": ["", "x", "0"],
}
ROWS = st.fixed_dictionaries(
    {column: st.one_of(st.sampled_from(cells), st.just(cells[0])) for column, cells in COLUMNS.items()}
)


def read(row: dict[str, str]) -> object:
    (found,) = open_source([row]).rows()
    contact = found.contact
    return found.reject or (contact, contact.model_fields_set, contact.channels.model_fields_set)  # type: ignore[union-attr]  # one of the two


@settings(max_examples=tries(400), deadline=None)
@given(ROWS)
def test_a_row_read_at_a_look_is_the_row_read_cell_by_cell(row: dict[str, str]) -> None:
    at_a_look = read(row)

    with pytest.MonkeyPatch.context() as cell_by_cell:
        cell_by_cell.setattr(PlainRows, "fits", lambda _: False)
        assert read(row) == at_a_look


@settings(max_examples=tries(400), deadline=None)
@given(ROWS)
def test_what_a_row_says_is_kept_in_the_same_bytes_both_ways(row: dict[str, str]) -> None:
    (at_a_look,) = open_source([row]).rows()

    with pytest.MonkeyPatch.context() as cell_by_cell:
        cell_by_cell.setattr(PlainRows, "fits", lambda _: False)
        (found,) = open_source([row]).rows()
    assert found.reject or dump_content(found) == dump_content(at_a_look)
    assert found.refusal == at_a_look.refusal


def test_whoever_says_nothing_in_a_column_of_opting_out_is_read_at_a_look() -> None:
    row = {name: cells[0] for name, cells in COLUMNS.items() if name != "initial_message"}
    first, second = open_source([row, row | {"opt_out": "yes"}]).rows()

    assert first.said is not None
    assert second.contact
    assert not second.contact.consent[Channel.SMS].given


def test_a_plain_row_says_what_it_means_without_a_contact() -> None:
    row = {name: cells[0] for name, cells in COLUMNS.items() if name != "initial_message"}
    (found,) = open_source([row | {"voice": "", "chat": ""}]).rows()

    assert found.said is not None
    assert found._contact is None


@pytest.mark.parametrize(
    "column", [column for column in COLUMNS if column not in ("external_contact_id", "name")]
)
def test_a_row_without_a_column_is_the_same_both_ways(column: str) -> None:
    row = {name: cells[0] for name, cells in COLUMNS.items() if name != column}
    at_a_look = read(row)

    with pytest.MonkeyPatch.context() as cell_by_cell:
        cell_by_cell.setattr(PlainRows, "fits", lambda _: False)
        assert read(row) == at_a_look


def test_a_contact_read_at_a_look_is_written_as_any_other() -> None:
    row = {name: cells[0] for name, cells in COLUMNS.items() if name != "initial_message"}
    (found,) = open_source([row]).rows()
    assert found.contact

    again = Contact.model_validate_json(found.contact.model_dump_json(exclude_defaults=True))

    assert again == found.contact

"""Numbers without their country's code: read where one reading is left, else refused with a reason."""

from __future__ import annotations

from collections import Counter

import pytest

from outreach.sources import Row, open_source
from outreach.sources.phone_columns import PhoneColumns, Problem

PERSON = {"external_contact_id": "C-1", "name": "Ada"}


def row(cells: dict[str, str], default: str | None = None) -> Row:
    (found,) = open_source([PERSON | cells], country=default).rows()
    return found


def read(cell: str, country: str, channel: str = "voice") -> str:
    """The number that is read, or the reject's code, the country being the list's."""
    found = row({channel: cell}, country)
    if found.reject:
        return found.reject.code
    assert found.contact is not None
    return str(getattr(found.contact.channels, channel))


def read_row(cell: str, country: str, channel: str = "voice") -> str:
    """The same, the country being the row's, and the list's another one."""
    found = row({channel: cell, "country": country}, "NZ")
    if found.reject:
        return found.reject.code
    assert found.contact is not None
    return str(getattr(found.contact.channels, channel))


@pytest.mark.parametrize(
    ("country", "cell", "number"),
    [
        ("DE", "030/23125012", "+493023125012"),
        ("DE", "(0)30 23125012", "+493023125012"),
        ("DE", "0049 30 23125012", "+493023125012"),
        ("DE", "030 23125012-13", "+49302312501213"),
        ("DE", "0171 5550101", "+491715550101"),
        ("DE", "171 5550101", "+491715550101"),
        ("DE", "1715550101.0", "+491715550101"),
        ("DE", "tel:0171-5550101", "+491715550101"),
        ("US", "(317) 555-0101", "+13175550101"),
        ("US", "1-317-555-0101", "+13175550101"),
        ("US", "3175550101", "+13175550101"),
        ("US", "(646) 555-0101", "+16465550101"),
        ("US", "650.253.0000", "+16502530000"),
        ("FR", "01.99.00.12.00", "+33199001200"),
        ("GB", "07911 123456", "+447911123456"),
        ("GB", "447911123456", "+447911123456"),
        ("IT", "06 1234567", "+39061234567"),
        ("IT", "347 1234567", "+393471234567"),
        ("IT", "39 347 1234567", "+393471234567"),
        ("IT", "392 1234567", "+393921234567"),
        ("AR", "011 15 2345-6789", "+5491123456789"),
        ("AR", "11 15 2345-6789", "+5491123456789"),
        ("BR", "0 15 11 91234-5678", "+5511912345678"),
        ("BR", "(11) 3234-5678", "+551132345678"),
        ("RU", "8 (912) 345-67-89", "+79123456789"),
        ("HU", "06 30 123 4567", "+36301234567"),
        ("LT", "8 612 34567", "+37061234567"),
        ("LT", "0 612 34567", "+37061234567"),
        ("FR", "0033 6 12 34 56 78", "+33612345678"),
        ("FR", "6 12 34 56 78", "+33612345678"),
        ("FR", "06 39 98 12 34", "+33639981234"),
        ("MX", "55 1234 5678", "+525512345678"),
        ("NO", "47 12 34 56", "+4747123456"),
    ],
)
def test_a_national_number_is_read_in_its_country(country: str, cell: str, number: str) -> None:
    assert read(cell, country) == number
    assert read_row(cell, country) == number


def test_what_is_dialled_to_call_abroad_is_read_where_it_is_dialled() -> None:
    assert read("011 44 20 7946 0000", "US") == "+442079460000"
    assert read("0011 49 30 23125012", "AU") == "+493023125012"
    assert read("00 49 30 23125012", "FR") == "+493023125012"
    assert read("00113176502533", "DE") == "malformed_phone"
    assert read("011 44 20 7946 0000", "DE") == "no_national_number"


@pytest.mark.parametrize(
    ("country", "cell", "code"),
    [
        ("DE", "491715550101", "ambiguous_number"),
        ("DE", "33612345678", "ambiguous_number"),
        ("DE", "15123456789", "ambiguous_number"),
        ("US", "4792345678", "ambiguous_number"),
        ("US", "47-92-345-678", "ambiguous_number"),
        ("US", "6465550101", "ambiguous_number"),
        ("RU", "84912345678", "ambiguous_number"),
        ("SE", "468123456", "ambiguous_number"),
        ("IT", "331 123456", "ambiguous_number"),
        ("DE", "0171 5550101.0", "ambiguous_number"),
        ("IT", "34.81010603.0", "ambiguous_number"),
        ("SE", "46-8113358.0", "ambiguous_number"),
        ("DE", "23125012", "no_leading_zero"),
        ("US", "555-0101", "no_national_number"),
        ("US", "0049 30 23125012", "no_national_number"),
        ("GB", "1 317 555 0101", "no_national_number"),
        ("IT", "6 1234567", "no_national_number"),
        ("AR", "15 2345-6789", "no_national_number"),
        ("MX", "044 55 1234 5678", "no_national_number"),
        ("MX", "01 55 1234 5678", "no_national_number"),
        ("BR", "(11) 1234-5678", "no_national_number"),
        ("BR", "11 8123-4567", "no_national_number"),
        ("FR", "0690 12 34 56", "no_national_number"),
        ("CI", "07 12 34 56", "no_national_number"),
        ("US", "1 800 356 9377", "no_national_number"),
        ("NO", "02800", "not_a_person"),
        ("IT", "33612345678", "not_a_person"),
        ("DE", "0900 1234567", "not_a_person"),
        ("FR", "0899 12 34 56", "not_a_person"),
        ("US", "900-234-5678", "not_a_person"),
        ("DE", "+979 1 2345 6789", "not_a_person"),
        ("DE", "030 23125012/13", "malformed_phone"),
        ("DE", "030 23125012 / 13-15", "malformed_phone"),
        ("DE", "030 2312501 home", "malformed_phone"),
        ("DE", "030 23125012 App. 13", "malformed_phone"),
        ("AT", "01 234567 abends", "malformed_phone"),
        ("US", "do not call 317-555-0101", "malformed_phone"),
        ("US", "1 800 FLOWERS", "malformed_phone"),
        ("US", "317-555-0101/2", "malformed_phone"),
        ("US", "2026-11-28 317-555-0101", "malformed_phone"),
        ("DE", "1.715550101e9", "malformed_phone"),
        ("US", "3175550101 12", "no_national_number"),
    ],
)
def test_what_may_be_somebody_else_is_refused(country: str, cell: str, code: str) -> None:
    assert read(cell, country) == code


def test_the_country_of_a_row_is_believed_where_the_one_of_a_list_is_not() -> None:
    """A list of the US may hold a Norwegian whose plus was lost; a person of the US is in the US."""
    assert read("6465550101", "US") == "ambiguous_number"
    assert read_row("6465550101", "United States") == "+16465550101"
    assert read_row("491715550101", "Germany") == "ambiguous_number"


def test_the_country_of_a_row_wins_and_the_one_of_the_list_fills_blanks() -> None:
    assert row({"sms": "0171 5550101", "country": "Deutschland"}, "FR").contact
    blank = row({"sms": "0171 5550101", "country": " "}, "DE").contact
    assert blank is not None
    assert blank.channels.sms == "+491715550101"


@pytest.mark.parametrize(
    ("country", "code"),
    [("Georgia", "ambiguous_country"), ("Indiana", "unknown_country"), ("n/a", "unknown_country")],
)
def test_a_country_that_cannot_be_read_is_never_replaced_by_the_default(country: str, code: str) -> None:
    refused = row({"sms": "0171 5550101", "country": country}, "DE").reject
    assert refused is not None
    assert refused.code == code
    assert country not in refused.reason
    whole = row({"sms": "+49 171 5550101", "country": country}, "DE").contact  # its own code needs no country
    assert whole is not None
    assert whole.channels.sms == "+491715550101"


def test_without_a_country_no_national_number_is_read() -> None:
    refused = row({"sms": "0171 5550101"}).reject
    assert refused is not None
    assert refused.code == "phone_without_country_code"


def test_an_sms_asks_for_a_number_that_takes_one() -> None:
    assert read("030 23125012", "DE", "sms") == "no_text_number"
    assert read("0171 5550101", "DE", "sms") == "+491715550101"


def test_a_fixed_line_leaves_the_other_channels_to_a_person() -> None:
    found = row({"sms": "030 23125012", "voice": "030 23125012"}, "DE").contact
    assert found is not None
    assert found.channels.sms is None
    assert found.channels.voice == "+493023125012"


@pytest.mark.parametrize("number", ["+4702800", "+49 900 1234567", "+1 900 234 5678", "+33 899 12 34 56"])
def test_a_paid_or_company_line_is_nobodys_with_its_plus_too(number: str) -> None:
    refused = row({"voice": number}).reject
    assert refused is not None
    assert refused.code == "not_a_person"


def test_a_number_of_another_country_than_its_row_says_so() -> None:
    refused = row({"sms": "+1 317 555 0101", "country": "GB"}).reject
    assert refused is not None
    assert refused.code == "country_contradicts_number"
    assert row({"sms": "+44 7911 123456", "country": "Guernsey"}).contact
    assert row({"sms": "+1 317 555 0101"}, "GB").contact, "a default speaks of numbers without a code alone"


def test_two_numbers_in_a_cell_are_candidates_in_their_order() -> None:
    assert read("+1-650-253-0000 / +1-650-253-0001", "US") == "+16502530000"
    assert read("+13175550101+13175550102", "US") == "+13175550101"
    assert read("030 23125012 / 0171 5550101", "DE", "voice") == "+493023125012"
    assert read("030 23125012 / 0171 5550101", "DE", "sms") == "+491715550101"
    assert read("+13175550101, do not call", "US") == "malformed_phone"
    assert read("+13175550101; 0102", "US") == "malformed_phone"


def test_an_extension_is_kept_for_a_call_and_dropped_for_an_sms() -> None:
    called = row({"voice": "030 23125012 Durchwahl 13"}, "DE").contact
    texted = row({"sms": "+1 650 253 0000 x136"}).contact
    assert called is not None
    assert called.channels.voice == "+493023125012"
    assert called.metadata == {"extension": "13"}
    assert texted is not None
    assert texted.channels.sms == "+16502530000"
    assert not texted.metadata
    own = row({"voice": "+1 650 253 0000 x136", "metadata.extension": "7"}).contact
    assert own is not None
    assert own.metadata == {"extension": "7"}


def test_a_source_counts_by_whose_country_numbers_were_read() -> None:
    people = [
        PERSON | {"external_contact_id": str(number), "country": country, "sms": sms, "voice": voice}
        for number, (country, sms, voice) in enumerate(
            [
                ("DE", "0171 5550101", ""),
                ("", "317-555-0101", "317-555-0102"),
                ("DE", "030 23125012", "+49 30 1"),
            ]
        )
    ]
    source = open_source(people, country="US")
    assert sum(found.contact is not None for found in source.rows()) == 2
    assert source.numbers == {"by_row": 1, "by_default": 2, "no_sms": 1}
    list(source.rows())
    assert source.numbers["by_row"] == 1, "each reading counts anew"


def test_the_first_column_whose_number_the_channel_can_use_is_its_address() -> None:
    places = {"country": (0,), "sms": (2, 1), "voice": (1, 2)}
    counts: Counter[str] = Counter()
    columns = PhoneColumns(places, country="", strict=False, counts=counts)
    problems: list[Problem] = []

    found = columns.read(["DE", "030 23125012 Durchwahl 7", "0171 5550101"], problems)
    assert found.channels == {"sms": "+491715550101", "voice": "+493023125012"}
    assert found.extension == "7"
    landline = columns.read(["DE", "0171 5550102", "030 23125012"], problems)
    assert landline.channels == {"sms": "+491715550102", "voice": "+491715550102"}
    assert columns.read(["DE", "", "0171 5550103"], problems).channels["voice"] == "+491715550103"
    assert not problems
    columns.read(["DE", "do not call", "0171 5550103"], problems)
    assert {code for code, _, _ in problems} == {"malformed_phone"}, "a note beside a number is never dropped"

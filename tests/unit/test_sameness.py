"""Which spellings lead to one person."""

from __future__ import annotations

import hashlib

import phonenumbers
import pytest

from outreach.renumbering import TABLE, known_as, renew
from outreach.sameness import FORMS, forms_of, number_in, same_form
from outreach.sources.phones import normalise_phone
from outreach.sources.rows import BadCell

RENEWED = [
    ("+5215512345678", "+525512345678"),
    ("+52 01 55 1234 5678", "+525512345678"),
    ("+52 044 55 1234 5678", "+525512345678"),
    ("+551181234567", "+5511981234567"),
    ("+225 01 01 45 67", "+2250101014567"),
    ("+225 45 12 34 56", "+2250545123456"),
    ("+225 07 12 34 56", "+2250707123456"),
    ("+225 20 30 12 34", "+2252720301234"),
    ("+225 20 00 12 34", "+2252520001234"),
    ("+225 20 80 12 34", "+2252120801234"),
    ("+229 97 12 34 56", "+2290197123456"),
    ("+84 123 4567890", "+84834567890"),
    ("+84 168 4567890", "+84384567890"),
    ("+57 1 2345678", "+576012345678"),
]


@pytest.mark.parametrize(("old", "new"), RENEWED)
def test_a_number_that_its_country_rewrote_reaches_the_same_person(old: str, new: str) -> None:
    assert normalise_phone(old) == new
    assert phonenumbers.is_valid_number(phonenumbers.parse(new, None))
    assert normalise_phone(new) == new
    assert same_form(old) == same_form(new)


@pytest.mark.parametrize(
    "number",
    [
        "+525512345678",
        "+551123456789",
        "+551178123456",
        "+5411 2345 6789",
        "+573101234567",
        "+2250707123456",
        "+2290197123456",
        "+84912345678",
    ],
)
def test_a_number_that_is_right_stays_as_it_is(number: str) -> None:
    assert normalise_phone(number) == number.replace(" ", "")


@pytest.mark.parametrize("number", ["+22980012345", "+22513123456"])
def test_a_short_form_that_was_never_mended_is_refused_for_its_length(number: str) -> None:
    with pytest.raises(BadCell) as problem:
        normalise_phone(number)

    assert problem.value.code == "impossible_number"


def test_a_form_that_nobody_has_any_more_is_refused_by_name() -> None:
    with pytest.raises(BadCell) as problem:
        normalise_phone("+225 60 12 34 56")

    assert problem.value.code == "outdated_number"


def test_argentinas_mobiles_are_one_with_and_without_their_9_and_sent_as_they_are() -> None:
    for written in ("+54 9 11 2345-6789", "+54 11 2345-6789", "+54 11 15 2345-6789"):
        assert same_form(normalise_phone(written)) == "+541123456789"
    assert normalise_phone("+5491123456789") == "+5491123456789"


@pytest.mark.parametrize("number", [*(old for old, _ in RENEWED), "+5491123456789"])
def test_all_forms_of_a_number_know_each_other(number: str) -> None:
    forms = known_as(number.replace(" ", ""))

    assert len(forms) > 1
    assert {known_as(form)[0] for form in forms} == {forms[0]}
    assert forms[0] in {renew(form) for form in forms}


def test_each_row_of_the_table_names_its_source_and_is_tried_here() -> None:
    assert all(change.source for change in TABLE)
    tried = {number[1:3] for number, _ in RENEWED} | {number[1:4] for number, _ in RENEWED}
    assert {change.code for change in TABLE} - tried == {"54"}


@pytest.mark.parametrize("handle", ["+13173330017", "13173330017", "+1 317 333 0017", "0013173330017"])
def test_a_handle_that_is_a_number_is_that_number(handle: str) -> None:
    assert number_in(handle) == "+13173330017"
    assert same_form(handle) == "+13173330017"
    assert {handle, "13173330017"} <= {*forms_of(handle)}, "an older ledger knows it so"


@pytest.mark.parametrize("handle", ["visitor-17", "Ann@Example.com", "123", "a1b2c3d4e5f6", "0171 1234567"])
def test_any_other_handle_is_compared_as_it_is(handle: str) -> None:
    assert number_in(handle) is None
    assert forms_of(handle) == (handle.casefold(),)


def test_a_rule_that_is_added_gives_older_ledgers_their_earlier_forms() -> None:
    rules = repr([(change.code, change.rules, change.both_valid) for change in TABLE])
    told = (
        "a rule changed: ledgers that were begun before it hold other keys, so change sameness.FORMS as well"
    )
    assert (FORMS, hashlib.sha256(rules.encode()).hexdigest()[:12]) == ("1", "e6dd905b0ba0"), told

"""Our fast checks of addresses against the libraries that are the authority."""

from __future__ import annotations

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from outreach.contacts import Contact
from outreach.renumbering import is_gone, renew
from outreach.sameness import E164
from outreach.sources import open_source
from outreach.sources.columns import PLAIN
from outreach.sources.emails import normalise_email
from outreach.sources.phones import normalise_phone
from outreach.sources.rows import BadCell
from tests.support.fuzzing import tries

PLAIN_NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
ENDS_LIKE_A_FLOAT = re.compile(r"\.[^0-9]*0+[^0-9]*\Z")
NEARLY_EMAILS = st.one_of(
    st.emails(),
    st.from_regex(r"[A-Za-z0-9_.+-]{1,12}@[A-Za-z0-9.-]{1,20}\.[A-Za-z]{1,9}", fullmatch=True),
    st.builds(
        "{}@{}.{}".format,
        st.sampled_from(["Info", "WWW", "a.b", "a"]),
        st.sampled_from(["ab--c", "xn--a", "x"]),
        st.sampled_from(["com", "test", "local", "Onion", "arpa", "c0m", "test.example"]),
    ),
)


def outcome(cell: str) -> str:
    """The number, or that there is none."""
    try:
        return normalise_phone(cell)
    except BadCell:
        return "refused"


NOBODYS = {
    phonenumbers.PhoneNumberType.PREMIUM_RATE,
    phonenumbers.PhoneNumberType.SHARED_COST,
    phonenumbers.PhoneNumberType.VOICEMAIL,
    phonenumbers.PhoneNumberType.UAN,
}


def _can_exist(number: str) -> bool:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return True
    why = phonenumbers.is_possible_number_with_reason(parsed)
    is_persons = phonenumbers.number_type(parsed) not in NOBODYS
    return why == phonenumbers.ValidationResult.IS_POSSIBLE and not is_gone(number) and is_persons


@settings(max_examples=tries(300), deadline=None)
@given(NEARLY_EMAILS)
@example("a@b.c")
@example("Postmaster@Example.com")
def test_an_address_is_what_the_library_makes_of_it(written: str) -> None:
    try:
        ours = normalise_email(written)
    except BadCell:
        ours = ""
    try:
        theirs = validate_email(written, check_deliverability=False).normalized
    except EmailNotValidError:
        theirs = ""

    assert ours == theirs


@settings(max_examples=tries(300), deadline=None)
@given(PLAIN_NUMBERS)
def test_a_number_is_what_phonenumbers_makes_of_it_in_the_end_in_the_form_of_today(written: str) -> None:
    try:
        theirs, before = written, ""
        while theirs != before:
            before = theirs
            parsed = phonenumbers.parse(before, None)
            theirs = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        assume(False)
    assume(E164.match(theirs))

    assert outcome(written) == (renew(theirs) if _can_exist(renew(theirs)) else "refused")


@settings(max_examples=tries(150), deadline=None)
@given(
    PLAIN_NUMBERS, st.lists(st.tuples(st.integers(2, 16), st.sampled_from(" -.()\u00a0\u202c")), max_size=6)
)
def test_a_number_has_one_form_however_it_is_written(plain: str, separators: list[tuple[int, str]]) -> None:
    written = plain
    for position, separator in separators:
        written = written[:position] + separator + written[position:]

    assume(not ENDS_LIKE_A_FLOAT.search(written))
    assert outcome(written) == outcome(plain)
    if not plain.startswith("+11"):  # 0011 is Australia's own prefix
        assert outcome(written.replace("+", "00")) == outcome(plain)
    assert outcome(outcome(plain)) in (outcome(plain), "refused")


USUAL = st.sampled_from(["EXT-1", "+15551234567", "a@example.com", "yes", "7"])
COLUMNS = (*PLAIN, "consent.sms", "consent.sms.date", "metadata.k")


@settings(max_examples=tries(150), deadline=None)
@given(
    st.fixed_dictionaries({}, optional={column: st.text(max_size=300) | USUAL for column in COLUMNS}),
)
def test_a_contact_satisfies_the_model_and_a_reject_never_comes_from_it(cells: dict[str, str]) -> None:
    (row,) = open_source([cells]).rows()

    if row.contact:
        assert Contact.model_validate(row.contact.model_dump()) == row.contact
    else:
        assert row.reject
        assert row.reject.code != "malformed_value"

"""What a cell may hold, and its normal form."""

from __future__ import annotations

import gc
from types import TracebackType

import pytest
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES
from hypothesis import assume, given
from hypothesis import strategies as st

from outreach.contacts import Channel, Consent
from outreach.sources import Row, cells, open_source
from outreach.sources.cells import read_consent, read_duration, read_line, read_text
from outreach.sources.emails import IN_ANY_CASE, normalise_email
from outreach.sources.phones import normalise_phone
from outreach.sources.rows import BadCell
from outreach.sources.zone_names import read_time_zone

PERSON = {"external_contact_id": "EXT-1", "name": "Anna", "sms": "+15551234567"}


def row_of(**cells: object) -> Row:
    (row,) = open_source([PERSON | cells]).rows()
    return row


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+15551234567", "+15551234567"),
        ("+1 (555) 123-4567", "+15551234567"),
        ("001.555.123.4567", "+15551234567"),
        ("+49 (0)171 1234567", "+491711234567"),
        ("+4901711234567", "+491711234567"),
        ("0049 0171-1234567", "+491711234567"),
        ("+44\u00a07700\u2011900\u2013123", "+447700900123"),
        ("\u202a+33 6 39 98 12 34\u202c", "+33639981234"),
        ("\uff0b\uff14\uff19 171 1234567", "+491711234567"),
        ("+\u0664\u0669 171 1234567", "+491711234567"),
        ("+39 06 1234 5678", "+390612345678"),
        ("+999 1234 5678", "+99912345678"),
        ("+491715550101.0", "+491715550101"),
        ("+393355550101.00", "+393355550101"),
        ("+33.1.40.20.50.00", "+33140205000"),
        ("+33 1 40 20 50.00", "+33140205000"),
        ("+1.650.253.0000", "+16502530000"),
        ("+1 202 555 0101 x5", "+12025550101"),
        ("+1 650 253 0000 ext. 136", "+16502530000"),
        ("+16502530000;ext=136", "+16502530000"),
        ("+1 317 555 0101,,123#", "+13175550101"),
        ("+49 30 23125012 Durchwahl 13", "+493023125012"),
        ("tel:+1-650-253-0000", "+16502530000"),
        ("whatsapp:+16502530000", "+16502530000"),
        ("p:+16502530000", "+16502530000"),
        ('="+491715550101"', "+491715550101"),
        ("'+491715550101", "+491715550101"),
        ("+49 30/23125012", "+493023125012"),
        ("+49 30 1234-56", "+4930123456"),
    ],
)
def test_numbers_become_e164(written: str, number: str) -> None:
    assert normalise_phone(written) == number


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("0171 1234567", "phone_without_country_code"),
        ("15551234567", "phone_without_country_code"),
        ("15551234567.0", "phone_without_country_code"),
        ("+0171 1234567", "malformed_phone"),
        ("+1234567890123456", "malformed_phone"),
        ("+1 202 555 0101/02", "malformed_phone"),
        ("+1 202 555 0101, +1 202 555 0102", "malformed_phone"),
        ("+1 202 555 0101\n555", "malformed_phone"),
        ("+13175550101+13175550102", "malformed_phone"),
        ("+49 30 23125012/13", "malformed_phone"),
        ("do not call +1 317 555 0101", "malformed_phone"),
        ("(H) +1 317-555-0101", "malformed_phone"),
        ("+1 800 FLOWERS", "malformed_phone"),
        ("00113176502533", "malformed_phone"),
        ("+1 650.253.0000.136", "impossible_number"),
        ("+49 171 5550101.0", "ambiguous_number"),
        ("9,1E+11", "mangled_by_excel"),
        ("#NAME?", "mangled_by_excel"),
        ("+" + "1" * 1_000_000, "malformed_phone"),
        ("+49 171 1234" + "." * 60 + "567", "malformed_phone"),
    ],
)
def test_no_number_is_guessed(written: str, code: str) -> None:
    with pytest.raises(BadCell) as problem:
        normalise_phone(written)

    assert problem.value.code == code


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("support@acme.com", "support@acme.com"),
        ("Anna.Meier@Example.COM", "Anna.Meier@example.com"),
        ("Support@Acme.com", "support@acme.com"),
        ("jos\u00e9@b\u00fccher.example.com", "jos\u00e9@b\u00fccher.example.com"),
        ("a@xn--bcher-kva.example.com", "a@b\u00fccher.example.com"),
    ],
)
def test_addresses_get_their_normal_form(written: str, address: str) -> None:
    assert normalise_email(written) == address


@pytest.mark.parametrize(
    "written",
    [
        "anna",
        "anna@",
        "@example.com",
        "a@b",
        "a@localhost",
        "a b@example.com",
        "a@example.com;b@example.com",
        "Anna <a@example.com>",
        "a@example.com\nBcc: b@example.com",
        "a..b@example.com",
        "a@-b.com",
        "a@x.test",
    ],
)
def test_what_is_no_address_is_rejected(written: str) -> None:
    with pytest.raises(BadCell) as problem:
        normalise_email(written)

    assert problem.value.code == "malformed_email"


@pytest.mark.parametrize("word", ["yes", "Y", "TRUE", "1", "ja", "Oui", "s\u00ed", "opt in", "x"])
def test_yes_in_many_words(word: str) -> None:
    assert read_consent(word) is True


@pytest.mark.parametrize("word", ["no", "N", "FALSE", "0", "nein", "Non", "n\u00e3o", "opt out", "withdrawn"])
def test_no_in_many_words(word: str) -> None:
    assert read_consent(word) is False


@pytest.mark.parametrize("word", ["maybe", "unknown", "pending", "2", "yes?"])
def test_consent_that_is_neither_is_for_a_person_to_decide(word: str) -> None:
    row = row_of(**{"consent.sms": word})

    assert row.reject
    assert row.reject.code == "unclear_consent"


def test_consent_keeps_its_source_and_day() -> None:
    row = row_of(
        **{"consent.SMS": "yes", "consent.sms.source": "web form", "consent.sms.date": "2026-01-31T10:00:00Z"}
    )

    assert row.contact
    consent = row.contact.consent[Channel.SMS]
    assert (consent.given, consent.source, str(consent.on)) == (True, "web form", "2026-01-31")


def test_a_source_of_consent_without_consent_says_nothing() -> None:
    row = row_of(**{"consent.sms": "", "consent.sms.source": "web form", "consent.email": False})

    assert row.contact
    assert row.contact.consent == {Channel.EMAIL: Consent(given=False)}


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("consent.sms.date", "31.01.2026", "malformed_date"),
        ("consent.sms.date", "2026-02-30", "malformed_date"),
        ("interaction_duration_seconds", "0", "duration_out_of_range"),
        ("interaction_duration_seconds", "7201", "duration_out_of_range"),
        ("interaction_duration_seconds", "10 min", "malformed_duration"),
        ("interaction_duration_seconds", "1_000", "malformed_duration"),
        ("time_zone", "Mars/Base", "unknown_time_zone"),
        ("time_zone", "../../etc/passwd", "unknown_time_zone"),
        ("postal_code", "1" * 33, "too_long"),
        ("initial_message", "x" * 10_001, "too_long"),
        ("metadata.note", "x" * 10_001, "too_long"),
        ("chat", "user\u202eevil", "control_characters"),
        ("chat", "user\nevil", "control_characters"),
        ("chat", "u" * 256, "too_long"),
        ("name", "Anna\ud800", "not_utf8"),
        ("name", ["Anna"], "not_text"),
        ("sms", {"a": 1}, "no_channel"),
    ],
)
def test_a_bad_cell_has_its_own_code(column: str, cell: object, code: str) -> None:
    row = row_of(**{"consent.sms": "yes", column: cell})

    assert row.reject
    assert row.reject.code == code


@pytest.mark.parametrize(
    ("written", "seconds"), [("1", 1), ("7200", 7200), ("600.0", 600), (600, 600), (600.0, 600)]
)
def test_durations_are_whole_seconds(written: object, seconds: int) -> None:
    row = row_of(interaction_duration_seconds=written)

    assert row.contact
    assert row.contact.interaction_duration_seconds == seconds


def test_a_zone_is_found_in_any_case_and_a_near_miss_is_suggested() -> None:
    assert read_time_zone("europe/berlin") == "Europe/Berlin"
    assert read_time_zone("America/New York") == "America/New_York"
    with pytest.raises(BadCell, match="the nearest is Europe/Berlin"):
        read_time_zone("Europe/Berlim")


def test_text_loses_what_cannot_be_seen_and_a_name_is_one_line() -> None:
    assert read_text("a\x07b\u202ec\r\nd\u2028e\tf") == "abc\nd\ne\tf"
    assert read_line("Anna\r\nBcc:  x\u00a0\u202e") == "Anna Bcc: x"
    assert (
        read_line("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")
        == "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    )


def test_a_duration_is_never_executed_as_a_huge_number() -> None:
    with pytest.raises(BadCell):
        read_duration("9" * 5000)


def test_the_tutorials_own_contact_is_accepted() -> None:
    (row,) = open_source(
        [
            {
                "externalContactId": "EXT-9928374",
                "name": "Acme Corp Support",
                "channels": {"voice": "+15551234567", "sms": "+15551234567", "email": "support@acme.com"},
                "initialMessage": "Testing automated contact interaction workflow",
                "interactionDurationSeconds": 600,
                "metadata": {"campaign": "outbound_q3", "region": "us-east"},
            }
        ]
    ).rows()

    assert row.contact
    assert row.contact.metadata == {"campaign": "outbound_q3", "region": "us-east"}
    assert [channel.value for channel in row.contact.channels.present()] == ["voice", "sms", "email"]


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(" \ufffd\u200b\u202e\x85\xa0\u2028\r\n"))))
def test_text_that_looks_clean_is_what_cleaning_makes_of_it(text: str) -> None:
    cell = text.strip()
    assume(cell and not cells._BROKEN.search(cell))

    cleaned = cells._UNSEEN.sub("", cells._LINE_ENDS.sub("\n", cell)).strip()
    assert read_text(cell) == cleaned
    assert read_line(cell) == " ".join(cleaned.split())


def test_a_yes_among_much_white_space_is_no_clear_word() -> None:
    with pytest.raises(BadCell, match="unclear_consent"):
        read_consent("yes" + " " * 62 + "but not today")


def test_the_mailboxes_that_are_one_in_any_case_are_the_librarys() -> None:
    assert IN_ANY_CASE.split("|") == sorted(CASE_INSENSITIVE_MAILBOX_NAMES)


@pytest.mark.parametrize(
    "cells",
    [
        {"voice": "x" * 65},
        {"voice": "nobody"},
        {"voice": "+49 900 1234567"},
        {"voice": "0171 5550101", "country": "Korea"},
        {"voice": "0900 1234567", "country": "Germany"},
        {"email": "nobody"},
        {"email": "a b@example.com"},
    ],
    ids=lambda cells: next(iter(cells.values()))[:12],
)
def test_a_bad_cell_leaves_nothing_behind_however_many_there_are(cells: dict[str, str]) -> None:
    """An error that is made once and raised again holds each place where it was raised, with its cells."""
    rows = [{"external_contact_id": f"C-{n}", "name": "Ada", **cells} for n in range(300)]
    bad = [row.reject.code for row in open_source(rows[:100]).rows() if row.reject]
    assert len(bad) == 100
    gc.collect()
    before = sum(isinstance(each, TracebackType) for each in gc.get_objects())

    bad = [row.reject.code for row in open_source(rows).rows() if row.reject]

    assert sum(isinstance(each, TracebackType) for each in gc.get_objects()) < before + 50

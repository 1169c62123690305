"""Columns that say who must not be contacted are read in others' words in their right sense, or refused."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from outreach.contacts import Channel, Contact
from outreach.errors import SourceError
from outreach.sources import open_source
from outreach.sources.rows import Row

PERSON = {
    "external_contact_id": "P-1",
    "name": "Ulla Stern",
    "sms": "+491715550170",
    "voice": "+491715550170",
    "email": "ulla@example.com",
}

FORBID = {
    "en": ("opted out", "do not contact", "unsubscribed", "suppressed", "has opted out", "dnc"),
    "de": ("abgemeldet", "nicht kontaktieren", "werbesperre", "keine werbung", "gesperrt"),
    "fr": ("ne pas contacter", "désabonné", "désinscrit", "opposition"),
    "es": ("no contactar", "no molestar", "baja", "lista robinson"),
    "it": ("non contattare", "disiscritto", "opposizione"),
    "pt": ("não contactar", "descadastrado", "não enviar"),
    "nl": ("niet benaderen", "uitgeschreven", "afgemeld"),
    "pl": ("nie kontaktować się", "wypisany", "sprzeciw", "wycofana zgoda"),
    "ja": ("配信停止", "連絡不可", "オプトアウト", "退会"),
}
PERMIT = {
    "en": ("opted in", "marketing consent", "accepts marketing", "contactable"),
    "de": ("einwilligung", "zustimmung", "abonniert"),
    "fr": ("consentement", "accepte", "autorisation"),
    "es": ("consentimiento", "acepta publicidad", "suscrito"),
    "it": ("consenso", "iscritto"),
    "pt": ("aceita", "inscrito"),
    "nl": ("toestemming", "akkoord"),
    "pl": ("zgoda", "zgoda marketingowa"),
    "ja": ("同意", "配信可否", "オプトイン"),
}


def read(columns: dict[str, str], **mapping: str) -> Row:
    (row,) = open_source([PERSON | columns], columns=mapping).rows()
    return row


def refused_on(row: Row) -> set[str]:
    assert isinstance(row.contact, Contact), row.reject
    return {channel.value for channel, consent in row.contact.consent.items() if not consent.given}


def written(words: str) -> list[str]:
    """As people and programs write a header."""
    parts = words.split()
    camel = "".join(part.capitalize() for part in parts)
    return [
        words,
        words.upper(),
        words.title(),
        "_".join(parts),
        camel,
        camel[:1].lower() + camel[1:],
        f"{camel}__c",
    ]


def headers(words: dict[str, tuple[str, ...]]) -> list[str]:
    suffixes = ("", " email", " sms", " e-mail", " marketing", " flag", " date", " (CRM)", " 2")
    phrases = [phrase + suffix for each in words.values() for phrase in each for suffix in suffixes]
    return sorted({header for phrase in phrases for header in written(phrase)})


ALL = {channel.value for channel in Channel}


@pytest.mark.parametrize(
    ("header", "cell", "channels"),
    [
        ("doNotContact", "1", ALL),
        ("Opted Out of Email", "TRUE", {"email"}),
        ("HasOptedOutOfEmail", "true", {"email"}),
        ("DoNotCall", "true", {"voice"}),
        ("et4ae5__HasOptedOutOfMobile__c", "true", {"sms"}),
        ("Unsubscribed from all email", "Yes", {"email"}),
        ("Accepts SMS Marketing", "no", {"sms"}),
        ("Do not allow Phone Calls", "Do Not Allow", {"voice"}),
        ("Do not allow Phone Calls", "Allow", set()),
        ("ContactableBySms", "0", {"sms"}),
        ("Callable-Phone", "0.0", {"voice"}),
        ("UNSUB_TIME", "2026-03-02 09:10:11", ALL),
        ("Werbesperre", "WAHR", ALL),
        ("Einwilligung E-Mail", "FALSCH", {"email"}),
        ("HasOptedOutOfEmail", "false", set()),
        ("DoNotFax", "true", set()),
        ("opt_out.sms", "yes", {"sms"}),
    ],
)
def test_a_column_of_a_crm_forbids_what_it_speaks_of(header: str, cell: str, channels: set[str]) -> None:
    assert refused_on(read({header: cell})) == channels


def test_a_person_who_opted_out_is_forbidden_in_the_words_of_nine_languages() -> None:
    forbidding, permitting = headers(FORBID), headers(PERMIT)
    assert len(forbidding) + len(permitting) >= 2000
    overlooked = []
    for header, cell in (*zip(forbidding, itertools.repeat("yes")), *zip(permitting, itertools.repeat("no"))):
        try:
            row = read({header: cell})
        except SourceError:
            continue  # it asks
        if row.contact is not None and not refused_on(row):
            overlooked.append(header)
    assert overlooked == []


@pytest.mark.parametrize(
    "header",
    ["Subscription type", "Opt-in/Opt-out", "GDPR status", "Consent valid until", "Einwilligung bis", "RODO"],
)
def test_a_column_that_nobody_can_tell_stops_the_run_with_what_to_map(header: str, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"external_contact_id,name,sms,{header}\nP-1,Ulla,+491715550170,yes\n")

    with pytest.raises(SourceError, match=r"opt_out\.<channel>"):
        list(open_source(file).rows())

    (row,) = open_source(file, columns={header: "opt_out.sms"}).rows()
    assert refused_on(row) == {"sms"}
    (row,) = open_source(file, columns={header: "ignore"}).rows()
    assert refused_on(row) == set()


def test_a_mapping_that_turns_an_opt_out_round_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("external_contact_id,name,email,HasOptedOutOfEmail\nP-1,Ulla,u@example.com,true\n")

    with pytest.raises(SourceError, match=r"opt_out\.email"):
        list(open_source(file, columns={"HasOptedOutOfEmail": "consent.email"}).rows())


@pytest.mark.parametrize("cell", ["#N/A", "maybe", "2"])
def test_a_cell_that_cannot_be_read_as_yes_or_no_keeps_its_row_back(cell: str) -> None:
    row = read({"DoNotCall": cell})

    assert row.reject is not None
    assert row.reject.code == "unclear_opt_out"


def test_the_stricter_word_holds() -> None:
    assert refused_on(read({"consent.email": "yes", "HasOptedOutOfEmail": "true"})) == {"email"}
    assert refused_on(read({"consent.email": "no", "HasOptedOutOfEmail": "false"})) == {"email"}


def test_a_general_yes_gives_no_consent() -> None:
    row = read({"Marketing consent": "yes", "Accepts SMS Marketing": "yes"})

    assert row.contact is not None
    assert {channel.value for channel in row.contact.consent} == {"sms"}


@pytest.mark.parametrize(
    "header",
    ["Lead Status", "Phone Number", "Notes", "Option", "Position", "Context", "Marketing campaign", "Type"],
)
def test_columns_that_speak_of_something_else_are_left_alone(header: str) -> None:
    assert refused_on(read({header: "yes"})) == set()

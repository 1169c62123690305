"""Headers of common exports that only look like a wish, and wishes that looked like nothing."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

import pytest

from outreach.contacts import Channel
from outreach.errors import SourceError
from outreach.sources import open_source
from outreach.sources.opt_outs import read_header


def read_consents(tmp_path: Path, header: str, cell: str) -> dict[Channel, bool] | None:
    """What one person's row says of consent; None where the row waits."""
    text = io.StringIO()
    csv.writer(text).writerows([("id", "name", "sms", header), ("1", "Ann", "+13175550101", cell)])
    path = tmp_path / "list.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    (row,) = open_source(path).rows()
    if row.contact is None:
        return None
    return {channel: consent.given for channel, consent in row.contact.consent.items()}


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("Consent No.", "C-1042"),
        ("Consent number", "1042"),
        ("Consent ID", "a71"),
        ("No. SMS", "3"),
        ("Nº SMS", "3"),
        ("No téléphone", "+33612345678"),
        ("Last refused call", "12.03.2026"),
        ("Number of refused calls", "3"),
        ("Anzahl abgelehnt SMS", "3"),
        ("Declined payments", "3"),
        ("Status", "Card declined"),
        ("Voice mail enabled", "no"),
        ("Voicemail enabled", "no"),
        ("Notification e-mail", "office@example.com"),
        ("Email notifications", "ann@example.com"),
        ("Appointment reminder", "SMS"),
        ("Appointment reminders", "E-Mail"),
        ("Photo consent", "no"),
        ("Media release consent", "no"),
        ("Field trip permission", "N"),
        ("Consent to treatment", "No"),
        ("Permission Set", "Sales"),
        ("Excluido de IVA", "sí"),
        ("Widerrufsbelehrung", "ja"),
        ("Widerrufsfrist", "12.03.2026"),
    ],
)
def test_a_header_that_speaks_of_something_else_says_nothing_of_consent(
    tmp_path: Path, header: str, cell: str
) -> None:
    assert read_consents(tmp_path, header, cell) == {}


@pytest.mark.parametrize(
    "header",
    [
        "I agree to receive SMS notifications",
        "SMS alerts opt-in",
        "Consent to SMS reminders",
        "SMS opt-in (T/F)",
        "SMS consent (1 = yes, 0 = no)",
        "SMS consent on/off",
    ],
)
def test_a_consent_that_names_what_it_is_for_or_how_it_is_written_is_one(tmp_path: Path, header: str) -> None:
    assert read_consents(tmp_path, header, "1") == {Channel.SMS: True}
    assert read_consents(tmp_path, header, "0") == {Channel.SMS: False}


@pytest.mark.parametrize(
    ("header", "cell", "channels"),
    [
        ("SMS-Erinnerung", "nein", {Channel.SMS}),
        ("SMS-Benachrichtigungen", "nein", {Channel.SMS}),
        ("Rappel SMS", "non", {Channel.SMS}),
        ("Rappels par SMS", "non", {Channel.SMS}),
        ("Recordatorio por SMS", "no", {Channel.SMS}),
        ("Promemoria SMS", "no", {Channel.SMS}),
        ("SMS-herinnering", "nee", {Channel.SMS}),
        ("Lembrete SMS", "não", {Channel.SMS}),
        ("Przypomnienie SMS", "nie", {Channel.SMS}),
        ("Nieuwsbrief", "nee", {Channel.EMAIL}),
        ("Infolettre", "non", {Channel.EMAIL}),
        ("Bloqué", "oui", set(Channel)),
        ("Bloccato", "sì", set(Channel)),
        ("Photo and marketing consent", "no", set(Channel)),
        ("Consent to data treatment", "no", set(Channel)),
        ("Declined payment reminders", "yes", set(Channel)),
        ("Last SMS STOP received", "12.03.2026", {Channel.SMS}),
        ("Last unsubscribed", "12.03.2026", set(Channel)),
    ],
)
def test_a_no_is_heard_in_the_words_of_other_languages_too(
    tmp_path: Path, header: str, cell: str, channels: set[Channel]
) -> None:
    assert read_consents(tmp_path, header, cell) == dict.fromkeys(channels, False)


@pytest.mark.parametrize("header", ["Rappel SMS", "SMS-Erinnerung", "Aviso por SMS", "Email notifications"])
def test_a_reminder_that_is_switched_on_is_no_consent(tmp_path: Path, header: str) -> None:
    assert read_consents(tmp_path, header, "1") == {}


@pytest.mark.parametrize(
    "header",
    [
        *("SMS consent No.", "No. SMS consent", "SMS consent end", "SMS consent exp. date"),
        *("SMS consent inactive", "SMS consent disabled", "SMS consent off", "SMS consent invalid"),
        *("SMS opt-in failed", "SMS opt-in unconfirmed", "SMS consent unknown", "SMS consent disputed"),
        *("SMS consent deleted", "SMS consent deactivated", "SMS consent stopped"),
        *("Einwilligung SMS zurückgezogen", "SMS-Einwilligung abgelaufen", "Zustimmung SMS zurückgenommen"),
        *("Consentement SMS annulé", "Consentement SMS terminé", "Consentement SMS inconnu"),
        *("Consentimiento SMS retirado", "Consentimiento SMS revocado", "Consentimiento SMS denegado"),
        *("Consentimiento SMS caducado", "Consenso SMS negato", "Consenso SMS scaduto"),
        *("Consenso SMS annullato", "Consenso SMS ritirato", "Toestemming SMS vervallen"),
        *("Toestemming SMS verlopen", "Autorização SMS retirada", "Autorização SMS revogada"),
        *("Zgoda SMS cofnięta", "Zgoda SMS wygasła", "Zgoda SMS odwołana"),
    ],
)
def test_a_consent_that_has_come_to_an_end_never_counts_as_given(tmp_path: Path, header: str) -> None:
    with pytest.raises(SourceError):
        read_consents(tmp_path, header, "2025-01-01")


@pytest.mark.parametrize("part", ["exclu", "accepts", "date ", "refused sms x ", "no ", "a"])
def test_a_header_of_ten_thousand_letters_is_read_at_once(part: str) -> None:
    began = time.process_time()
    read_header(part * (10_000 // len(part)))

    assert time.process_time() - began < 0.5

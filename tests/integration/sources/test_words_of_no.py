"""Opt-outs as other CRMs than those of the table write them: in a status, a note, a reason, a time."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from outreach.contacts import Channel
from outreach.errors import SourceError
from outreach.sources import open_source

EVERY = frozenset(Channel)
NOBODY: frozenset[Channel] = frozenset()
EMAIL, SMS, VOICE = (frozenset({channel}) for channel in (Channel.EMAIL, Channel.SMS, Channel.VOICE))


DATES_OF_DEATH = (
    "Sterbedatum",
    "Date of Death",
    "Death Date",
    "Fecha de fallecimiento",
    "Fecha de defunción",
    "Data di decesso",
    "Datum overlijden",
    "Data do óbito",
    "Data zgonu",
)


def forbidden(tmp_path: Path, header: str, cell: str, **columns: str) -> frozenset[Channel] | None:
    """The channels that one person forbids; None where the row waits."""
    text = io.StringIO()
    csv.writer(text).writerows([("id", "name", "mobile", header), ("1", "Ann", "+13175550101", cell)])
    path = tmp_path / "list.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    (row,) = open_source(path, columns=columns).rows()
    if row.contact is None:
        return None
    return frozenset(channel for channel, consent in row.contact.consent.items() if not consent.given)


@pytest.mark.parametrize(
    ("header", "cell", "channels"),
    [
        ("Status", "Unsubscribed", EVERY),
        ("Status", "do not contact", EVERY),
        ("Label", "DNC", EVERY),
        ("notes", "please do not call again", EVERY),
        ("Bemerkung", "bitte nicht anrufen", EVERY),
        ("Status", "Active", NOBODY),
        ("State", "Baja California", NOBODY),
        ("Owner", "Tom Robinson", NOBODY),
        ("City", "Stopham", NOBODY),
        ("STOP", "x", EVERY),
        ("DND", "Y", EVERY),
        ("DND Status", "On", EVERY),
        ("suspended", "true", EVERY),
        ("Marketing Suspended", "1", EVERY),
        ("Deceased", "yes", EVERY),
        ("Verstorben", "ja", EVERY),
        ("Contact allowed", "0", EVERY),
        ("Call OK?", "N", VOICE),
        ("Do you want calls?", "no", VOICE),
        ("Marketing", "no", EVERY),
        ("preferences.sms", "false", SMS),
        ("Marked email as spam", "true", EMAIL),
        ("Opted out of email: Newsletter", "true", EMAIL),
        ("Opted out of email: One to One", "true", EMAIL),
        ("Email Marketing Consent", "NEVER_SUBSCRIBED", EMAIL),
        ("Email Suppressions", "[USER_SUPPRESSED]", EMAIL),
        ("Unsubscribed Reason", "too many", EVERY),
        ("Confirmed opt-out source", "Contact", EVERY),
        ("sms_opt_out_timestamp", "1735812000", SMS),
        ("unsubscribed_at", "2025-01-02T10:00:00Z", EVERY),
        ("Opt Out", "2026-03-01T10:00:00Z", EVERY),
        ("unsubscribed_at", "NULL", NOBODY),
        ("unsubscribed_at", "0000-00-00 00:00:00", NOBODY),
        ("Opt-In", "declined", EVERY),
        ("Opt-In", "pending", None),
        *(
            ("Marketing status", cell, EVERY)
            for cell in ("Unsubscribed", "No consent", "no_consent", "Archived")
        ),
        *(
            ("Subscription status", cell, EVERY)
            for cell in ("Not subscribed", "Unsubscribed", "Reported as spam")
        ),
        ("Person - Marketing status", "unsubscribed", EVERY),
        ("Marketing contact status", "Non-marketing contact", EVERY),
        ("Marketing status", "Subscribed", NOBODY),
        ("Subscription status", "Subscribed", NOBODY),
        ("Marketing contact status", "Marketing contact", NOBODY),
        ("Marketing status", "Bounced", None),
        ("Subscription status", "paused", None),
        ("Marketing contact status", "n/a yet", None),
        ("Email permission status", "Unsubscribed", EMAIL),
        ("Email permission status", "Pending confirmation", None),
        ("Email permission status", "Temp hold", None),
        ("Unsubscribed", "Implied", None),
        ("Don't Market", "true", EVERY),
        ("Should Forget", "TRUE", EVERY),
        ("IsDeleted", "true", EVERY),
        ("IsDeleted", "false", NOBODY),
        ("deleted_at", "2026-01-05", EVERY),
        ("Central block", "X", EVERY),
        ("CTPS", "Yes", VOICE),
        ("I agree to receive SMS", "No", SMS),
        ("May we contact you?", "No", EVERY),
        ("Marketing emails", "No", EMAIL),
        ("Telefonkontakt erlaubt", "nein", VOICE),
        ("Anruf erwünscht", "nein", VOICE),
        ("Anruf unerwünscht", "ja", VOICE),
        ("SMS-Werbung", "nein", SMS),
        ("Kontaktverbot", "ja", EVERY),
        ("Löschkennzeichen", "X", EVERY),
        ("Todesdatum", "01.02.2020", EVERY),
        ("Ne plus appeler", "oui", VOICE),
        ("Refus SMS", "oui", SMS),
        ("Souhaite être contacté", "non", EVERY),
        ("Date de décès", "01/02/2020", EVERY),
        ("Consentement retiré le", "01/02/2026", EVERY),
        ("Mag gebeld worden", "nee", VOICE),
        ("Geblokkeerd", "ja", EVERY),
        ("No desea ser contactado", "sí", EVERY),
        ("Nie dzwonić", "tak", VOICE),
        ("Zgoda na SMS", "nie", SMS),
        ("メール配信停止", "1", EMAIL),
        ("メール配信停止", "○", None),
        ("電話禁止", "はい", VOICE),
        ("配信可否", "不可", EVERY),
        ("配信可否", "可", NOBODY),
        ("同意", "いいえ", EVERY),
        ("ステータス", "配信停止", EVERY),
        ("Comments", "Customer asked not to be called", EVERY),
        ("Comments", "please remove from list", EVERY),
        ("Notes", "ne veut plus être appelé", EVERY),
        ("Notes", "wil niet meer gebeld worden", EVERY),
        ("Tags", "unsubscribed, newsletter", EVERY),
        ("Notes", "consent withdrawn", EVERY),
        ("Notiz", "nie kontaktiert", NOBODY),
        ("Remarque", "une plus grande surface", NOBODY),
        ("Company", "Non Stop Marketing GmbH", NOBODY),
        ("Product", "assurance décès", NOBODY),
        ("Title", "Litigator", NOBODY),
        ("Order status", "deleted", NOBODY),
        ("電話希望時間", "10:00", NOBODY),
        *((header, "12.03.2026", EVERY) for header in DATES_OF_DEATH),
        ("Sterbegeld", "5000", NOBODY),
        ("Death benefit", "yes", NOBODY),
        ("Telefonanrufe nicht zulassen", "Nicht zulassen", VOICE),
        ("Telefonanrufe nicht zulassen", "Zulassen", NOBODY),
        ("Massen-E-Mails nicht zulassen", "Nicht zulassen", EMAIL),
        ("Do not allow Faxes", "Do Not Allow", NOBODY),
        ("Postsendungen nicht zulassen", "Nicht zulassen", NOBODY),
        ("Ne pas autoriser les appels téléphoniques", "Ne pas autoriser", VOICE),
        ("Ne pas autoriser les e-mails", "Autoriser", NOBODY),
        ("No permitir llamadas de teléfono", "No permitir", VOICE),
        ("Non consentire telefonate", "Non consentire", VOICE),
        ("Telefoongesprekken niet toestaan", "Niet toestaan", VOICE),
        ("Não Permitir Chamadas Telefônicas", "Não Permitir", VOICE),
        ("Nie zezwalaj na telefony", "Nie zezwalaj", VOICE),
        ("電話を許可しない", "許可しない", VOICE),
        ("Widerrufen am", "01.02.2026", EVERY),
        ("Opposé aux rappels", "oui", EVERY),
        ("Werbung abgelehnt", "ja", EVERY),
        ("Rifiuta SMS", "sì", SMS),
        ("Rechaza publicidad", "sí", EVERY),
        ("SMS geweigerd", "ja", SMS),
        ("Odmowa kontaktu", "tak", EVERY),
        ("SMS refused", "yes", SMS),
        ("Objects to marketing", "yes", EVERY),
        ("Refuse tout contact", "oui", EVERY),
        ("Application refused", "yes", NOBODY),
        ("Contact Object", "yes", NOBODY),
        ("Exclude from campaigns", "yes", EVERY),
        ("Ausgeschlossen von Werbung", "ja", EVERY),
        ("Excluded services", "yes", NOBODY),
        ("Cannot be contacted", "yes", EVERY),
        ("No Contact Order", "yes", EVERY),
        ("Notes", "no calls please", EVERY),
        ("Notes", "no contact since March", NOBODY),
        ("Pas de SMS", "oui", SMS),
        ("Geen SMS", "ja", SMS),
        ("STOP received", "2026-01-01", EVERY),
        ("Cease and desist", "yes", EVERY),
        ("Processing restricted", "yes", EVERY),
        ("SMS reminders", "no", SMS),
        ("Text alerts", "off", SMS),
        ("SMS enabled", "no", SMS),
        ("Textable", "N", SMS),
        ("Send SMS", "no", SMS),
        ("Comms allowed", "no", EVERY),
        ("Contact blocked", "yes", EVERY),
        ("Exclude", "yes", EVERY),
        ("Óbito", "sim", EVERY),
        ("Não deseja receber SMS", "sim", SMS),
        ("Notes", "cannot call before 9", NOBODY),
        ("Notes", "stop received goods", NOBODY),
        ("Excluded from VAT", "yes", NOBODY),
    ],
)
def test_whoever_says_no_is_heard_wherever_it_stands(
    tmp_path: Path, header: str, cell: str, channels: frozenset[Channel] | None
) -> None:
    assert forbidden(tmp_path, header, cell) == channels


@pytest.mark.parametrize(
    "header",
    [
        "SMS consent revoked on",
        "Widerruf der Einwilligung",
        "SMS consent valid until",
        "Revoca consenso",
        "Data wycofania zgody",
        "No SMS consent",
        "SMS consent refused",
        "SMS consent cancelled",
        "SMS consent ended",
        "SMS consent removed on",
        "SMS consent required",
        "SMS permission denied",
        "Does not accept SMS marketing",
        "Can't receive SMS",
        "Consent not given (SMS)",
        "Non-consenting SMS",
        "Keine Einwilligung SMS",
        "SMS-Einwilligung fehlt",
        "Kündigung der SMS-Einwilligung",
        "Kein Newsletter",
        "Pas de consentement SMS",
        "N'accepte pas les SMS",
        "Sans consentement SMS",
        "No acepta SMS",
        "Non accetta SMS",
        "Nessun consenso SMS",
        "Não aceita SMS",
        "Geen toestemming SMS",
        "Brak zgody na SMS",
    ],
)
def test_a_consent_that_is_taken_back_never_counts_as_given(tmp_path: Path, header: str) -> None:
    with pytest.raises(SourceError):
        forbidden(tmp_path, header, "2025-01-01")


@pytest.mark.parametrize(
    ("header", "yes"),
    [
        ("SMS consent (yes/no)", "yes"),
        ("SMS consent Y/N", "Y"),
        ("SMS-Einwilligung ja/nein", "ja"),
        ("Consentement SMS (oui / non)", "oui"),
        ("Consenso SMS (sì o no)", "sì"),
        ("SMS consent note", "yes"),
    ],
)
def test_a_header_that_only_names_both_answers_is_a_permission(tmp_path: Path, header: str, yes: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"id,name,mobile,{header}\n1,Ann,+13175550101,{yes}\n", encoding="utf-8")
    (row,) = open_source(path).rows()

    assert row.contact is not None
    assert row.contact.consent[Channel.SMS].given


@pytest.mark.parametrize("heading", ["Do not contact:", "DNC", "Abgemeldet", "Opt-outs 2026"])
def test_a_heading_within_a_list_that_forbids_the_rows_below_stops_the_run(
    tmp_path: Path, heading: str
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"id,name,sms\n1,Ann,+13175550101\n\n{heading},,\n2,Ben,+13175550102\n", encoding="utf-8")

    with pytest.raises(SourceError, match="line 4 says that the rows below"):
        list(open_source(path).rows())


@pytest.mark.parametrize("footer", ["Total", "Confidential - Do Not Distribute", "New customers"])
def test_another_line_without_an_address_is_a_reject_as_ever(tmp_path: Path, footer: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"id,name,sms\n1,Ann,+13175550101\n{footer}\n", encoding="utf-8")

    assert [row.reject is None for row in open_source(path).rows()] in ([True, False], [True])


def test_a_column_that_a_person_says_to_ignore_is_not_listened_to(tmp_path: Path) -> None:
    assert forbidden(tmp_path, "Campaign", "Do not call us late", Campaign="ignore") == NOBODY


def test_the_fields_that_an_api_wraps_are_known() -> None:
    properties = {
        "firstname": "Ann",
        "lastname": "Weber",
        "mobilephone": "+13175550101",
        "hs_email_optout": "true",
    }
    (row,) = open_source([{"id": "1", "properties": properties}]).rows()

    assert row.contact
    assert (row.contact.name, row.contact.channels.sms) == ("Ann Weber", "+13175550101")
    assert not row.contact.consent[Channel.EMAIL].given


@pytest.mark.parametrize(
    "header",
    [
        "N\u00b0 client;Pr\u00e9nom;Nom;T\u00e9l\u00e9phone portable;Courriel;Code postal;Pays",
        "C\u00f3digo cliente;Nombre;Apellidos;Tel\u00e9fono m\u00f3vil;Correo electr\u00f3nico;CP;Pa\u00eds",
        "Codice cliente;Nome;Cognome;Cellulare;Email;CAP;Nazione",
        "Klantnummer;Voornaam;Achternaam;Mobiel nummer;E-mailadres;Postcode;Land",
    ],
)
def test_headers_of_people_in_other_languages_are_recognised(tmp_path: Path, header: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"{header}\n7;Ann;Weber;+33612345678;ann@example.com;28001;France\n", encoding="utf-8")
    source = open_source(path)
    (row,) = source.rows()

    assert row.contact
    assert (row.contact.external_contact_id, row.contact.postal_code) == ("7", "28001")
    assert not source.ignored_columns


def test_a_country_that_contradicts_a_number_waits_until_a_person_says_the_numbers_are_right(
    tmp_path: Path,
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("id,name,mobile,Country\n1,Ann,+13175550101,Germany\n", encoding="utf-8")

    (waits,) = open_source(path).rows()
    (right,) = open_source(path, columns={"Country": "ignore"}).rows()

    assert waits.reject
    assert waits.reject.code == "country_contradicts_number"
    assert "map the country column to ignore" in waits.reject.reason
    assert right.contact


@pytest.mark.parametrize(
    ("header", "cell", "consents"),
    [
        ("Email permission status", "Explicit", {"email"}),
        ("Email permission status", "Express", {"email"}),
        ("Email permission status", "Implied", set()),
        ("Permission status", "Explicit", set()),
        ("Marketing status", "Subscribed", set()),
        ("Marketing contact status", "Marketing contact", set()),
    ],
)
def test_only_a_permission_that_was_given_for_a_channel_is_a_consent(
    header: str, cell: str, consents: set[str]
) -> None:
    person = {"id": "1", "name": "Ann", "email": "a@example.com", header: cell}
    (row,) = open_source([person]).rows()
    assert row.contact
    assert {channel.value for channel in row.contact.consent} == consents


@pytest.mark.parametrize("between", [";", ", ", " ", " | ", "\n"])
def test_of_two_emails_in_a_cell_the_first_is_used(between: str) -> None:
    cell = between.join(["Ann@example.com", "b@example.com"])
    (row,) = open_source([{"id": "1", "name": "Ann", "email": cell}]).rows()
    assert row.contact
    assert row.contact.channels.email == "Ann@example.com"


@pytest.mark.parametrize("cell", ["a@example.com; do not write; b@example.com", "a@example.com;b@", "a@b@c"])
def test_two_emails_of_which_one_cannot_be_read_keep_their_row_back(cell: str) -> None:
    (row,) = open_source([{"id": "1", "name": "Ann", "email": cell}]).rows()
    assert row.reject
    assert row.reject.code == "malformed_email"

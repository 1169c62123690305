"""Exports of CRMs, address books and contact lists as they are: whom they name, whom they forbid, where."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from outreach.campaign.loading import load_source
from outreach.campaign.run import Run
from outreach.compliance.location import locate
from outreach.contacts import Channel
from outreach.decisions.dry_run import DryRunRow, decide_all
from outreach.errors import SourceError
from outreach.report.figures.gather import gather
from outreach.report.markdown import write_markdown
from outreach.settings import CampaignSettings
from outreach.sources import Row, Source, open_source

LISTS = Path(__file__).parents[2] / "support" / "lists"
NOON = datetime(2026, 11, 30, 17, tzinfo=timezone.utc)


def read(name: str, **columns: str) -> tuple[Source, dict[str, Row]]:
    source = open_source(LISTS / name, columns=columns)
    rows = list(source.rows())
    return source, {row.contact.external_contact_id if row.contact else str(row.line): row for row in rows}


def decided(name: str) -> dict[str, DryRunRow]:
    source = open_source(LISTS / name)
    rows = decide_all(source, CampaignSettings(), campaign="c", at=NOON)
    return {row.external_contact_id: row for row in rows}


def verdicts(name: str, *order: str) -> dict[str, str]:
    settings = CampaignSettings(channel_order=tuple(map(Channel, order))) if order else CampaignSettings()
    rows = decide_all(open_source(LISTS / name), settings, campaign="c", at=NOON)
    reasons = {row.external_contact_id: row.decision.reasons if row.decision else () for row in rows}
    return {key: next(iter(found), "allowed") for key, found in reasons.items()}


def person(row: Row) -> dict[str, object]:
    assert row.contact, row.reject
    addresses = {channel.value: address for channel, address in row.contact.channels.addresses().items()}
    return {"name": row.contact.name, **addresses}


def zones(row: Row) -> set[str]:
    assert row.contact
    contact = row.contact
    place = locate(contact.time_zone, contact.postal_code, contact.channels.sms or contact.channels.voice)
    return {candidate.zone for candidate in place.candidates}


def test_a_genesys_contact_list_is_read_and_its_flags_stop() -> None:
    source, rows = read("genesys_contactlist.csv")
    ada, bernd = rows.values()

    assert person(ada) == {
        "name": "Ada Example",
        "voice": "+13175550101",
        "sms": "+13175550102",
        "email": "ada@example.com",
    }
    assert zones(ada) == {"America/Indiana/Indianapolis"}
    assert zones(bernd) == {"Europe/Berlin"}
    first, second = decided("genesys_contactlist.csv").values()
    assert (first.verdict, second.verdict) == ("allowed", "blocked")
    assert second.decision is not None
    assert second.decision.reasons[0] == "consent_refused"
    assert "CallRecordLastResult-Phone" in source.ignored_columns


def test_a_flag_of_genesys_or_a_missing_opt_out_is_no_consent() -> None:
    for name in ("genesys_contactlist.csv", "07-do-not-contact.csv"):
        given = [
            consent
            for row in read(name)[1].values()
            if row.contact
            for consent in row.contact.consent.values()
        ]
        assert given
        assert not any(consent.given for consent in given)


def test_a_list_with_every_word_for_an_opt_out_stops_whom_it_names() -> None:
    verdicts = {name: row.verdict for name, row in decided("07-do-not-contact.csv").items()}

    assert verdicts == {"DN-1": "blocked", "DN-2": "allowed"}


def test_people_who_unsubscribed_are_blocked_if_somebody_takes_their_list_for_a_campaign() -> None:
    assert {row.verdict for row in decided("08-mailchimp-unsubscribed.csv").values()} == {"blocked"}


def test_one_column_of_phones_serves_calls_and_texts() -> None:
    _, rows = read("12-one-phone.csv")

    assert person(rows["501"]) == {"name": "Iris Novak", "voice": "+420601555012", "sms": "+420601555012"}
    _, by_hand = read("12-one-phone.csv", **{"Phone Number": "sms"})
    assert "voice" not in person(by_hand["501"])


def test_a_header_with_a_comma_is_recognised_and_said_as_an_option() -> None:
    source, rows = read("12-header-with-comma.csv")

    assert person(rows["HC-1"])["sms"] == "+491715550101"
    assert "sms from 'Phone (mobile, private)'" in source.recognised_in_words


def test_a_mapping_by_hand_beats_our_names_and_guesses_and_what_it_leaves_is_ignored() -> None:
    source, rows = read(
        "12-mapping-collides.csv", **{"Full Name": "name", "Work Email": "email", "Phone": "sms, voice"}
    )

    assert person(rows["MC-1"]) == {
        "name": "Iris Novak",
        "voice": "+420601555013",
        "sms": "+420601555013",
        "email": "iris@example.org",
    }
    assert source.ignored_columns == ("Name", "Email")


def test_only_our_columns_must_be_unique() -> None:
    source, rows = read("14-duplicate-headers.csv")

    assert person(rows["DH-1"])["email"] == "bea@example.com"
    assert source.ignored_columns == ("Notes", "Notes (2)", "Type", "Type (2)")


def test_signs_that_nobody_sees_are_stripped_at_the_ends_and_named_inside() -> None:
    _, rows = read("10-zero-width-email.csv")

    assert {name for name, row in rows.items() if row.contact} == {f"ZW-{n}" for n in (1, 2, 3, 5, 6)}
    (bad,) = [row.reject for row in rows.values() if row.reject]
    assert "U+00AD" in bad.reason


def test_zones_are_read_in_every_spelling() -> None:
    _, rows = read("02-zone-abbreviations.csv")

    found = {name: row.contact.time_zone for name, row in rows.items() if row.contact}
    assert {found[f"TZ-{n}"] for n in (2, 6, 9, 10)} == {"America/New_York"}
    assert (found["TZ-7"], found["TZ-8"]) == ("US/Eastern", "Europe/Berlin")
    assert len(found) == 11


def test_postal_codes_are_read_as_people_and_spreadsheets_write_them() -> None:
    _, floats = read("18-zip-as-float.csv")
    _, lost = read("18-zip-lost-zero.csv")

    assert {row.contact.postal_code for row in floats.values() if row.contact} == {"94105", "94105-1234"}
    assert {row.contact.postal_code for row in lost.values() if row.contact} == {"02134", "02134-0001"}
    assert {zone for row in floats.values() for zone in zones(row)} == {"America/Los_Angeles"}
    assert {zone for row in lost.values() for zone in zones(row)} == {"America/New_York"}


def test_a_shop_s_consent_belongs_to_the_customers_own_phone() -> None:
    _, rows = read("shopify.csv")

    assert person(rows["6789012345678"])["sms"] == "+13175550102"
    assert person(rows["6789012345679"])["voice"] == "+491715550199"
    verdicts = decided("shopify.csv")
    ada, bernd = verdicts["6789012345678"], verdicts["6789012345679"]
    assert (ada.decision and ada.decision.channel) == "email"
    assert (bernd.decision and bernd.decision.channel) == "sms"


def test_the_report_says_what_the_columns_were_read_as_and_what_was_left_out(run: Run) -> None:
    load_source(run, open_source(LISTS / "hubspot.csv"))

    page = write_markdown(gather(run.ledger, run.campaign))

    assert "## Columns of the source" in page
    assert "Columns recognised" in page
    assert "3 columns mean nothing here" in page
    assert "1 column says who must not be contacted" in page


def numbers(name: str) -> dict[str, list[object]]:
    people = {key: person(row) for key, row in read(name)[1].items()}
    return {key: [found.get(each) for each in ("voice", "sms", "email")] for key, found in people.items()}


def test_a_hubspot_export_has_its_peoples_numbers_zones_and_opt_outs() -> None:
    _, rows = read("hubspot.csv")

    assert numbers("hubspot.csv") == {
        "151": ["+13175550101", "+13175550102", "ada@example.com"],
        "152": ["+493023125012", "+491715550199", "bernd.vogel@example.de"],
        "153": ["+33199001234", "+33639981234", "chloe@example.fr"],
        "154": [None, None, "solo@example.com"],
    }
    found = [zones(rows[key]) for key in ("151", "152", "153")]
    assert found == [{"US/Eastern"}, {"Europe/Berlin"}, {"Europe/Paris"}]
    others = dict.fromkeys(("151", "153", "154"), "allowed")
    assert verdicts("hubspot.csv", "email") == {**others, "152": "consent_refused"}


def test_a_salesforce_export_stops_whom_it_says_on_the_channel_that_it_says() -> None:
    first, second, third = "0035g00000AbCdEAAV", "0035g00000AbCdFAAV", "0035g00000AbCdGAAV"

    assert numbers("salesforce.csv") == {
        first: ["+13175550101", "+13175550102", "ada@example.com"],
        second: ["+493023125012", "+491715550199", "bernd.vogel@example.de"],
        third: ["+33199001234", None, "chloe@example.fr"],
    }
    assert verdicts("salesforce.csv") == {first: "allowed", second: "consent_refused", third: "allowed"}
    assert verdicts("salesforce.csv", "voice")[third] == "consent_refused"
    assert [zones(row) for row in read("salesforce.csv")[1].values()] == [
        {"America/Indiana/Indianapolis"},
        {"Europe/Berlin"},
        {"Europe/Paris"},
    ]


def test_an_address_book_of_outlook_is_read_and_the_same_export_finds_the_same_people() -> None:
    _, rows = read("outlook.csv")

    assert [person(row) for row in rows.values()] == [
        {"name": "Ada Example", "voice": "+13175550101", "sms": "+13175550102", "email": "ada@example.com"},
        {
            "name": "Bernd Vogel",
            "voice": "+493023125012",
            "sms": "+491715550199",
            "email": "bernd.vogel@example.de",
        },
    ]
    assert list(read("outlook.csv")[1]) == list(rows)


def test_every_problem_of_a_header_is_said_at_once_as_something_to_paste(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("sms,sms,Subscription type,GDPR, consent\nx,y,z,1,2\n")

    with pytest.raises(SourceError) as error:
        list(open_source(file, columns={"Mobil": "voice"}).rows())

    said = str(error.value)
    for part in (
        "two columns for sms",
        "'Subscription type'",
        "'GDPR'",
        "'Mobil'",
        "external_contact_id",
        "name",
    ):
        assert part in said
    assert "--columns 'sms (2)=ignore'" in said
    assert "--columns 'Subscription type=opt_out'" in said

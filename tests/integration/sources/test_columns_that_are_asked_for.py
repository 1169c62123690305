"""A column that a text or a sender asks for by name is metadata under its plain header, too."""

from __future__ import annotations

import pytest

from outreach.contacts import Channel, Contact
from outreach.genesys.senders import Sender, Senders
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_list, open_source

PERSON = {"external_contact_id": "C-1", "name": "Ada", "sms": "+13172000001"}


def read(cells: dict[str, str], message: str, asked: frozenset[str] = frozenset()) -> Contact:
    (row,) = open_list([PERSON | cells], CampaignSettings(message=message), asked).rows()
    assert row.contact
    return row.contact


@pytest.mark.parametrize(
    ("header", "message", "column"),
    [
        ("city", "Hi from {{ metadata.city }}", "city"),
        ("City", "{% if metadata.city is filled %}{{ metadata.city }}{% else %}here{% endif %}", "city"),
        ("Post Box", 'Box {{ metadata["post box"] }}', "post box"),
        ("post_box", "Box {{ metadata['post box']|default('1') }}", "post box"),
        ("country", "Hi in {{ metadata.country }}", "country"),
        ("metadata.city", "Hi from {{ metadata.city }}", "city"),
    ],
)
def test_a_column_that_a_text_names_needs_no_mapping(header: str, message: str, column: str) -> None:
    assert read({header: "US"}, message).metadata == {column: "US"}


def test_a_column_that_nothing_names_is_left_out() -> None:
    assert read({"city": "Rome"}, "Hi {{ name }}").metadata == {}


def test_a_column_under_our_own_name_is_stronger_than_a_plain_one() -> None:
    assert read({"city": "Rome", "metadata.city": "Paris"}, "{{ metadata.city }}").metadata == {
        "city": "Paris"
    }


def test_a_column_that_a_mapping_ignores_is_not_read_for_a_text() -> None:
    settings = CampaignSettings(message="Hi {{ metadata.city }}", columns={"city": "ignore"})
    (row,) = open_list([PERSON | {"city": "Rome"}], settings).rows()
    assert row.contact
    assert row.contact.metadata == {}


def test_a_cell_that_forbids_still_forbids_where_a_text_names_its_column() -> None:
    consent = read({"notes": "do not call"}, "Hi {{ metadata.notes }}").consent

    assert {channel for channel, given in consent.items() if not given.given} == set(Channel)


def test_the_columns_that_senders_and_callbacks_go_by_need_no_mapping_either() -> None:
    of_brand = Sender(Channel.SMS, "+13175550102", metadata={"brand": "b"})
    abroad = Sender(Channel.EMAIL, "hallo@outreach.example", countries=("DE",))
    senders = Senders(sms_from="+13175550100", more=(of_brand, abroad), voice_metadata=("ticket",))
    cells = {"brand": "b", "country": "US", "Ticket": "7"}

    contact = read(cells, "Hi", senders.asked_columns)

    assert contact.metadata == {"brand": "b", "country": "US", "ticket": "7"}
    assert senders.choose(contact, Channel.SMS) == "+13175550102"


def test_another_text_reads_the_same_file_again() -> None:
    def meant(told: set[str]) -> str:
        return open_source("cli/contacts.csv", told=told).fingerprint

    assert meant({"metadata.city"}) == meant({"metadata.city"}) != meant(set())

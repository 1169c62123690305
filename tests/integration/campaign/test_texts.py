"""What is said to whom: known for the whole list before the first person is contacted."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.campaign.loading import load_source
from outreach.campaign.texts import object_to_texts
from outreach.contacts import Channel
from outreach.errors import Refused, SettingsError, UsageError
from outreach.ledger.ledger import Ledger
from outreach.messages.wording import Said, Wording
from outreach.operations.sample import send_samples
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_list, open_source
from tests.support.clients import contact, open_at
from tests.support.emulation import emulator_thread
from tests.support.ledgers import CALM, advance, load, new_run, people, states
from tests.support.organisations import Organisation

ASKING = CALM.model_copy(update={"message": None})


def with_message(message: object, **more: object) -> CampaignSettings:
    return CampaignSettings.model_validate({**CALM.model_dump(), "message": message, **more})


def test_a_campaign_without_a_message_asks_for_one_before_it_contacts_anybody(
    ledger: Ledger, organisation: Organisation
) -> None:
    own = {**people(1, first=9)[0], "initial_message": "Dear Ann"}
    with new_run(ledger, organisation, ASKING) as run:
        load(run, [*people(3), own])
        assert "3 contacts bring none" in object_to_texts(run)
        advance(run)

    # Where nobody heeds the objection, the gate still lets nobody be told what nobody wrote.
    assert [each.message for each in organisation.contacted] == ["Dear Ann"]
    assert states(ledger)["C-1"] == "blocked:no_message"

    with new_run(ledger, organisation, with_message("Hi {{ name }}")) as run:
        assert object_to_texts(run) == ""
        advance(run)
    assert sorted(each.message for each in organisation.contacted[1:]) == [
        f"Hi Person {n}" for n in (1, 2, 3)
    ]


def test_a_row_that_cannot_be_told_the_text_is_a_reject_before_the_first_person_is_contacted(
    ledger: Ledger, organisation: Organisation
) -> None:
    rows = [{**row, "metadata.city": "Rome"} for row in people(400)]
    rows[-1]["metadata.city"] = "nan"
    with new_run(ledger, organisation, with_message("Hi {{ name }} in {{ metadata.city }}")) as run:
        loaded = load(run, rows)
        assert (loaded.accepted, loaded.rejected, organisation.contacted) == (399, 1, [])
        proof = advance(run)

    assert proof.balanced
    assert {each.message for each in organisation.contacted} == {
        f"Hi Person {n} in Rome" for n in range(1, 400)
    }


def test_a_new_text_that_known_contacts_lack_a_field_for_keeps_them_back(
    ledger: Ledger, organisation: Organisation
) -> None:
    with new_run(ledger, organisation, with_message("Hi")) as run:
        load(run, people(2))
    with new_run(ledger, organisation, with_message("Hi {{ metadata.city }}")) as run:
        advance(run)
    assert (set(states(ledger).values()), organisation.contacted) == ({"blocked:field_missing"}, [])


def test_what_is_sent_on_a_repeat_is_the_same_text(ledger: Ledger, organisation: Organisation) -> None:
    organisation.will(Refused("start sms", 503, "busy", "", ""), times=3)
    with new_run(ledger, organisation, with_message("Hi {{ name }}")) as run:
        load(run, people(1))
        advance(run)
        advance(run)
    assert [each.message for each in organisation.contacted] in ([], ["Hi Person 1"])


def test_a_filled_text_stands_nowhere_in_the_ledger(
    tmp_path: Path, ledger: Ledger, organisation: Organisation
) -> None:
    with new_run(ledger, organisation, with_message("Greetings, {{ name }}, of yours")) as run:
        load(run, people(3))
        advance(run)
    assert len(organisation.contacted) == 3
    for file in tmp_path.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert b"Greetings, Person" not in content


def test_the_guides_greeting_stays_where_nobody_writes_a_message(ledger: Ledger) -> None:
    organisation = Organisation()
    organisation.api = "guide"
    with new_run(ledger, organisation, ASKING) as run:
        load(run, people(1))
        assert object_to_texts(run) == ""
        advance(run)
    assert [each.message for each in organisation.contacted] == ["Hello"]


def test_a_text_that_is_wrong_ends_a_run_before_it_begins(ledger: Ledger, organisation: Organisation) -> None:
    with (
        pytest.raises(SettingsError, match="is no field of ours"),
        new_run(ledger, organisation, with_message("Hi {name}")),
    ):
        pass
    ended = Wording(with_message("Hi {name}"), checked=False)  # can still be explained
    assert isinstance(ended.say(contact(initial_message=None), Channel.SMS), Said)


def test_a_test_goes_to_oneself_once_filled_and_never_to_the_list(ledger: Ledger) -> None:
    settings = with_message(
        "Hi {{ name }}", subject="For {{ name }}", reply_to="me@x.example", sender_name="We"
    )
    with emulator_thread() as genesys, open_at(genesys.url) as client:

        def send(*to: str) -> list[str]:
            return [one.problem for one in send_samples(client, ledger, open_source(people(3)), settings, to)]

        assert send("me@x.example", "+13175559999") == ["", ""]
        for wrong in ("p2@example.com", "+13175550001", "nobody", ""):
            with pytest.raises(UsageError):
                send("me@x.example", wrong)
        truth = genesys.truth()["contacts"]
    assert sorted(each["to"] for each in truth) == ["+13175559999", "me@x.example"]
    assert "Person 1" in str(truth)
    assert "[" not in next(each for each in truth if "@" in each["to"])["content"]["subject"]


@pytest.mark.parametrize("header", ["First Name", "first_name", "Vorname", "metadata.first_name"])
def test_a_column_of_first_names_is_read_for_a_text_that_greets_by_it(
    ledger: Ledger, organisation: Organisation, header: str
) -> None:
    rows = [{"external_contact_id": "A", header: "Ann", "Last Name": "Lee", "sms": "+13175550101"}]
    if header.startswith("metadata"):
        rows[0]["name"] = "Ann Lee"
    settings = with_message("Hi {{ first_name }}, {{ name }}")
    with new_run(ledger, organisation, settings) as run:
        load_source(run, open_list(rows, settings))
        advance(run)
    assert [each.message for each in organisation.contacted] == ["Hi Ann, Ann Lee"]

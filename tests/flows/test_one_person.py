"""Whoever asks for one contact reads in the run's state what became of them, on a real Prefect server."""

from __future__ import annotations

import re
from typing import Any

import pytest

from flows.contact import contact_one
from flows.parameters import ContactGiven
from outreach.errors import NobodyContacted
from outreach.ledger.opening import open_ledger
from outreach.privacy.erasure import erase
from tests.flows.office import LEDGER_KEY, TUTORIAL, Office

ADA = {"external_contact_id": "EXT-1", "name": "Ada", "sms": "+13172000001"}


def call(office: Office, contact: ContactGiven, **settings: object) -> Any:
    """Ask for one contact; the state that the flow gives, which is the one that the server has."""
    given = {**office.names, "settings": office.settings(**settings)}
    state: Any = contact_one(contact, office.name, **given, return_state=True)
    kept = [(run["state"]["type"], run["state"]["name"], run["state"]["message"]) for run in office.runs()]
    assert (state.type.value, state.name, state.message) in kept
    return state


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"sms": "317200"}, "A number"),
        ({"external_contact_id": ""}, "no external_contact_id"),
        ({"name": ""}, "no name"),
    ],
)
def test_a_contact_whose_row_is_rejected_makes_a_red_run_that_says_why(
    office: Office, wrong: dict[str, str], words: str
) -> None:
    office.contact(TUTORIAL)  # whom others reach makes it no greener

    for _ in range(2):  # the same call again finds the row known, and as wrong as before
        state = call(office, ADA | wrong)
        assert (state.type.value, state.name) == ("FAILED", "Rejected")
        assert words in state.message
        assert "317200" not in state.message
        with pytest.raises(NobodyContacted, match="Correct"):
            state.result()


def test_a_contact_who_waits_for_a_person_makes_a_red_run_that_says_why(office: Office) -> None:
    says_no = {**ADA, "external_contact_id": "EXT-2", "consent": {"sms": {"given": False}}}
    assert call(office, says_no).name == "Blocked"

    state = call(office, ADA)

    assert (state.type.value, state.name) == ("FAILED", "Held")
    assert "Another row of the campaign has an address of this person" in state.message
    with pytest.raises(NobodyContacted, match="outreach resolve"):
        state.result()
    assert office.genesys.truth()["count"] == 0


def test_somebody_suppressed_is_a_proper_answer_with_a_name_of_its_own(office: Office) -> None:
    with open_ledger(f"sqlite:///{office.folder / 'ledger.db'}", keys=[LEDGER_KEY]) as ledger:
        erase(ledger, "+13172000001")

    state = call(office, ADA)

    assert (state.type.value, state.name) == ("COMPLETED", "Blocked")
    assert "erased" in state.message
    assert state.result()["balanced"]


def test_somebody_who_waits_for_a_cap_is_a_proper_answer_with_its_time(office: Office) -> None:
    capped = {"caps": [{"contacts": 1, "hours": 24}], "same_address": "each"}
    assert call(office, ADA, **capped).name == "Completed"

    state = call(office, {**ADA, "external_contact_id": "EXT-2"}, **capped)

    assert (state.type.value, state.name) == ("COMPLETED", "Deferred")
    assert re.search(r"Deferred until \d{4}-\d\d-\d\d \d\d:\d\d UTC: .*frequency cap", state.message)
    assert call(office, ADA, **capped).name == "Completed"
    assert office.genesys.truth()["count"] == 1

"""Approval: a run over the threshold waits for a person, and does what the person says."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from prefect.flow_runs import resume_flow_run
from pydantic import SecretStr

import flows.approval
from blocks import ContactLedger
from blocks.stored import load_block
from cli.progress import progress_of
from outreach.ledger.campaigns import find_campaign
from outreach.report.figures.gather import read_runs
from tests.flows.office import Office


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows.approval, "POLL_SECONDS", 1)


def answer_when_asked(office: Office, answer: dict[str, Any], asked: list[str]) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        paused = [run for run in office.runs() if run["state"]["type"] == "PAUSED"]
        if paused:
            time.sleep(0.5)  # the form is saved a moment after the state
            keys = paused[0]["state"]["state_details"]["run_input_keyset"]
            path = f"{office.prefect}/flow_runs/{paused[0]['id']}/input/{keys['description']}"
            asked.append(office.read(path))
            resume_flow_run(paused[0]["id"], answer)
            return
        time.sleep(0.2)


def test_the_terminal_says_that_somebody_is_waited_for_and_where(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress_of(office.name):
        office.run(office.source(8), approve_above=5, approve_within_minutes=0.05)

    told = capsys.readouterr().err
    assert told.count("8 contacts wait for a person's approval") == 1
    assert f"/runs/flow-run/{office.runs()[0]['id']}" in told


def test_two_runs_of_one_campaign_in_one_process_are_each_told_of_their_own(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    load_block(ContactLedger, office.name).model_copy(
        update={"url": SecretStr(f"sqlite:///{office.folder / 'other.db'}")}
    ).save(f"{office.name}-other")

    def run(people: int, ledger: str) -> None:
        mine = replace(office)
        mine.names["ledger"] = ledger
        with progress_of(office.name):
            mine.run(office.source(people), approve_above=5, approve_within_minutes=0.1)

    runs = [
        threading.Thread(target=run, args=(8, office.name)),
        threading.Thread(target=run, args=(9, f"{office.name}-other")),
    ]
    for each in runs:
        each.start()
    for each in runs:
        each.join()

    told = capsys.readouterr().err
    assert (told.count("8 contacts wait"), told.count("9 contacts wait")) == (1, 1)


def run_and_answer(office: Office, answer: dict[str, Any]) -> tuple[dict[str, Any], str]:
    asked: list[str] = []
    person = threading.Thread(target=answer_when_asked, args=(office, answer, asked))
    person.start()
    proof = office.run(office.source(8), approve_above=5)
    person.join()
    return proof, asked[0]


def history_of(office: Office) -> list[tuple[str | None, int | None]]:
    """What the campaign's report tells of its runs."""
    with load_block(ContactLedger, office.name).open("a test") as ledger:
        runs = read_runs(ledger, find_campaign(ledger, office.name))
    return [(run.verdict, run.contacted) for run in runs]


def test_an_approved_run_goes_on_and_the_form_shows_the_dry_runs_numbers(office: Office) -> None:
    proof, asked = run_and_answer(office, {"approve": True, "by": "Ada"})

    assert "take up **8** contacts" in asked
    assert "| allowed by sms | 8 |" in asked
    assert "8 SMS take 8 segments" in asked
    assert "What 8 people get" in asked
    assert "Person" not in asked
    assert proof["contacted"] == 8
    assert history_of(office) == [("balanced", 8)]


def test_who_approved_stands_in_the_runs_log(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    run_and_answer(office, {"approve": True, "by": "Ada"})

    assert "approved by Ada" in caplog.messages


def test_a_refused_run_ends_clean_and_contacts_nobody(office: Office) -> None:
    proof, _ = run_and_answer(office, {"approve": False, "by": "Ada", "reason": "wrong list"})

    state = office.runs()[0]["state"]
    assert (state["type"], state["name"]) == ("COMPLETED", "Refused")
    assert state["message"] == "Refused by Ada: wrong list. Nobody was contacted."
    assert (proof["contacted"], proof["balanced"]) == (0, True)
    assert office.genesys.truth()["count"] == 0
    assert history_of(office) == [("declined", 0)]


def test_when_nobody_answers_the_run_ends_clean_too(office: Office) -> None:
    office.run(office.source(8), approve_above=5, approve_within_minutes=0.05)

    state = office.runs()[0]["state"]
    assert (state["type"], state["name"]) == ("COMPLETED", "NotApproved")
    assert office.genesys.truth()["count"] == 0


def test_a_run_below_the_threshold_asks_nobody(office: Office) -> None:
    assert office.run(office.source(5), approve_above=5)["contacted"] == 5

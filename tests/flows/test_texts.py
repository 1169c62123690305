"""Texts in real runs: nobody is contacted without one, and no word of anybody's reaches Prefect."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli.main import execute
from outreach.errors import CampaignStopped
from tests.flows.office import Office

TEXT = "Greetings, {{ name }}, of yours"


def test_a_run_without_a_message_contacts_nobody_and_says_what_to_do(office: Office) -> None:
    source = office.source(3, message="")

    with pytest.raises(CampaignStopped, match="Set `message`"):
        office.run(source, message=None)
    assert office.genesys.truth()["count"] == 0

    said = office.run(source, message=None, dry_run=True)
    assert (said["now"], said["texts"]["unsaid"]) == (3, {"no_message": 3})
    assert office.run(source, message=TEXT)["contacted"] == 3


def test_the_dry_runs_artifact_shows_ten_people_and_no_word_of_theirs(office: Office) -> None:
    said = office.run(office.source(12, message=""), message=TEXT, sms_segment_price=0.05, dry_run=True)

    shown = office.artifact("forecast")["data"]
    assert "12 SMS take 12 segments, at the price of a segment 0.60" in shown
    assert "What 10 people get" in shown
    assert "Greetings" in shown
    assert re.search(r"Person \d", shown + json.dumps(said)) is None


def test_preview_and_test_by_hand(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, settings = office.source(12, message=""), tmp_path / "mine.json"
    settings.write_text(json.dumps({"message": TEXT, "hours_bind": []}))
    names = ("--genesys", office.name, "--senders", office.name, "--ledger", office.name)
    office.run(source, dry_run=True)  # makes the ledger
    common = (source, "--settings", str(settings), *names)

    assert execute(["preview", *common, "--campaign", office.name, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [one["text"] for one in shown["people"]][:2] == [
        f"Greetings, Person {n}, of yours" for n in (0, 1)
    ]
    assert (len(shown["people"]), shown["people"][0]["sender"]) == (10, "+13175550100")
    assert office.genesys.truth()["count"] == 0

    assert execute(["test", *common, "--to", "me@example.com,+13175559999", "--json"]) == 0
    truth = office.genesys.truth()["contacts"]
    assert sorted(each["to"] for each in truth) == ["+13175559999", "me@example.com"]

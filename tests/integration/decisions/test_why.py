"""`outreach why` shows what was decided, by the rules that decided it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import update

from outreach.decisions.why import explain
from outreach.errors import UnknownCampaign
from outreach.ledger.database.schema import contacts
from outreach.ledger.suppressions import suppress
from outreach.settings import CampaignSettings
from tests.support.campaigns import NOW, person, stage

PEOPLE = [
    person(1, time_zone="America/New_York"),
    person(2, time_zone="Asia/Tokyo"),
    person(3, sms=person(1)["sms"], time_zone="America/New_York"),
]


def test_a_recorded_decision_is_explained_rule_by_rule_and_masked(tmp_path: Path) -> None:
    with stage(tmp_path, PEOPLE, CampaignSettings(message="Hello", threads=1)) as staged:
        told = explain(staged.ledger, "spring", "EXT-2")
        assert (told["state"], told["verdict"], told["channel"]) == ("deferred", "deferred", "sms")
        assert told["reasons"] == ["outside_hours"]
        assert told["next_allowed_at"] == "2026-03-04T23:00:00+00:00"
        assert told["decided"] == "recorded"
        assert not told["notes"]
        hours = [rule for rule in told["rules"] if rule["verdict"] == "deferred"]
        assert hours[0]["local_time"].startswith("2026-03-05T00:00")
        assert set(hours[0]) == {"rule", "version", "input", "local_time", "verdict"}
        assert [record["action"] for record in told["history"]] == ["accepted", "registered", "deferred"]
        assert str(PEOPLE[1]["sms"]) not in orjson.dumps(told).decode()


def test_the_decision_stays_as_recorded_though_the_world_has_changed(tmp_path: Path) -> None:
    with stage(tmp_path, PEOPLE, CampaignSettings(message="Hello", threads=1)) as staged:
        before = explain(staged.ledger, staged.run.campaign, "EXT-2")
        suppress(staged.ledger, [str(PEOPLE[1]["sms"])], source="test", reason="test")
        staged.clock.advance(3600)
        assert explain(staged.ledger, staged.run.campaign, "EXT-2") | {"notes": []} == before
        now = explain(staged.ledger, "spring", "EXT-2", at=staged.clock.now())
        assert (now["verdict"], now["reasons"], now["decided"]) == ("blocked", ["suppressed"], "afresh")


def test_another_instant_is_decided_afresh(tmp_path: Path) -> None:
    with stage(tmp_path, PEOPLE, CampaignSettings(message="Hello", threads=1)) as staged:
        told = explain(staged.ledger, "spring", "EXT-2", at=NOW + timedelta(hours=9))
        assert (told["verdict"], told["channel"]) == ("allowed", "sms")
        assert staged.rows()[1].state == "deferred"


def test_the_second_row_of_an_address_is_explained(tmp_path: Path) -> None:
    with stage(tmp_path, PEOPLE, CampaignSettings(message="Hello", threads=1)) as staged:
        for at in (None, NOW):
            told = explain(staged.ledger, "spring", "EXT-3", at=at)
            assert told["reasons"] == ["same_address"]
            assert told["rules"][-1]["rule"] == "one_contact_per_address"
            assert told["rules"][-1]["verdict"] == "blocked"


def test_who_was_contacted_is_not_contacted_again(tmp_path: Path) -> None:
    with stage(tmp_path, PEOPLE, CampaignSettings(message="Hello", threads=1)) as staged:
        assert explain(staged.ledger, "spring", "EXT-1")["verdict"] == "allowed"
        told = explain(staged.ledger, "spring", "EXT-1", at=NOW)
        assert (told["verdict"], told["reasons"]) == ("blocked", ["already_contacted"])
        assert told["rules"][-1]["rule"] == "once_per_campaign"


def test_changed_rule_packs_are_said(tmp_path: Path) -> None:
    with stage(tmp_path, PEOPLE, CampaignSettings(message="Hello", threads=1)) as staged:
        decision = orjson.loads(staged.rows()[1].decision) | {"packs": "another"}
        with staged.ledger.db.write() as connection:
            chosen = update(contacts).where(contacts.c.external_contact_id == "EXT-2")
            connection.execute(chosen.values(decision=orjson.dumps(decision).decode()))
        assert "rule packs have changed" in explain(staged.ledger, "spring", "EXT-2")["notes"][0]


def test_an_erased_person_has_only_a_history(tmp_path: Path) -> None:
    with stage(tmp_path, PEOPLE, CampaignSettings(message="Hello", threads=1)) as staged:
        with staged.ledger.db.write() as connection:
            connection.execute(update(contacts).values(payload=None))
        told = explain(staged.ledger, "spring", "EXT-1")
        assert (told["decided"], told["verdict"], told["rules"]) == ("erased", None, [])
        assert told["history"]


def test_a_suppression_since_the_decision_is_said_while_the_person_waits(tmp_path: Path) -> None:
    with stage(tmp_path, PEOPLE, CampaignSettings(message="Hello", threads=1)) as staged:
        suppress(staged.ledger, [str(row["sms"]) for row in PEOPLE], source="test", reason="test")

        assert explain(staged.ledger, "spring", "EXT-2")["notes"] == [
            "Suppressed since then: sms. That is not used any more; `--at` shows what follows."
        ]
        assert not explain(staged.ledger, "spring", "EXT-1")["notes"]  # contacted before


def test_a_row_that_was_rejected_is_explained_by_its_code(tmp_path: Path) -> None:
    columns = {"Customer": "external_contact_id"}
    rejected = {"Customer": "EXT-5", "name": "N", "sms": "12"}
    with stage(tmp_path, [rejected], CampaignSettings(message="Hello", columns=columns)) as staged:
        told = explain(staged.ledger, "spring", "EXT-5")
        assert (told["state"], told["verdict"], told["reasons"]) == (
            "rejected",
            "rejected",
            ["malformed_phone"],
        )
        assert told["sentences"]
        assert [(rule["rule"], rule["verdict"]) for rule in told["rules"]] == [("format", "rejected")]
        assert told["rules"][0]["input"] == {"line": "1"}


def test_a_second_row_of_an_id_is_said_with_its_line(tmp_path: Path) -> None:
    with stage(tmp_path, [PEOPLE[0], PEOPLE[0]], CampaignSettings(message="Hello", threads=1)) as staged:
        told = explain(staged.ledger, "spring", "EXT-1")
        assert told["verdict"] == "allowed"
        assert told["notes"] == ["Line 2 of the source has the same id and was left out."]


def test_every_answer_has_the_same_keys(tmp_path: Path) -> None:
    people = [*PEOPLE, {**person(5), "sms": "12"}]
    with stage(tmp_path, people, CampaignSettings(message="Hello", threads=1)) as staged:
        told = [
            explain(staged.ledger, "spring", f"EXT-{n}", at=at) for n in (1, 2, 3, 5) for at in (None, NOW)
        ]
        assert len({frozenset(answer) for answer in told}) == 1


@pytest.mark.parametrize(("campaign", "name"), [("autumn", "EXT-1"), ("spring", "EXT-9")])
def test_who_is_not_there_is_said_in_a_sentence(tmp_path: Path, campaign: str, name: str) -> None:
    with (
        stage(tmp_path, PEOPLE, CampaignSettings(message="Hello", threads=1)) as staged,
        pytest.raises(UnknownCampaign),
    ):
        explain(staged.ledger, campaign, name)

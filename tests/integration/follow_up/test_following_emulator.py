"""Interactions on the emulator, by both APIs over real sockets: ended in one round, and the CRM knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outreach.follow_up.rounds import follow_up
from outreach.ledger.deliveries import find_undelivered
from outreach.ledger.suppressions import find_suppressed
from outreach.operations.redelivery import redeliver
from tests.support import follow_up_scenes
from tests.support.follow_up_scenes import Scene

PEOPLE = 120


ENDED = "contact_interaction_ended"


@pytest.fixture(params=["platform", "guide"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with follow_up_scenes.scene(tmp_path, api=request.param) as opened:
        yield opened


def people(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"external_contact_id": f"EXT-{n}", "name": "N", "sms": f"+1317555{n:04d}", **more}
        for n in range(count)
    ]


def test_overlong_interactions_are_ended_within_one_round_and_the_crm_knows(scene: Scene) -> None:
    scene.genesys.configure(never_end=True)
    scene.contact(people(PEOPLE, interaction_duration_seconds=600))
    scene.pass_time(590)
    follow_up(scene.run)
    assert scene.genesys.state()["conversations"]["active"] == PEOPLE
    scene.pass_time(20)

    counts = follow_up(scene.run)

    assert scene.genesys.state()["conversations"]["active"] == 0
    assert (counts["ended"], counts["overlong"], counts["open"]) == (PEOPLE, PEOPLE, 0)
    told = scene.told(ENDED)
    assert len(told) == PEOPLE
    assert all(body["overlong"] for body in told)


def test_interactions_that_end_by_themselves_are_told_with_their_end(scene: Scene) -> None:
    scene.genesys.configure(message_seconds=100, callback_seconds=100)
    scene.contact(people(20, interaction_duration_seconds=600))
    scene.pass_time(200)
    assert follow_up(scene.run)["ended"] == 20
    assert [row.state for row in scene.rows()] == ["ended"] * 20
    body = scene.told(ENDED)[0]
    assert not body["overlong"]
    assert body["disconnect_type"]
    assert 99 <= body["duration_seconds"] <= 102


def test_reading_is_cheap_and_the_round_bounded(scene: Scene) -> None:
    scene.contact(people(PEOPLE, interaction_duration_seconds=7200))
    scene.pass_time(65)
    before = scene.requests()
    assert follow_up(scene.run, at_most=100)["looked"] == 100
    assert follow_up(scene.run, at_most=100)["looked"] == 20
    looks_for_answers = 2  # one a round
    cost = {"platform": 3 + looks_for_answers, "guide": PEOPLE}[scene.run.genesys.api]
    assert scene.requests() - before == cost


def test_who_opted_out_is_suppressed_by_the_receipt(scene: Scene) -> None:
    if scene.run.genesys.api == "guide":
        pytest.skip("the guide's API has no receipts")
    number = "+13175550003"
    scene.genesys.configure(opted_out=[number], message_seconds=7200)
    scene.contact(people(10))
    scene.pass_time(65)
    assert follow_up(scene.run)["opted_out"] == 1
    assert find_suppressed(scene.ledger, [number, "+13175550004"]) == {number}


def test_a_message_that_arrives_after_its_conversation_ended_is_told_again(scene: Scene) -> None:
    if scene.run.genesys.api == "guide":
        pytest.skip("the guide's API has no receipts")
    scene.genesys.configure(message_seconds=30, delivered_seconds=900)
    scene.contact(people(5))
    scene.pass_time(65)
    assert follow_up(scene.run)["ended"] == 5
    scene.pass_time(1000)
    assert follow_up(scene.run)["receipts"] == 5

    bodies = scene.told(ENDED)
    assert [body["delivery"] for body in bodies] == ["sent"] * 5 + ["delivery-success"] * 5
    assert len({body["conversation_id"] for body in bodies}) == 5
    scene.pass_time(100_000)
    assert follow_up(scene.run)["looked"] == 0


def test_a_receiver_that_is_away_is_told_later_and_the_table_says_why(scene: Scene) -> None:
    scene.genesys.configure(webhook_answers=[{"status": 503, "times": None, "probability": 1}])
    scene.contact(people(5))
    first = redeliver(scene.ledger, "crm", scene.endpoint)
    assert (first.delivered, first.retried, first.pending) == (0, 5, 5)
    [row] = find_undelivered(scene.ledger, "crm")
    assert (row["event"], row["status"], row["events"]) == ("contact_interaction_created", 503, 5)
    scene.genesys.configure(webhook_answers=[])
    assert redeliver(scene.ledger, "crm", scene.endpoint).delivered == 0
    assert redeliver(scene.ledger, "crm", scene.endpoint, ignore_schedule=True).delivered == 5
    assert not find_undelivered(scene.ledger, "crm")

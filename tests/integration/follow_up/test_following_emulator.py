"""Interactions on the emulator, by both APIs over real sockets: ended in one round, and the CRM knows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select, update

from outreach.campaign.interaction import interact_batch
from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.campaign.validation import validate_batch
from outreach.follow_up.rounds import follow_up
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.senders import Senders
from outreach.ledger.claims import everything
from outreach.ledger.database.schema import contacts
from outreach.ledger.deliveries import find_undelivered
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.ledger.suppressions import find_suppressed
from outreach.operations.redelivery import redeliver
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from outreach.webhook import Endpoint, new_secret
from tests.support.emulation import SENDERS, emulator_thread
from tests.support.emulator_server import EmulatorThread

PEOPLE = 120


@dataclass
class Scene:
    run: Run
    ledger: Ledger
    genesys: EmulatorThread
    endpoint: Endpoint

    def contact(self, people: list[dict[str, Any]]) -> None:
        load_source(self.run, open_source(people))
        batch = everything("spring")
        register_batch(self.run, batch)
        validate_batch(self.run, batch)
        interact_batch(self.run, batch)

    def pass_time(self, seconds: float) -> None:
        """For us and for them: what was started lies so much longer ago."""
        earlier = timedelta(seconds=seconds)
        with self.ledger.db.write() as connection:
            for row in connection.execute(
                select(contacts.c.id, contacts.c.started_at, contacts.c.look_at)
            ).all():
                if row.started_at and row.look_at:
                    times = {"started_at": row.started_at - earlier, "look_at": row.look_at - earlier}
                    connection.execute(update(contacts).where(contacts.c.id == row.id).values(times))
        self.genesys.advance(seconds)

    def requests(self) -> int:
        """How many Genesys took so far."""
        return sum(int(token["accepted"]) for token in self.genesys.metrics()["tokens"])

    def states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        with self.ledger.db.read() as connection:
            for state in connection.execute(select(contacts.c.state)).scalars():
                found[state] = found.get(state, 0) + 1
        return found

    def tell(self) -> dict[str, Any]:
        redeliver(self.ledger, "crm", self.endpoint)
        return self.genesys.webhooks(event="contact_interaction_ended")


@pytest.fixture(params=["platform", "guide"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    secret = new_secret()
    with contextlib.ExitStack() as stack:
        genesys = stack.enter_context(emulator_thread(index_delay_seconds=0))
        ledger = stack.enter_context(open_ledger(f"sqlite:///{tmp_path}/ledger.db"))
        client = stack.enter_context(
            open_genesys(
                Account(api=request.param, client_id="demo", client_secret="demo", api_url=genesys.url),
                senders=Senders(**SENDERS),  # type: ignore[arg-type]  # a plain mapping
                requests_per_minute=None,
                creations_per_minute=None,
            )
        )
        run = stack.enter_context(
            open_run(
                ledger, client, "spring", CampaignSettings(message="Hello", hours_bind=()), webhook_name="crm"
            )
        )
        address = f"{genesys.url}/_emulator/webhooks?secret={quote(secret)}"
        endpoint = stack.enter_context(Endpoint(address, secret, allow_private=True))
        yield Scene(run, ledger, genesys, endpoint)


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
    told = scene.tell()
    assert len(told["attempts"]) == PEOPLE
    assert all(attempt["body"]["overlong"] for attempt in told["attempts"])
    assert told["invalid"] == 0


def test_interactions_that_end_by_themselves_are_told_with_their_end(scene: Scene) -> None:
    scene.genesys.configure(message_seconds=100, callback_seconds=100)
    scene.contact(people(20, interaction_duration_seconds=600))
    scene.pass_time(200)
    assert follow_up(scene.run)["ended"] == 20
    assert scene.states() == {"ended": 20}
    body = scene.tell()["attempts"][0]["body"]
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

    bodies = [attempt["body"] for attempt in scene.tell()["attempts"]]
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

"""5,000 events, a receiver that is down for two rounds, and a courier that is killed again and again."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from outreach.clock import SystemClock
from outreach.ledger.opening import open_ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.webhook.rounds import GROUP
from tests.support.ledger_outbox import ENDPOINT, fill_ledger
from tests.support.webhook_receiver import Answer, Receiver

PEOPLE, EACH, KILLS = 1000, 5, 6


class Rounds:
    """Starts the courier in processes of its own, each an hour later than the one before."""

    def __init__(self, ledger_url: str, receiver: Receiver) -> None:
        self._arguments = [ledger_url, receiver.url, receiver.secret]
        self.count = 0

    def _start(self) -> subprocess.Popen[str]:
        module = [sys.executable, "-m", "tests.support.ledger_outbox"]
        later = str(3600 * self.count)
        self.count += 1
        return subprocess.Popen([*module, *self._arguments, later], stdout=subprocess.PIPE, text=True)

    def finish(self) -> None:
        with self._start() as process:
            assert process.wait(60) == 0

    def kill(self, receiver: Receiver, deliveries: int) -> None:
        """Let it make about so many deliveries, then kill it: by seconds, a quick machine was done before."""
        wanted = len(receiver.deliveries) + deliveries
        with self._start() as process:
            end = time.monotonic() + 30
            while len(receiver.deliveries) < wanted and time.monotonic() < end:
                time.sleep(0.01)
            process.kill()


@pytest.mark.slow
def test_every_event_arrives_once_by_its_id_and_in_order_through_outage_and_kills(
    tmp_path: Path, receiver: Receiver
) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with open_ledger(url, clock=SystemClock()) as ledger:
        fill_ledger(ledger, PEOPLE, EACH)
    rounds = Rounds(url, receiver)

    receiver.always(Answer(503))
    for _ in range(2):
        rounds.finish()
    assert not receiver.events

    receiver.always(Answer())
    dice = random.Random(7)
    for _ in range(KILLS):
        rounds.kill(receiver, dice.randint(100, 700))
    assert len({delivery.id for delivery in receiver.deliveries}) < PEOPLE * EACH, (
        "killed too late to mean much"
    )
    for _ in range(12):
        rounds.finish()

    accepted = [delivery for delivery in receiver.deliveries if delivery.answered == 204]
    first_seen = list(dict.fromkeys(delivery.id for delivery in accepted))
    assert len(first_seen) == PEOPLE * EACH
    assert len(accepted) - len(first_seen) <= KILLS * GROUP, "only what was out at a kill comes twice"
    bodies = {delivery.id: json.loads(delivery.body) for delivery in accepted}
    orders: dict[int, list[int]] = defaultdict(list)
    for message_id in first_seen:
        orders[bodies[message_id]["contact"]].append(bodies[message_id]["n"])
    assert all(order == list(range(EACH)) for order in orders.values())
    with open_ledger(url) as ledger:
        left = LedgerOutbox(ledger, ENDPOINT).take(1, ledger.clock.now(), 1, ignore_schedule=True)
        assert not left
    print(
        f"{len(first_seen)} events, {len(accepted) - len(first_seen)} seen twice by a receiver, {KILLS} kills"
    )

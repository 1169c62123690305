"""What a round of redelivery says of a receiver that takes nothing."""

from __future__ import annotations

from pathlib import Path

from outreach.operations.redelivery import redeliver
from outreach.webhook import new_secret
from outreach.webhook.endpoint import Endpoint
from tests.support.emulation import emulator_thread
from tests.support.ledgers import advance, load, new_ledger, new_run, people
from tests.support.organisations import Organisation


def test_a_round_says_with_what_a_receiver_of_another_secret_answers_and_what_to_do(tmp_path: Path) -> None:
    with emulator_thread(webhook_secrets=[new_secret()]) as crm, new_ledger(tmp_path) as ledger:
        with new_run(ledger, Organisation()) as run:
            load(run, people(12))
            advance(run)
        with Endpoint(f"{crm.url}/_emulator/webhooks", new_secret(), allow_private=True) as endpoint:
            done = redeliver(ledger, "default", endpoint)

    assert done.stopped == "breaker"
    assert "the receiver fails (401)" in done.sentence()
    assert "outreach redeliver --all" in done.sentence()

"""Whom the far end would have us leave alone, we block: exactly these, and nothing else is refused there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from emulator.state import defaults
from outreach.campaign.preparation import check_senders, mirror_do_not_contact
from outreach.campaign.run import Run
from outreach.contacts import Channel
from outreach.genesys.platform.api import Platform
from tests.support.clients import open_at
from tests.support.emulation import emulator_thread
from tests.support.emulator_server import EmulatorThread
from tests.support.ledgers import advance, load, new_ledger, new_run, people, states

LEFT_ALONE = {"C-3", "C-8", "C-17"}


@pytest.fixture
def genesys() -> Iterator[EmulatorThread]:
    with emulator_thread() as server:
        yield server


def carry_out(run: Run, genesys: EmulatorThread) -> dict[str, str]:
    """The whole campaign; where everybody stands then. Nothing that we asked for was refused."""
    run = replace(run, senders={Channel(name): verdict for name, verdict in check_senders(run).items()})
    mirror_do_not_contact(run, not_older_than=timedelta())
    load(run, people(20, email=""))
    assert advance(run).balanced
    refused = {
        (operation, status)
        for operation, counts in genesys.metrics()["by_operation_and_status"].items()
        for status in counts
        if not status.startswith("2")
    }
    assert not refused
    return states(run.ledger)


def test_the_guides_verdicts_are_kept(tmp_path: Path, genesys: EmulatorThread) -> None:
    genesys.configure(
        verdicts=[
            {"contact": "C-3", "status": "failed", "reason": "do_not_contact"},
            {"contact": "C-8", "unavailable": {"sms": "unavailable"}},
            {"contact": "C-17", "status": "failed", "reason": "bad_number"},
        ]
    )
    with (
        new_ledger(tmp_path) as ledger,
        open_at(genesys.url, "guide") as guide,
        new_run(ledger, guide) as run,
    ):
        found = carry_out(run, genesys)

    assert {name for name, state in found.items() if state.startswith("blocked")} == LEFT_ALONE
    assert genesys.truth()["count"] == 20 - len(LEFT_ALONE)
    assert found["C-3"] == "blocked:validation_failed"
    assert found["C-8"] == "blocked:channel_unavailable"


def test_the_platforms_do_not_contact_lists_are_kept(tmp_path: Path, genesys: EmulatorThread) -> None:
    numbers = [str(person["sms"]) for person in people(20) if person["external_contact_id"] in LEFT_ALONE]
    with (
        new_ledger(tmp_path) as ledger,
        open_at(genesys.url) as platform,
        new_run(ledger, platform) as run,
    ):
        assert isinstance(platform, Platform)
        path = f"/api/v2/outbound/dnclists/{defaults.DNC_LIST_ID}/phonenumbers"
        platform.connection.request("add", "POST", path, json=numbers)
        found = carry_out(run, genesys)

    assert {name for name, state in found.items() if state == "blocked:suppressed"} == LEFT_ALONE
    assert genesys.truth()["count"] == 20 - len(LEFT_ALONE)

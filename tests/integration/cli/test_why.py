"""`outreach why` in the terminal says what its JSON says: the decision, its sentences, and the notes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from cli.why import show_explanation
from outreach.campaign.run import Run
from outreach.decisions.why import explain
from outreach.ledger.ledger import Ledger
from outreach.ledger.suppressions import suppress
from outreach.settings import CampaignSettings
from tests.support.ledgers import NOON, advance, load, new_run, people
from tests.support.organisations import Organisation

Shown = Callable[..., str]


@pytest.fixture
def run(ledger: Ledger, organisation: Organisation) -> Any:
    with new_run(ledger, organisation, CampaignSettings(message="Hello", threads=1)) as opened:
        load(
            opened,
            [
                *people(1),
                *people(1, first=2, email="", time_zone="Asia/Tokyo"),
                *people(1, first=3, sms="12"),
            ],
        )
        advance(opened)
        yield opened


@pytest.fixture
def shown(run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shown:
    monkeypatch.setenv("COLUMNS", "200")

    def show(name: str, at: datetime | None = None) -> str:
        show_explanation(explain(run.ledger, run.campaign, name, at=at))
        return capsys.readouterr().out

    return show


def test_who_was_contacted(shown: Shown) -> None:
    text = shown("C-1")

    assert text.startswith("C-1: allowed on sms\nState in spring: started. Decided as of 2026-03-03T17:00:00")
    assert "default-hours" in text
    assert "+13175550001" not in text


def test_who_waits_and_opted_out_since(run: Run, shown: Shown) -> None:
    suppress(run.ledger, ["+13175550002"], source="person", reason="asked")

    text = shown("C-2")

    assert text.startswith("C-2: deferred on sms (outside_hours) next allowed 2026-03-03T23:00:00+00:00\n")
    assert "It is outside the calling hours where the person is." in text
    assert "Suppressed since then: sms." in text
    assert "C-2: blocked (suppressed)" in shown("C-2", NOON)


def test_who_was_rejected(shown: Shown) -> None:
    text = shown("C-3")

    assert text.startswith("C-3: rejected (malformed_phone)\nState in spring: rejected\n")
    assert "Mend the row and feed it back" in text

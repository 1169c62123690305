"""For all tests: a ledger and a run in memory's time; those that need a Prefect server go first.

They take longest, so no worker is left alone with them at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.clock import SetClock
from outreach.ledger.ledger import Ledger
from outreach.run import Run
from tests.ledgers import NOON, new_ledger, new_run
from tests.organisations import Organisation

ROOT = Path(__file__).parent
WITH_A_SERVER = {"flows", "browser"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.relative_to(ROOT).parts[0] not in WITH_A_SERVER)


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

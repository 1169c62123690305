from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.clock import SetClock
from outreach.ledger.ledger import Ledger, open_ledger
from outreach.report.figures import Figures
from tests.unit.report.ledgers import NOW, gather_hostile, gather_usual


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db", clock=SetClock(NOW)) as opened:
        yield opened


@pytest.fixture(scope="package")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    return gather_usual(tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="package")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    return gather_hostile(tmp_path_factory.mktemp("hostile"))

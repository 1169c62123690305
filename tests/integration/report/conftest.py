from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.report.charts.drawing import draw_charts
from outreach.report.figures.gather import Figures
from tests.support.clocks import SetClock
from tests.support.report_examples import NOW
from tests.support.report_ledgers import gather_hostile, gather_usual


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


@pytest.fixture(scope="package")
def charts(figures: Figures) -> dict[str, str]:
    return draw_charts(figures)


@pytest.fixture(scope="package")
def hostile_charts(hostile: Figures) -> dict[str, str]:
    return draw_charts(hostile)

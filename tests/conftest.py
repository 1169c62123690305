"""For all tests: what takes longest goes first, so that no worker is left alone with it at the end."""

from __future__ import annotations

import os
import zoneinfo
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from tests.support.folders import make_passing_folder

ROOT = Path(__file__).parent
if "OUTREACH_WITNESS_FOLDER" not in os.environ:
    os.environ["OUTREACH_WITNESS_FOLDER"] = str(make_passing_folder("witness"))
zoneinfo.reset_tzpath(())  # what tests expect goes by the package's rules as well, not by the machine's
settings.register_profile("repeatable", deadline=None, derandomize=True)  # a busy machine takes its time
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))  # `default` searches further
LONGEST = ("flows", "browser", "chaos", "contract/ledger", "integration/cli")
"""Folders in the order in which they begin; all others follow as they were collected."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    path = item.path.relative_to(ROOT).as_posix()
    return next((n for n, folder in enumerate(LONGEST) if path.startswith(f"{folder}/")), len(LONGEST))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """All that is not a flow stands back: the workers of the flows and their servers are the last to end."""
    if "PYTEST_XDIST_WORKER" in os.environ and _place(item) and not os.nice(0):
        os.nice(5)


TOGETHER = {
    **{f"tests/flows/test_{letter}": "a Prefect server" for letter in "abcdefghijklmno"},
    "tests/flows/": "another Prefect server",
    "tests/contract/ledger/": "a PostgreSQL server",
    "tests/contract/privacy/": "a PostgreSQL server",
    "tests/contract/sources/test_postgres": "a PostgreSQL server",
    "tests/integration/ledger/test_query_plans": "a PostgreSQL server",
    "tests/integration/ledger/test_existing": "a PostgreSQL server",
    "tests/integration/operations/test_opt_out": "a PostgreSQL server",
    "tests/integration/report/test_scale": "a PostgreSQL server",
}
"""What shares a server: to start and end another one takes 10 to 20 seconds more.

The flows have two: they mostly wait, and were by far the longest with one (710 of 866 seconds).
"""


class ServersTogether(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """As `--dist loadfile`, but one worker has all the tests that share a server."""

    def _split_scope(self, nodeid: str) -> str:
        shared = (name for start, name in TOGETHER.items() if nodeid.startswith(start))
        return next(shared, None) or str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling | None:
    """For the short tests; of the long ones, those of the flows are the longest."""
    return ServersTogether(config, log) if config.getoption("markexpr") == "not slow" else None

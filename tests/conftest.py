"""For all tests: which of them share a process when several work at once.

Tests of one file stay together, since they share its fixtures; all that need the Prefect server stay
together, since there is one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent
WITH_A_SERVER = {"flows", "browser"}


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(ROOT).parts[0]
        group = "prefect" if folder in WITH_A_SERVER else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
    # The long ones first, so that the last worker is not left alone with them.
    items.sort(key=lambda item: item.path.relative_to(ROOT).parts[0] not in WITH_A_SERVER)

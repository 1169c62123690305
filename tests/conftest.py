"""For all tests: those that need a Prefect server go first.

They take longest, so no worker is left alone with them at the end.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent
WITH_A_SERVER = {"flows", "browser"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.relative_to(ROOT).parts[0] not in WITH_A_SERVER)

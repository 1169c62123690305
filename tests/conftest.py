"""For all tests: what takes longest goes first, so that no worker is left alone with it at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent
LONGEST = ("flows", "browser", "chaos", "contract/cli")
"""Folders in the order in which they begin; all others follow as they were collected."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    path = item.path.relative_to(ROOT).as_posix()
    return next((n for n, folder in enumerate(LONGEST) if path.startswith(f"{folder}/")), len(LONGEST))

"""Lists that are read in a process of their own, however short they are."""

from __future__ import annotations

import pytest

from outreach.campaign import loading
from outreach.sources import source


def read_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every list counts as large, and every machine has two cores."""
    monkeypatch.setattr(source, "_LARGE", -1)
    monkeypatch.setattr(loading, "may_start", lambda: True)

"""What the documents promise of Genesys is what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.genesys.http import call_outcome
from outreach.genesys.platform.permissions import PERMISSIONS

PAGE = Path(__file__).parents[3] / "docs" / "genesys.md"


@pytest.mark.parametrize("permission", sorted({p for each in PERMISSIONS.values() for p in each}))
def test_every_permission_that_we_may_name_is_in_the_table(permission: str) -> None:
    assert f"`{permission}`" in PAGE.read_text()


@pytest.mark.parametrize("status", sorted(call_outcome.REFUSING))
def test_every_status_that_refuses_is_in_both_tables(status: int) -> None:
    assert str(status) in PAGE.read_text()
    assert str(status) in str(call_outcome.__doc__)

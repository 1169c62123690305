"""How many of something, said as people say it."""

from __future__ import annotations

import pytest

from outreach.counting import counted


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 contacts wait"), (1, "1 contact waits"), (2000, "2,000 contacts wait")]
)
def test_one_alone_is_said_in_the_singular(count: int, said: str) -> None:
    assert counted(count, "contact waits", "contacts wait") == said

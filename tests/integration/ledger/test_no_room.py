"""A ledger that cannot grow says what to look at."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from outreach.errors import LedgerError
from outreach.ledger.facts import remember
from tests.support.ledgers import new_ledger


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_ledger_that_may_not_grow_says_to_look_for_room_and_goes_on_once_there_is(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        size = max(file.stat().st_size for file in tmp_path.iterdir())
        with files_limited_to(size + 50_000), pytest.raises(LedgerError, match=r"has room.*resumes"):
            remember(ledger, "long", "x" * 5_000_000)
        remember(ledger, "long", "x" * 5_000_000)

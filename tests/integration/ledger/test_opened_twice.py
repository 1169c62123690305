"""A ledger that one process opens twice: its log stays, whoever comes and goes beside it.

Closing any file drops all locks that its process has on it. SQLite's tell who goes last, and so may put the
log away: another process took the log from under one that had opened the ledger twice, and what was written
into it was lost.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.ledger.database.schema import facts
from outreach.ledger.facts import recall, remember
from outreach.ledger.opening import open_ledger

COMES_AND_GOES = """
import sys
from outreach.ledger.facts import recall
from outreach.ledger.opening import open_ledger
with open_ledger(sys.argv[1], existing=True) as ledger:
    print(recall(ledger, "last"))
"""


def ask_beside(url: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", COMES_AND_GOES, url], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("existing", [True, False])
def test_nothing_that_is_written_after_it_was_opened_twice_is_lost(tmp_path: Path, *, existing: bool) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    log = tmp_path / "ledger.db-wal"
    with open_ledger(url) as ledger:
        remember(ledger, "last", "first")
        with open_ledger(url, existing=existing) as again:
            assert again.db.value(select(facts.c.value).where(facts.c.name == "last"))
        before = log.stat().st_ino

        assert ask_beside(url) == "first"
        assert log.stat().st_ino == before
        remember(ledger, "last", "second")
        assert ask_beside(url) == "second"
        assert recall(ledger, "last") == "second"

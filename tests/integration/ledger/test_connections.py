"""How many connections to SQLite's file are kept."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import QueuePool

from outreach.ledger.ledger import Ledger
from tests.support.ledgers import new_ledger

AT_ONCE = 12


def test_after_many_looked_at_once_only_a_few_connections_are_kept(tmp_path: Path) -> None:
    all_look = threading.Barrier(AT_ONCE)

    def look(ledger: Ledger) -> None:
        with ledger.db.read():
            all_look.wait()

    with new_ledger(tmp_path) as ledger:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(look, [ledger] * AT_ONCE))

        kept = ledger.db.engine.pool
        assert isinstance(kept, QueuePool)
        assert kept.checkedin() == 4

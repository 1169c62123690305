"""A database that is away in mid-run ends in everybody contacted, or in red: never in people left behind."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.flows.office import Office
from tests.support.emulator_server import EmulatorServer
from tests.support.fixtures import server
from tests.support.postgres import Postgres
from tests.support.wire import Way, Wire, wire_to

__all__ = ["server"]

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


def cut_when_some_are_contacted(wire: Wire, genesys: EmulatorServer, some: int) -> threading.Thread:
    def watch() -> None:
        until = time.monotonic() + 120
        while genesys.truth()["count"] < some and time.monotonic() < until:
            time.sleep(0.1)
        with wire.cut_for(3.0, Way.REFUSED):
            pass

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def test_a_database_that_goes_away_in_mid_run_leaves_nobody_behind(
    prefect_api: str, genesys: EmulatorServer, tmp_path: Path, server: Postgres
) -> None:
    genesys.configure(latency_ms=50)
    with wire_to(server.new_ledger()) as wire:
        office = Office("database-away", prefect_api, genesys, tmp_path, ledger_url=wire.url)
        office.save_blocks()
        cutting = cut_when_some_are_contacted(wire, genesys, 60)

        proof = office.run(office.source(400), threads=8, batch_size=100)

        cutting.join()
    truth = genesys.truth()
    assert (truth["count"], truth["contacted_twice_count"]) == (400, 0)
    assert (proof["contacted"], proof["balanced"]) == (400, True)

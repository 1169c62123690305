"""Prefect remembers how far each ledger had come, for all machines of one server."""

from __future__ import annotations

import shutil

import pytest

from outreach.errors import LedgerOutdated
from tests.flows.office import Office


def restored_elsewhere(office: Office, monkeypatch: pytest.MonkeyPatch) -> str:
    """A ledger from before 20 of its 30 contacts, on a machine that never saw it."""
    ledger, backup = office.folder / "ledger.db", office.folder / "backup.db"
    office.run(office.source(10))
    shutil.copy(ledger, backup)
    source = office.source(30)
    office.run(source)
    shutil.copy(backup, ledger)
    monkeypatch.setenv("OUTREACH_WITNESS_FOLDER", str(office.folder / "elsewhere"))
    return source


def test_a_restored_ledger_stops_the_run_on_another_machine_before_anybody_is_contacted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = restored_elsewhere(office, monkeypatch)

    with pytest.raises(LedgerOutdated, match="outreach ledger catch-up"):
        office.run(source)

    assert {run["state_type"] for run in office.runs()} == {"COMPLETED", "FAILED"}
    truth = office.genesys.truth()
    assert (truth["count"], truth["contacted_twice_count"]) == (30, 0)


def test_what_prefect_keeps_of_a_ledger_is_a_number_and_a_hash(office: Office) -> None:
    office.run(office.source(3))

    kept = office.ask("/variables/filter")

    assert all(set(one["value"]) == {"record", "hash", "at", "run"} for one in kept)
    assert all(one["value"]["run"] == "ended" for one in kept)

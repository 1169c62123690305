"""Prefect remembers how far each ledger had come, for all machines of one server."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from prefect.settings import PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW, temporary_settings

from flows.opening import BlockNames, open_blocks
from flows.witness import PrefectWitness
from outreach.errors import LedgerOutdated
from outreach.operations.catch_up import catch_up
from tests.flows.office import Office


def restored_elsewhere(office: Office, monkeypatch: pytest.MonkeyPatch) -> str:
    """A ledger from before 20 of its 30 contacts, on a machine that never saw it."""
    ledger, backup = office.folder / "ledger.db", office.folder / "backup.db"
    office.run(office.source(10))
    shutil.copy(ledger, backup)
    source = office.source(30)
    office.run(source)
    shutil.copy(backup, ledger)
    office.genesys.configure(index_delay_seconds=3600)  # Genesys shows nothing yet: Prefect alone knows
    monkeypatch.setenv("OUTREACH_WITNESS_FOLDER", str(office.folder / "elsewhere"))
    return source


def test_a_restored_ledger_stops_on_another_machine_and_goes_on_once_it_caught_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = restored_elsewhere(office, monkeypatch)
    with pytest.raises(LedgerOutdated, match="outreach ledger catch-up"):
        office.run(source)
    assert {run["state_type"] for run in office.runs()} == {"COMPLETED", "FAILED"}
    assert office.genesys.truth()["count"] == 30

    office.genesys.configure(index_delay_seconds=0)
    monkeypatch.setattr("outreach.operations.catch_up.INDEX_DELAY", timedelta())
    names = BlockNames(office.name, office.name, None, office.name)
    # By hand it is no flow: as `outreach ledger catch-up` has it, see `cli.processes.QUIET`.
    quiet = temporary_settings({PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW: "ignore"})
    with quiet, open_blocks(names) as opened:
        assert catch_up(opened.ledger, opened.genesys, [PrefectWitness()]).found == 20
    proof = office.run(source)

    assert (proof["contacted"], proof["balanced"]) == (30, True)
    truth = office.genesys.truth()
    assert (truth["count"], truth["contacted_twice_count"]) == (30, 0)


def test_what_prefect_keeps_of_a_ledger_is_a_number_and_a_hash(office: Office) -> None:
    office.run(office.source(3))

    variables = office.ask("/variables/filter")

    kept = [one["value"] for one in variables if one["name"].startswith("outreach_ledger_")]
    assert kept
    assert all(set(value) == {"record", "hash", "at", "run"} for value in kept)

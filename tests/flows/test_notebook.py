"""As in a notebook, where an event loop runs around every line: what README says saves, and contacts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
from blocks.stored import load_block
from tests.flows.office import Office
from tests.support.kernels import ROOT, cells_of_readme, kernel

ROWS = [
    {"external_contact_id": f"C-{n}", "name": f"Person {n}", "sms": f"+1317{2000000 + n}", "time_zone": "UTC"}
    for n in range(3)
]


def test_a_block_is_saved_when_its_line_is_over(prefect_api: str) -> None:
    async def cell() -> Senders:
        Senders(sms_from="+13175550100").save("notebook", overwrite=True)
        return load_block(Senders, "notebook")

    assert asyncio.run(cell()).sms_from == "+13175550100"


@pytest.mark.parametrize("rows", [ROWS, pa.Table.from_pylist(ROWS)], ids=["list", "frame"])
def test_a_campaign_contacts_rows_from_memory_and_prefect_sees_none(office: Office, rows: Any) -> None:
    async def cell() -> dict[str, Any]:
        return office.run(rows)

    proof = asyncio.run(cell())

    assert (proof["contacted"], proof["balanced"]) == (3, True)
    [run] = office.runs()
    assert run["parameters"]["source"] == f"rows in memory ({type(rows).__name__})"
    assert {f"campaign: {office.name}", f"organisation: {office.name}"} <= set(run["tags"])


def forget_defaults() -> None:
    """As on a server where nobody has saved anything yet."""
    for kind in (GenesysCredentials, Senders, CrmWebhook, ContactLedger):
        with contextlib.suppress(ValueError):
            kind.delete("default", _sync=True)  # type: ignore[call-arg]  # Prefect's dispatch takes it


def test_readmes_lines_save_and_contact_in_a_real_kernel(office: Office) -> None:
    saving, running = cells_of_readme()
    forget_defaults()
    env = {**os.environ, "PYTHONPATH": str(ROOT)}

    with kernel(Path(sys.executable), office.folder, env) as cell:
        cell(saving)
        assert load_block(ContactLedger, "default").url.get_secret_value().endswith("ledger.db")
        office.name = "default"
        office.save_blocks()  # the same blocks, of an organisation that is here
        said = cell(running.replace('"spring"', '"readme"'))

    reached = office.genesys.truth()["count"]
    assert f"{reached} started, {1 - reached} deferred" in said  # at night it waits for the morning

"""What a command does not load, and does not open twice: a person waits for both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from blocks import ContactLedger
from cli.stored_ledger import StoredLedger
from tests.flows.office import Office

SAID = """import sys; from cli.main import execute
code = execute({arguments!r})
print("prefect" in sys.modules, code)"""
ROOT = os.fspath(Path(__file__).parents[2])


def command(office: Office, *arguments: str, **env: str) -> tuple[str, list[str]]:
    """What it printed, and whether Prefect was loaded, with the exit code."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    plain |= {"PREFECT_API_URL": office.prefect, "PREFECT_HOME": os.fspath(office.folder), "PYTHONPATH": ROOT}
    script = SAID.format(arguments=list(arguments))
    asked = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(
        asked, capture_output=True, text=True, check=True, cwd=office.folder, env={**plain, **env}
    )
    *said, last = done.stdout.splitlines()
    return "\n".join(said), last.split()


@pytest.mark.parametrize("more", [{}, {"key": "a key of the ledger, long enough", "encrypted": True}])
def test_proof_and_status_find_the_ledger_without_prefect(office: Office, more: dict[str, object]) -> None:
    ContactLedger.model_validate({"url": f"sqlite:///{office.folder / 'other.db'}", **more}).save(
        office.name, overwrite=True
    )
    office.run(office.source(2))

    proof, loaded = command(office, "proof", office.name, "--ledger", office.name, "--json")
    assert (json.loads(proof)["contacted"], loaded) == (2, ["False", "0"])
    status, loaded = command(office, "status", "--ledger", office.name, "--json")
    assert (len(json.loads(status)["campaigns"]), loaded) == (1, ["False", "0"])
    assert isinstance(json.loads(status)["next_runs"], list)


def test_a_setting_that_only_prefect_understands_leads_through_prefect(office: Office) -> None:
    office.run(office.source(2))
    arguments = ("proof", office.name, "--ledger", office.name, "--json")
    proof, loaded = command(office, *arguments, PREFECT_CLIENT_CUSTOM_HEADERS='{"X-Gate": "1"}')
    assert (json.loads(proof)["contacted"], loaded) == (2, ["True", "0"])


def test_what_is_read_without_prefect_is_what_the_block_has() -> None:
    ours = {name for name, field in ContactLedger.model_fields.items() if field.title}
    assert StoredLedger.model_fields.keys() == ours


def test_a_run_shows_what_it_found_without_opening_its_ledger_again(office: Office) -> None:
    names = [part for kind, name in office.names.items() for part in (f"--{kind}", name)]
    run = ["run", office.source(2), "--campaign", office.name, "--json", *names]
    script = f"import cli.flow_runs as runs, cli.main; runs.gather_from = None; cli.main.execute({run})"
    asked = [sys.executable, "-W", "ignore", "-c", script]
    env = {**os.environ, "PYTHONPATH": ROOT}
    done = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=office.folder, env=env)
    assert "Ledger: " in done.stderr
    assert json.loads(done.stdout)["contacted"] == 2


def forget_who_runs(office: Office) -> None:
    """What other tests' kills left "Running": beside one no run is sure that it has nothing to do."""
    running = {"flow_runs": {"state": {"type": {"any_": ["RUNNING", "CANCELLING"]}}}}
    with get_client(sync_client=True) as client:
        for run in office.ask("/flow_runs/filter", running):
            client.delete_flow_run(run["id"])


def test_a_run_with_nothing_to_do_ends_without_loading_prefect_which_lists_it(office: Office) -> None:
    forget_who_runs(office)
    source = office.source(2)
    os.utime(source, (0, 0))  # changed just now, nobody could tell whether it changes again
    office.run(source, events=())  # on a busy machine one might still wait
    settings = office.folder / "settings.json"
    settings.write_text(office.settings(events=()).model_dump_json())
    names = [part for kind, name in office.names.items() for part in (f"--{kind}", name)]
    again = ["run", source, "--campaign", office.name, "--settings", os.fspath(settings), "--json", *names]

    said, loaded = command(office, *again)
    assert (json.loads(said)["contacted"], loaded) == (2, ["False", "0"])
    whole, idle = sorted(office.runs(), key=lambda run: str(run["created"]))
    assert (sorted(idle["tags"]), idle["name"]) == (sorted(whole["tags"]), whole["name"])
    assert (idle["state_type"], idle["parameters"]["source"]) == ("COMPLETED", source)
    assert idle["state"]["message"].endswith("(all contacted before, nobody in this run)")

    ledger, _ = command(office, "status", "--ledger", office.name, "--json")
    (campaign,) = json.loads(ledger)["campaigns"]
    assert (campaign["runs"], campaign["verdict"]) == (2, "balanced")

    more = office.source(3)
    said, loaded = command(office, again[0], more, *again[2:])
    assert (json.loads(said)["contacted"], loaded) == (3, ["True", "0"])

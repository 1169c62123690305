"""The how-tos tell the truth: their commands run, their parameters fit the form, their names exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from deployments.production import POOL
from deployments.registry import DEPLOYMENTS
from outreach.settings import CampaignSettings
from tests.flows.office import Office

DOCS = Path(__file__).parents[2] / "docs"
HOW_TOS = ("first-organisation", "schedules", "resuming", "workers", "upgrading")
BLOCK = re.compile(r"^ *```console\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def commands(name: str) -> list[str]:
    blocks = BLOCK.findall((DOCS / f"{name}.md").read_text())
    return [
        line.strip()[2:] for block in blocks for line in block.splitlines() if line.strip().startswith("$ ")
    ]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(command)
    module = {"outreach": "cli.main", "prefect": "prefect"}[program]
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.mark.slow
def test_their_commands_run_one_after_the_other(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.name = "default"
    office.genesys.configure(requests_per_minute=300)
    office.budget = 300
    office.save_blocks()
    Path(office.source(3)).rename(tmp_path / "contacts.csv")
    monkeypatch.setenv("PYTHONPATH", str(DOCS.parent))

    different = list(dict.fromkeys(command for name in HOW_TOS for command in commands(name)))

    assert len(different) > len(HOW_TOS)
    for command in different:
        done = run(command, tmp_path)
        assert done.returncode == 0, (command, done.stdout, done.stderr)


def test_every_deployment_stands_in_the_table_of_schedules() -> None:
    text = (DOCS / "schedules.md").read_text()

    assert [each.name for each in DEPLOYMENTS if f"`{each.flow.name}/{each.name}`" not in text] == []


def test_the_pool_of_the_docs_is_ours() -> None:
    assert f"--pool {POOL} " in (DOCS / "workers.md").read_text()


def test_what_the_docs_send_by_curl_fits_the_settings() -> None:
    bodies = re.findall(r"create_flow_run --json '(.*?)'", (DOCS / "triggering.md").read_text(), re.DOTALL)

    settings = [orjson.loads(body)["parameters"]["settings"] for body in bodies]
    assert [CampaignSettings.model_validate(each).approve_above for each in settings] == [1000]

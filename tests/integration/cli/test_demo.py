"""The demo is the product's first word: the whole job, on both APIs, with the far end's own count."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


NO_WAY = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
"""A proxy that nobody answers at: what runs on this machine must be asked without it."""


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | NO_WAY
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=cwd,
        env={**env, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def children_of(folder: Path) -> list[str]:
    """Programs that still work below a folder."""
    return [place.parent.name for place in Path("/proc").glob("[0-9]*/environ") if belongs(place, folder)]


def belongs(environment: Path, folder: Path) -> bool:
    try:
        return str(folder).encode() in environment.read_bytes()
    except OSError:
        return False  # it ended while we looked, or is somebody else's


@pytest.fixture(scope="module", params=["platform", pytest.param("guide", marks=pytest.mark.slow)])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp(f"demo-{request.param}")
    done = command("demo", "--api", request.param, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if "takes long to start" not in line] == []
    return folder, json.loads(done.stdout)


def test_the_far_end_saw_each_person_once_on_the_right_address_and_channel(demo: tuple[Path, Any]) -> None:
    _, said = demo

    assert said["far_end"] == {
        "people": said["proof"]["contacted"],
        "twice": 0,
        "wrong": 0,
        "agrees": True,
    }


def test_the_sums_of_the_demo_balance_and_every_kind_of_outcome_is_shown(demo: tuple[Path, Any]) -> None:
    folder, said = demo

    done = command("proof", "demo", "--json", cwd=folder)

    assert done.returncode == 0
    assert json.loads(done.stdout) == {**said["proof"], "undelivered": []}
    assert said["proof"]["balanced"]
    assert {"started", "deferred", "blocked"} <= said["proof"]["states"].keys()
    assert "failed" not in said["proof"]["states"]  # the far end refused nothing that we let through
    assert said["proof"]["rejected"] >= 15
    assert said["proof"]["duplicates"] >= 1


def test_every_webhook_of_the_demo_arrived(demo: tuple[Path, Any]) -> None:
    webhooks = demo[1]["proof"]["webhooks"]

    assert webhooks["delivered"] == demo[1]["proof"]["contacted"] + 1  # and the campaign's end
    assert webhooks["pending"] == webhooks["dead"] == 0


def test_the_demo_leaves_a_report_and_nothing_running(demo: tuple[Path, Any]) -> None:
    folder, _ = demo

    assert (folder / "out/demo/demo-report.html").stat().st_size > 10_000
    assert not children_of(folder)

"""As a package: built as a wheel, installed elsewhere, and a sentence for each extra that is left out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from outreach.errors import SourceError, WrongLedger
from outreach.ledger.opening import open_ledger
from outreach.sources.opening import open_source
from tests.integration.emulator.test_emulator_elsewhere import PROJECT
from tests.support.kernels import cells_of_readme, kernel

ROOT = Path(__file__).parents[3]
PARTS = ("flows", "tasks", "blocks", "deployments", "outreach", "cli", "emulator")
EXTRA = r"pip install 'genesys-outreach\[postgres\]'"


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment with our wheel, and only the libraries of this one."""
    tmp_path = tmp_path_factory.mktemp("wheel")
    source, home = tmp_path / "source", tmp_path / "venv"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in PARTS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", tmp_path)
    pip("wheel", *options, source)
    shutil.rmtree(source)
    venv.create(home, with_pip=False, symlinks=True)
    library = next(home.glob("lib/*/site-packages"))
    (library / "libraries.pth").write_text(sysconfig.get_path("purelib"))  # its own .pth files do not count
    (wheel,) = tmp_path.glob("*.whl")
    pip("--python", home / "bin/python", "install", "--no-deps", "--no-index", "--ignore-installed", wheel)
    return home / "bin/outreach"


ENV = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


def run(folder: Path, *command: str | Path) -> str:
    """What it prints, as a user in a folder of their own calls it."""
    done = subprocess.run(
        command, cwd=folder, env=ENV, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout


@pytest.mark.slow
def test_the_demo_and_the_status_work_from_a_wheel(installed: Path, tmp_path: Path) -> None:
    said = json.loads(run(tmp_path, installed, "demo", "--json"))
    [campaign] = json.loads(run(tmp_path, installed, "status", "--json"))["campaigns"]

    assert said["proof"]["balanced"]
    assert said["far_end"]["agrees"]
    assert said["proof"]["contacted"] > 100
    assert campaign["contacted"] == said["proof"]["contacted"]


@pytest.mark.slow
def test_a_foreign_project_of_ten_lines_uses_the_fixture_from_a_wheel(
    installed: Path, tmp_path: Path
) -> None:
    for name, text in PROJECT.items():
        (tmp_path / name).write_text(text)

    said = run(tmp_path, installed.with_name("python"), "-m", "pytest", "-q", "-p", "no:cacheprovider")

    assert "1 passed" in said


@pytest.mark.slow
def test_readmes_lines_save_in_a_kernel_from_a_wheel(installed: Path, tmp_path: Path) -> None:
    saving, _ = cells_of_readme()
    server = {"ALLOW_EPHEMERAL_MODE": "true", "EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300"}  # none of its own
    env = {**ENV, "PREFECT_HOME": str(tmp_path / "prefect")}
    env.update((f"PREFECT_SERVER_{name}", value) for name, value in server.items())

    with kernel(installed.with_name("python"), tmp_path, env) as cell:
        cell(saving)
        said = cell("import blocks\nprint(blocks.__file__, await Senders.aload('default'))")

    assert str(installed.parents[1]) in said
    assert "+13175550100" in said


def test_prefect_finds_the_blocks_by_their_entry_point() -> None:
    (found,) = (each for each in entry_points(group="prefect.collections") if each.value == "blocks")

    assert {"ContactLedger", "GenesysCredentials"} <= set(found.load().__all__)


def test_an_xls_without_its_reader_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlrd", None)
    monkeypatch.delitem(sys.modules, "outreach.sources.spreadsheets.xls", raising=False)
    workbook = ROOT / "tests/integration/sources/contacts.xls"
    with pytest.raises(SourceError, match=r"pip install 'genesys-outreach\[spreadsheets\]'"):
        list(open_source(str(workbook)).rows())


def test_a_ledger_on_postgres_without_its_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    url = "postgresql://nobody@127.0.0.1:1/none"
    with pytest.raises(WrongLedger, match=EXTRA), open_ledger(url, keys=["k" * 32]):
        pass


def test_a_query_on_postgres_without_its_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    reference = "postgresql://nobody@127.0.0.1:1/none#SELECT 1 AS external_contact_id"
    with pytest.raises(SourceError, match=EXTRA):
        list(open_source(reference).rows())

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

ROOT = Path(__file__).parents[3]
PARTS = ("flows", "tasks", "blocks", "deployments", "outreach", "cli", "emulator")
EXTRA = r"pip install 'genesys-outreach\[postgres\]'"


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The command in an environment with our wheel, and only the libraries of this one."""
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


@pytest.mark.slow
def test_the_demo_works_from_a_wheel(installed: Path, tmp_path: Path) -> None:
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}

    done = subprocess.run(
        [installed, "demo", "--json"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["proof"]["balanced"]
    assert said["far_end"]["agrees"]
    assert said["proof"]["contacted"] > 100


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

"""The house's one rule: cli -> deployments -> flows -> {tasks, blocks} -> outreach; emulator alone."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "cli": {"deployments", "flows", "tasks", "blocks", "outreach"},
    "deployments": {"flows", "tasks", "blocks", "outreach"},
    "flows": {"tasks", "blocks", "outreach"},
    "tasks": {"outreach"},
    "blocks": {"outreach"},
    "outreach": set[str](),
    "emulator": set[str](),
}
WITHOUT_PREFECT = {"outreach", "emulator"}
IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\w+)", re.MULTILINE)
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@functools.cache
def imported(file: Path) -> frozenset[str]:
    """Also within functions; ruff has each import on a line of its own, and none is relative."""
    return frozenset(IMPORT.findall(file.read_text()))


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_only_what_stands_below_it(folder: str) -> None:
    above = set(MAY_IMPORT) - MAY_IMPORT[folder] - {folder}
    wrong = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in modules(folder)
        for name in imported(file)
        if name in above
    ]

    assert not wrong


@pytest.mark.parametrize("folder", sorted(WITHOUT_PREFECT))
def test_the_core_and_the_emulator_know_nothing_of_prefect(folder: str) -> None:
    wrong = [file.name for file in modules(folder) if "prefect" in imported(file)]

    assert not wrong


def test_nobody_but_the_tests_imports_the_tests() -> None:
    wrong = [file.name for folder in MAY_IMPORT for file in modules(folder) if "tests" in imported(file)]

    assert not wrong


def test_no_module_has_a_name_that_says_nothing() -> None:
    wrong = [file for folder in MAY_IMPORT for file in modules(folder) if file.stem in VAGUE]

    assert not wrong


def test_no_flow_file_hides_a_package_of_ours() -> None:
    """A file entrypoint puts flows/ first on the path: a package's name there would break every flow."""
    packages = {path.name for path in ROOT.iterdir() if path.is_dir()} | {"prefect", "genesys"}

    assert not {file.stem for file in modules("flows")} & packages

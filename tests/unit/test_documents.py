"""What the pages name exists: paths, modules, tests, `make` targets, links; and one version everywhere."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import outreach

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY")] + sorted(
    (ROOT / "docs").rglob("*.md")
)
FOLDERS = "outreach|flows|tasks|blocks|deployments|cli|emulator|tests|docs|examples"
PATH = re.compile(rf"(?<![\w./~-])(?:{FOLDERS})/[\w./*-]*[\w*/]")
PYTHON = re.compile(r"^ *```python\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
MODULE = re.compile(rf"(?<![\w./-])(?:{FOLDERS})(?:\.(?!example\b)[a-z_]\w*)+")
FILE = re.compile(r"(?<![\w./*-])[a-z_][\w-]*\.(?:py|json|html|csv|toml)\b")
TEST = re.compile(r"^test_\w+$")
TARGET = re.compile(r"(?:^|`)make ([a-z]+)", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)")
PLACEHOLDER = re.compile(r"[A-Z]{3,}")
OF_USERS = {"contacts.csv", "contact.json", "mine.json", "settings.json", "contacts.parquet"}
"""Files that a page has its reader make."""


def each(page: Path) -> str:
    return str(page.relative_to(ROOT))


def spans(page: Path) -> list[str]:
    return SPAN.findall(re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL))


@functools.cache
def file_names() -> set[str]:
    below = {file.name for folder in FOLDERS.split("|") for file in (ROOT / folder).rglob("*.*")}
    return below | {file.name for file in ROOT.iterdir()}


def is_module(name: str) -> bool:
    """Whether the longest part of the name that is a module knows the rest."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:length])
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if file.is_file():
            return length == len(parts) or bool(re.search(rf"\b{parts[length]}\b", file.read_text()))
    return False


@pytest.mark.parametrize("page", PAGES, ids=each)
def test_every_path_on_a_page_exists(page: Path) -> None:
    named = {path for path in PATH.findall(page.read_text()) if not PLACEHOLDER.search(path)}

    assert [path for path in sorted(named) if not list(ROOT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize("page", PAGES, ids=each)
def test_every_module_on_a_page_exists(page: Path) -> None:
    named = {name for span in spans(page) for name in MODULE.findall(span)}

    assert [name for name in sorted(named) if not is_module(name)] == []


def calls(block: str) -> Iterator[tuple[Callable[..., object], ast.Call]]:
    """What a block of Python imports from us and then calls."""
    tree = ast.parse(block)
    names = {
        each.asname or each.name: getattr(importlib.import_module(node.module or ""), each.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("outreach.")
        for each in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield names[node.func.id], node


@pytest.mark.parametrize("page", PAGES, ids=each)
def test_what_a_page_calls_in_python_takes_what_it_is_given(page: Path) -> None:
    for block in PYTHON.findall(page.read_text()):
        for called, call in calls(textwrap.dedent(block)):
            named = {each.arg: None for each in call.keywords if each.arg}
            inspect.signature(called).bind(*call.args, **named)


@pytest.mark.parametrize("page", PAGES, ids=each)
def test_every_file_on_a_page_is_one_of_ours(page: Path) -> None:
    named = {name for span in spans(page) for name in FILE.findall(span)} - OF_USERS

    assert sorted(named - file_names()) == []


@pytest.mark.parametrize("page", PAGES, ids=each)
def test_every_test_on_a_page_exists(page: Path) -> None:
    named = {span for span in spans(page) if TEST.match(span)}
    tests = "\n".join(file.read_text() for file in (ROOT / "tests").rglob("*.py")) if named else ""

    assert [name for name in sorted(named) if f"def {name}(" not in tests] == []


@pytest.mark.parametrize("page", PAGES, ids=each)
def test_every_make_target_on_a_page_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()

    assert [name for name in TARGET.findall(page.read_text()) if f"\n{name}:" not in makefile] == []


@pytest.mark.parametrize("page", PAGES, ids=each)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    links = {link for link in LINK.findall(page.read_text()) if "://" not in link}

    assert [link for link in sorted(links) if not (page.parent / link).exists()] == []


def test_one_version_stands_in_all_three_places() -> None:
    version = outreach.__version__
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert f'\nversion = "{version}"\n' in (ROOT / "pyproject.toml").read_text()
    assert newest
    assert newest[1] == version

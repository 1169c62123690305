"""No variable has the name of something that its module imports or defines.

`[number for number in ...]` beside a call of the function `number` reads badly everywhere, and Python 3.12.1,
which runs a comprehension inside its function, takes the one for the other: UnboundLocalError.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("outreach", "tasks", "flows", "blocks", "deployments", "cli", "emulator")


def list_hiding(source: str) -> list[tuple[int, str]]:
    """Line and name of each variable or parameter that hides an import, a function or a class."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    local = {node for function in functions for node in ast.walk(function)}
    taken = {name for node in ast.walk(tree) if node not in local for name in imported(node)}
    taken |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    found = set(look(tree, taken))
    for function in functions:
        found |= set(look(function, {name for node in ast.walk(function) for name in imported(node)}))
    return sorted(found)


def look(part: ast.AST, taken: set[str]) -> Iterator[tuple[int, str]]:
    attributes = {  # they are reached through their object, and hide nothing
        target
        for node in ast.walk(part)
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        for target in ast.iter_child_nodes(statement)
    }
    for node in ast.walk(part):
        name = bound(node)
        if name in taken and node not in attributes:
            yield getattr(node, "lineno", 0), name


def imported(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return []
    return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]


def bound(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            return name
        case ast.ExceptHandler(name=name) | ast.MatchAs(name=name) | ast.MatchStar(name=name):
            return name
        case ast.MatchMapping(rest=name):
            return name
    return None


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_variable_has_the_name_of_an_import_a_function_or_a_class(folder: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in sorted((ROOT / folder).rglob("*.py"))
        for line, name in list_hiding(file.read_text())
    ]

    assert not wrong, "call these variables something else:\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    "binding",
    [
        "[number for number in rows]",
        "{1: number for one, (two, number) in rows}",
        "number = 1",
        "for number in rows: pass",
        "lambda number: 1",
        "with rows as number: pass",
        "(number := 1)",
        "def inner(*number): pass",
    ],
)
def test_each_way_to_bind_a_name_is_seen(binding: str) -> None:
    assert list_hiding(f"from words import number\ndef f(rows):\n    {binding}") == [(3, "number")]
    assert list_hiding(f"def f(rows):\n    from words import number\n    {binding}") == [(3, "number")]
    assert list_hiding(f"def number(): pass\ndef f(rows):\n    {binding}") == [(3, "number")]


def test_attributes_hide_nothing() -> None:
    assert list_hiding("from words import number\nclass Row:\n    number: int\n    number = 1") == []

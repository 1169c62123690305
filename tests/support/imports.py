"""Who imports whom, read from the source: also within functions, and what only type checkers see."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

Graph = Mapping[str, Collection[str]]
"""Module to the modules that it imports, ours and others', by their full names."""


def read_graph(root: Path, folders: Collection[str]) -> dict[str, set[str]]:
    """The graph of all modules in these folders of `root`; a package goes by its folder's name."""
    files = {
        _name(file.relative_to(root)): file for folder in folders for file in (root / folder).rglob("*.py")
    }
    return {
        name: set(_imports(ast.parse(file.read_text()), name, files)) - {name} for name, file in files.items()
    }


def _name(file: Path) -> str:
    return ".".join(file.parent.parts if file.stem == "__init__" else file.with_suffix("").parts)


def _imports(tree: ast.Module, name: str, ours: Collection[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{name} has a relative import"
            for alias in node.names:
                within = f"{node.module}.{alias.name}"
                yield within if within in ours else node.module


def collapse(graph: Graph, folder: str = "") -> dict[str, set[str]]:
    """What the files and subfolders of a folder import from each other."""
    depth = len(folder.split(".")) if folder else 0
    inside: dict[str, set[str]] = defaultdict(set)
    for module, targets in graph.items():
        for target in targets:
            if target in graph and _is_in(module, folder) and _is_in(target, folder):
                one, other = (".".join(name.split(".")[: depth + 1]) for name in (module, target))
                inside[one] |= {other} - {one}
    return inside


def _is_in(module: str, folder: str) -> bool:
    return not folder or module.startswith(f"{folder}.")


def find_circles(graph: Graph) -> list[list[str]]:
    """Modules that import each other, however far around: each circle once, sorted."""
    reached = {module: _reach(graph, module) for module in graph}
    circles = {
        tuple(sorted(o for o in reached[m] if o in graph and m in reached[o]))
        for m in graph
        if m in reached[m]
    }
    return [list(circle) for circle in sorted(circles)]


def _reach(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        module = waiting.pop()
        if module not in found and module in graph:
            found.add(module)
            waiting += graph[module]
    return found

"""The official SDK's own source as judge: which operations exist, with which query names and body models."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import PureCloudPlatformClientV2

_OPERATION = re.compile(
    r"    def (?P<name>\w+)\(self, (?P<arguments>[^)]*?)\*\*kwargs\)"
    r"(?P<source>.*?)call_api\(resource_path, '(?P<method>[A-Z]+)'.*?response_type=(?P<answer>'[^']*'|None)",
    re.DOTALL,
)
_BODY = re.compile(r"body: '([^']*)'")
_TEMPLATE = re.compile(r"resource_path = '([^']*)'")
_QUERY = re.compile(r"query_params\['([^']*)'\]")


@dataclass(frozen=True)
class Operation:
    """One operation of the SDK."""

    name: str
    method: str
    pattern: re.Pattern[str]
    query_names: frozenset[str]
    body: str | None
    answer: str | None
    """The model of what comes back."""


@functools.cache
def operations() -> tuple[Operation, ...]:
    """Every operation of the SDK."""
    folder = Path(PureCloudPlatformClientV2.__file__).parent / "apis"
    return tuple(
        _read(match)
        for file in sorted(folder.glob("*_api.py"))
        for match in _OPERATION.finditer(file.read_text())
    )


def find(method: str, path: str) -> Operation:
    """The operation behind a request; a template without parameters wins. AssertionError if there is none."""
    fitting = [each for each in operations() if each.method == method and each.pattern.fullmatch(path)]
    assert fitting, f"the official SDK has no {method} {path}"
    return min(fitting, key=lambda each: each.pattern.pattern.count("[^/]"))


def reload(body: Any, model: str) -> Any:
    """The body as it comes out again after the SDK has read it into its model."""
    client = PureCloudPlatformClientV2.ApiClient()
    loaded = client._ApiClient__deserialize(body, model)
    return client.sanitize_for_serialization(loaded)


def _read(match: re.Match[str]) -> Operation:
    source = match["source"]
    template = _TEMPLATE.search(source)
    assert template
    pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template[1]))
    names = frozenset(_QUERY.findall(source))
    body = _BODY.search(match["arguments"])
    answer = None if match["answer"] == "None" else match["answer"].strip("'")
    return Operation(
        match["name"], match["method"], re.compile(pattern), names, body[1] if body else None, answer
    )

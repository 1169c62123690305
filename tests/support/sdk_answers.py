"""Answers as the official SDK's models describe them: each field there, null or missing, an enum's word new.

The SDK declares what a field holds; nothing declares what must be there, so all of it may be missing.
"""

from __future__ import annotations

import functools
import inspect
import re
from random import Random
from typing import Any

import PureCloudPlatformClientV2

NEW_WORD = "AWordOfNextYear"
TIMES = [
    "2026-11-01T09:30:00Z", "2026-11-01T09:30:00.000Z", "2026-11-01T09:30:00.000000000Z", "2026-11-01T09:30Z",
    "2026-11-01T09:30:00+0000", "2026-11-01T10:30:00+01:00",
]  # fmt: skip
"""One instant in every form of ISO 8601 that a Java service writes; seconds that are zero may be left out."""

_LEAVES: dict[str, list[Any]] = {
    "str": ["", "x", "+13175550101", "C-1"], "bool": [True, False], "int": [0, 1, 200, 2**63], "float": [0.5],
    "object": [None, 1, "x", [], {}], "datetime": [*TIMES], "date": ["2026-11-01"],
}  # fmt: skip
_WORDS = re.compile(r"allowed_values = \[(.*?)\]", re.DOTALL)
_ITEM = re.compile(r"(?:list\[|dict\(str, )(.*)[\])]")


@functools.cache
def fields(model: str) -> list[tuple[str, str, list[str]]]:
    """The model's fields as JSON names them, each with its type and its enum's words."""
    kind = getattr(PureCloudPlatformClientV2, model)
    made = kind()
    found = []
    for name, type_ in made.swagger_types.items():
        words = _WORDS.search(inspect.getsource(getattr(kind, name).fset))
        found.append((made.attribute_map[name], type_, re.findall(r'"([^"]*)"', words[1]) if words else []))
    return found


def draw(random: Random, type_: str, depth: int = 2, words: list[str] | None = None) -> Any:
    """A value of a type: a model, a list, a word, a time; deeper models than `depth` are empty."""
    if item := _ITEM.fullmatch(type_):
        inner = [draw(random, item[1], depth, words) for _ in range(random.randrange(3))]
        return inner if type_.startswith("list") else {str(key): each for key, each in enumerate(inner)}
    if type_ in _LEAVES:
        return random.choice([*words, NEW_WORD] if words else _LEAVES[type_])
    if depth == 0:
        return {}
    return {
        name: draw(random, each, depth - 1, inner) if random.random() < 0.8 else None
        for name, each, inner in fields(type_)
        if random.random() < 0.8
    }

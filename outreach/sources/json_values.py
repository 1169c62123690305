"""JSON as it stands: a name that is given twice is found, and long numbers keep their digits."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import orjson

_A_KEY = re.compile(rb'"\s*:')
_BEYOND_64_BITS = re.compile(rb"[0-9]{19}")


class RepeatedKey(ValueError):  # noqa: N818 - it names a thing, not a failure
    """An object gives a name twice; a parser would take the last, whatever the first says of consent."""


def loads(text: bytes) -> object:
    """The value. Raises RepeatedKey and JSONDecodeError."""
    value = orjson.loads(text)
    # Each name is followed by a colon, and what looks so within a text only adds to them: as many as there
    # are names mean that none is lost. Else the slow parser looks, which also keeps long numbers whole.
    if len(_A_KEY.findall(text)) == _count(value) and not _BEYOND_64_BITS.search(text):
        return value
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RepeatedKey
    return found


def _count(value: object) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_count(each) for each in value.values() if isinstance(each, (dict, list)))
    if isinstance(value, list):
        return sum(_count(each) for each in value if isinstance(each, (dict, list)))
    return 0

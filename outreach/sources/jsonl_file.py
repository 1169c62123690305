"""JSONL: one JSON object a line, flat or nested, with our names or the guide's camelCase."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO, Any

import orjson

from outreach.sources.cells import CELL_LIMIT
from outreach.sources.columns import Headings
from outreach.sources.csv_lines import LINE_LIMIT
from outreach.sources.files import buffered
from outreach.sources.json_values import RepeatedKey, loads
from outreach.sources.mappings import record_of
from outreach.sources.rows import Record, Reject

_NOT_JSON = Reject("not_json", "The line is not valid JSON in UTF-8; each line must hold one object.")
_TOO_LONG = Reject("too_long", f"The line holds more than {LINE_LIMIT} bytes; a value may have {CELL_LIMIT}.")
_TWICE = Reject("duplicate_columns", "The line gives a name twice, and which of the two counts nobody knows.")
_NOTHING: tuple[str, ...] = ()


class JsonlFile:
    """A JSONL file anywhere."""

    fixed_columns = False

    def __init__(self, label: str, headings: Headings) -> None:
        self.label = label
        self.notes: list[str] = []
        self._headings = headings

    def records(self, stack: ExitStack, data: IO[bytes]) -> Iterator[Record]:
        """One record a line that is not blank. Raises SourceError."""
        for number, line in enumerate(_bounded(stack.enter_context(buffered(data))), 1):
            # A byte order mark: files that were joined have one in the middle.
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if text:
                yield self._record(number, text)

    def _record(self, number: int, text: bytes) -> Record:
        if len(text) > LINE_LIMIT:
            return Record(number, _NOTHING, (), _TOO_LONG)
        try:
            return record_of(number, loads(text), self._headings)
        except RepeatedKey:
            return Record(number, ("line as it was",), (_shown(text),), _TWICE)
        except orjson.JSONDecodeError:
            return Record(number, ("line as it was",), (_shown(text),), _NOT_JSON)


def _shown(text: bytes) -> str:
    return text[:CELL_LIMIT].decode("utf-8", "replace")


def _bounded(lines: io.BufferedReader[Any]) -> Iterator[bytes]:
    """Lines; of a huge one only the first part, which is still longer than LINE_LIMIT."""
    while line := lines.readline(LINE_LIMIT + 2):
        rest = line
        while len(rest) > LINE_LIMIT and not rest.endswith(b"\n"):
            rest = lines.readline(LINE_LIMIT + 2)
        yield line

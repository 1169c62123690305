"""JSONL: one JSON object a line, flat or nested, with our names or the guide's camelCase."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import orjson

from outreach.errors import SourceError
from outreach.sources.cells import CELL_LIMIT
from outreach.sources.csv_lines import LINE_LIMIT
from outreach.sources.files import FileReader, buffered
from outreach.sources.mappings import record_of
from outreach.sources.rows import Record, Reject

_NOT_JSON = Reject("not_json", "The line is not valid JSON in UTF-8; each line must hold one object.")
_TOO_LONG = Reject("too_long", f"The line holds more than {LINE_LIMIT} bytes; a value may have {CELL_LIMIT}.")
_NOTHING: tuple[str, ...] = ()


class JsonlFile(FileReader):
    """A JSONL file anywhere."""

    fixed_columns = False

    def records(self) -> Iterator[Record]:
        """One record a line that is not blank. Raises SourceError."""
        with self._location.opened() as data, buffered(self.label, data) as lines:
            for number, line in enumerate(_bounded(lines), 1):
                # A byte order mark: files that were joined have one in the middle.
                text = line.removeprefix(b"\xef\xbb\xbf").strip()
                if number == 1 and text.startswith(b"["):
                    raise SourceError(f"{self.label} holds one JSON array.", "Write one object a line.")
                if text:
                    yield self._record(number, text)

    def _record(self, number: int, text: bytes) -> Record:
        if len(text) > LINE_LIMIT:
            return Record(number, _NOTHING, (), _TOO_LONG)
        try:
            return record_of(number, orjson.loads(text), self._headings)
        except orjson.JSONDecodeError:
            line = text[:CELL_LIMIT].decode("utf-8", "replace")
            return Record(number, ("line as it was",), (line,), _NOT_JSON)


def _bounded(lines: io.BufferedReader[Any]) -> Iterator[bytes]:
    """Lines; of a huge one only the first part, which is still longer than LINE_LIMIT."""
    while line := lines.readline(LINE_LIMIT + 2):
        rest = line
        while len(rest) > LINE_LIMIT and not rest.endswith(b"\n"):
            rest = lines.readline(LINE_LIMIT + 2)
        yield line

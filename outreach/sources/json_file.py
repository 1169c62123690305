"""One JSON document: an array of contacts, or an object in which such an array lies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import IO

import orjson

from outreach.errors import SourceError
from outreach.sources.json_values import RepeatedKey, loads
from outreach.sources.jsonl_file import JsonlFile
from outreach.sources.mappings import record_of
from outreach.sources.rows import Record
from outreach.sources.unpacking import seekable
from outreach.sources.web import ONE_LIST

_LARGEST = 1 << 28
_NEXT = re.compile(
    r"(odata)?next(link|page|pageurl|pagetoken|url|uri|href|cursor|token|start|offset|recordsurl)?\Z"
)
_TOTAL = re.compile(r"total(count|size|results|records|items|rows|elements|contacts)?\Z")
_OF_PAGES = re.compile(r"pag[ei]|meta|info|cursor|result|list|link|range|response|search|query|\bcount")
"""Parts whose `total` is that of the list: in others, such as an account's usage, it is of something else."""
_BESIDE_TOTAL = re.compile(r".*page.*|.*offset|skip|limit|start(at|index)?|(next|prev).*|.*cursor")
_NONE = (None, False, "", 0, -1, "0", "-1", "null")
_MORE = re.compile(r"(has|is)?(more|next)(records|items|results|pages?|itemsincollection|available)?\Z")


class JsonFile(JsonlFile):
    """A JSON file anywhere; one with an object a line is read so, whatever its ending."""

    def records(self, stack: ExitStack, data: IO[bytes]) -> Iterator[Record]:
        """One record an object, numbered from 1. Raises SourceError."""
        data = seekable(stack, data)
        first = data.readline(_LARGEST).removeprefix(b"\xef\xbb\xbf").strip()
        if first.startswith(b"{") and first.endswith(b"}") and data.readline().strip():
            data.seek(0)
            yield from super().records(stack, data)
            return
        data.seek(0)
        text = data.read(_LARGEST + 1).removeprefix(b"\xef\xbb\xbf")
        if len(text) > _LARGEST:
            raise SourceError(
                f"{self.label} is one JSON value of hundreds of MB.", "Write one object a line (.jsonl)."
            )
        for number, row in enumerate(self._rows(text), 1):
            yield record_of(number, row, self._headings)

    def _rows(self, text: bytes) -> list[object]:
        try:
            value = loads(text)
        except RepeatedKey as e:
            raise SourceError(f"{self.label} gives a name twice in one object.", "Export it again.") from e
        except (orjson.JSONDecodeError, RecursionError) as e:
            raise SourceError(f"{self.label} is not valid JSON in UTF-8.", "Export it again.") from e
        if isinstance(value, list):
            return value
        lists = (
            [each for each in value.values() if _holds_objects(each)] if isinstance(value, Mapping) else []
        )
        if len(lists) > 1:
            raise SourceError(f"{self.label} holds {len(lists)} lists.", "Leave the one that is meant.")
        if lists and _has_more(value, len(lists[0])):
            raise SourceError(f"{self.label} is one page of several.", ONE_LIST)
        return lists[0] if lists else [value]


def _has_more(value: object, count: int, part: str = "") -> bool:
    """Whether what an API says beside its list of so many names a next page, or more than these in all."""
    if not isinstance(value, Mapping):
        return False
    named = [(re.sub(r"[\W_]", "", str(name)).lower(), said) for name, said in value.items()]
    is_of_list = not part or _OF_PAGES.search(part) or any(_BESIDE_TOTAL.fullmatch(name) for name, _ in named)
    return any(
        (said is True and _MORE.match(name))
        or (_NEXT.match(name) and not _is_none(said))
        or (is_of_list and isinstance(said, int) and said > count and _TOTAL.match(name))
        or _has_more(said, count, f"{part} {name}")
        for name, said in named
    )


def _is_none(said: object) -> bool:
    """Whether a next page is named only to say that there is none, as by `{"href": null}`."""
    if isinstance(said, (Mapping, list)):
        return all(map(_is_none, said.values() if isinstance(said, Mapping) else said))
    return said in _NONE


def _holds_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)

"""A row on its way into the ledger: an entry, which becomes a contact, or one that was refused.

Rows become entries while they are read, so that a chunk's contacts, each of many objects, need not stand in
memory at once for Python's collector to look through.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import orjson
from pydantic import TypeAdapter

from outreach.contacts import Contact
from outreach.ledger.loads.stored_ids import StoredIds
from outreach.ledger.vault import Vault
from outreach.sources.rows import Row

# What `model_dump_json` calls; by itself it takes 0.8 microseconds less.
_to_json = TypeAdapter(Contact).serializer.to_json
CHUNK = 2000
"""Rows of a transaction: a load that was killed left whole ones, and nothing of the next. Of 1000, each row
takes the writing process a tenth more time."""


class Entry(NamedTuple):
    """A row that has a contact. `payload` is None of who was forgotten; `address_keys` only where asked for.

    `raw` is the row's, as JSON: it is nearly never asked for, and takes a third of a dict's memory.
    """

    external_contact_id: str
    line: int
    content_key: str
    payload: str | None
    raw: str
    address_keys: frozenset[str] = frozenset()

    def forgotten(self) -> Entry:
        """Nothing of it but the id: it leads to somebody who asked to be forgotten."""
        return self._replace(payload=None, content_key="")

    def content(self) -> dict[str, Any]:
        """The columns that a correction replaces."""
        return {
            "payload": self.payload,
            "content_key": self.content_key,
            "line": self.line,
            "retryable": False,
            "until": None,
            "attempts": 0,
            "deaths": 0,
        }


class Refused(NamedTuple):
    """A row that was not accepted, and the id that stood before if that is why."""

    row: Row
    duplicate_of: str | None = None

    def as_row(self, vault: Vault, campaign_id: int, load_id: int) -> dict[str, Any]:
        """A new row of `rejects`."""
        assert self.row.reject is not None  # noqa: S101 - it was refused
        raw = _dump(self.row.raw)
        return {
            "campaign_id": campaign_id,
            "load_id": load_id,
            "line": self.row.line,
            "duplicate": self.duplicate_of is not None,
            "external_contact_id": self.duplicate_of,
            "code": self.row.reject.code,
            "reason": self.row.reject.reason,
            "retryable": self.row.reject.retryable,
            "raw": vault.seal(raw),
            "row_key": vault.key("row", f"{self.row.line}\0{raw}"),
        }


class Chunk(NamedTuple):
    """The rows of a transaction."""

    entries: list[Entry]
    refused: list[Refused]

    def __reduce__(self) -> tuple[Callable[..., Chunk], tuple[object, ...]]:
        # By columns: a row takes two processes 1 microsecond, as objects 6.
        return _of_columns, (self.refused, *zip(*self.entries, strict=True))


def _of_columns(refused: list[Refused], *columns: Sequence[Any]) -> Chunk:
    return Chunk(list(map(Entry._make, zip(*columns, strict=True))), refused)


class Taker(NamedTuple):
    """Makes entries of rows, chunk by chunk, with what it takes of a ledger: in any process of ours."""

    vault: Vault
    stored: StoredIds
    with_addresses: bool

    def chunks(self, rows: Iterable[Row]) -> Iterator[Chunk]:
        """The rows as they go into the ledger, so many at once as one transaction takes."""
        source = iter(rows)
        while True:
            chunk = Chunk([], [])
            for row in islice(source, CHUNK):
                if contact := self.stored.row(row).contact:
                    chunk.entries.append(self._take(row, contact))
                else:
                    chunk.refused.append(Refused(row))
            if not (chunk.entries or chunk.refused):
                return
            yield chunk

    def _take(self, row: Row, contact: Contact) -> Entry:
        plain = dump_contact(contact)
        key, payload = self.vault.key("content", plain), self.vault.seal(plain)
        keys: frozenset[str] = frozenset()
        if self.with_addresses:
            keys = keys.union(*map(self.vault.address_keys, contact.channels.addresses().values()))
        return Entry(contact.external_contact_id, row.line, key, payload, _dump(row.raw), keys)


def dump_contact(contact: Contact) -> str:
    """What a row says, as the ledger keeps it: two rows that say the same have the same."""
    return _to_json(contact, exclude_defaults=True).decode()


def _dump(raw: Mapping[str, str]) -> str:
    try:
        return orjson.dumps(raw).decode()
    except TypeError:  # half a surrogate pair, which is no text: that is why the row is here
        return json.dumps(dict(raw))

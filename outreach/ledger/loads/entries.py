"""A row on its way into the ledger: an entry, which becomes a contact, or one that was refused.

Rows become entries while they are read, so that a chunk's contacts, each of many objects, need not stand in
memory at once for Python's collector to look through.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

import orjson

from outreach.ledger.loads.stored_ids import StoredIds
from outreach.ledger.vault import Vault
from outreach.sameness import same_form
from outreach.sources.refusal import KeyedNo, Refusal
from outreach.sources.rows import Record, Reject, Row

_NOBODYS = frozenset[str]()
CHUNK = 2000
"""Rows of a transaction: a load that was killed left whole ones, and nothing of the next. Of 1000, each row
takes the writing process a tenth more time."""


class Entry(NamedTuple):
    """A row that has a contact.

    `payload` is None of who was forgotten; `address_keys` only where asked for.
    """

    external_contact_id: str
    line: int
    content_key: str
    payload: str | None
    address_keys: frozenset[str] = frozenset()

    def keyed(self, vault: Vault) -> Entry:
        """With the keys of its addresses, for which nobody asked when it was made."""
        addresses = orjson.loads(vault.open(str(self.payload)))["channels"].values()
        return self._replace(address_keys=_NOBODYS.union(*map(vault.address_keys, addresses)))

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
    """A row that was not accepted, and the id that stood before if that is why.

    `is_forgotten`: it leads to somebody who asked to be forgotten, and what it says is kept nowhere.
    """

    row: Row
    duplicate_of: str | None = None
    is_forgotten: bool = False

    def for_file(self) -> Row:
        """As the rejects file shows it."""
        if not self.is_forgotten:
            return self.row
        return Row(Record(self.row.line, (), ()), reject=self.row.reject)

    def row_key(self, vault: Vault) -> str:
        """By which the same row on the same line is known again."""
        return vault.key("row", f"{self.row.line}\0{_dump(self.row.raw).decode()}")

    def content_key(self, vault: Vault) -> str:
        """Of what the row says, wherever it stands: another than that of any row that can be read."""
        return vault.key("unreadable", _dump(self.row.raw).decode())

    def as_row(self, vault: Vault, campaign_id: int, load_id: int) -> dict[str, Any]:
        """A new row of `rejects`."""
        assert self.row.reject is not None  # noqa: S101 - it was refused
        return {
            "campaign_id": campaign_id,
            "load_id": load_id,
            "line": self.row.line,
            "duplicate": self.duplicate_of is not None,
            "external_contact_id": self.duplicate_of,
            "code": self.row.reject.code,
            "reason": self.row.reject.reason,
            "retryable": self.row.reject.retryable,
            "raw": None if self.is_forgotten else vault.seal(_dump(self.row.raw).decode()),
            "row_key": self.row_key(vault),
        }


class Chunk(NamedTuple):
    """The rows of a transaction.

    `raws` are the entries' cells as JSON, by their headers: they are nearly never asked for. `said_no` is
    what any of the rows says no to.
    """

    entries: list[Entry]
    refused: list[Refused]
    raws: bytes
    said_no: Sequence[KeyedNo] = ()

    def __reduce__(self) -> tuple[Callable[..., Chunk], tuple[object, ...]]:
        # By columns and marshal: a row takes two processes 1.3 microseconds; pickled 2.9, as objects 6.
        columns = marshal.dumps(tuple(zip(*self.entries, strict=True)), 2)
        return _of_columns, (columns, self.refused, self.raws, self.said_no)

    def refuse(self, duplicates: Mapping[int, Reject], entries: Sequence[Entry]) -> list[Refused]:
        """Those of the entries whose id stands before, by their places.

        Nothing is kept of what the row says of somebody who was forgotten.
        """
        if not duplicates:
            return []
        raws = [(headers, cells) for headers, group in json.loads(self.raws) for cells in group]
        refused = []
        for place, reject in duplicates.items():
            entry = entries[place]
            headers, cells = raws[place] if entry.payload is not None else ((), ())
            row = Row(Record(entry.line, tuple(headers), cells), reject=reject)
            refused.append(Refused(row, entry.external_contact_id))
        return refused


def _of_columns(columns: bytes, refused: list[Refused], raws: bytes, said_no: Sequence[KeyedNo]) -> Chunk:
    entries = zip(*marshal.loads(columns), strict=True)  # noqa: S302 - our own child's, of this very Python
    return Chunk(list(map(Entry._make, entries)), refused, raws, said_no)


_Taken: TypeAlias = tuple[str, Record, bytes, frozenset[str]]
"""What is kept of a row until its chunk is whole, not its contact: id, record, content, keys of addresses. A
class of its own took three times as long to make.
"""


class Taker(NamedTuple):
    """Makes entries of rows, chunk by chunk, with what it takes of a ledger: in any process of ours."""

    vault: Vault
    stored: StoredIds
    with_addresses: bool

    def chunks(self, rows: Iterable[Row]) -> Iterator[Chunk]:
        """The rows as they go into the ledger, so many at once as one transaction takes."""
        source = iter(rows)
        while True:
            good: list[_Taken] = []
            refused: list[Refused] = []
            said_no: list[tuple[str, Refusal]] = []
            for row in islice(source, CHUNK):
                known = self.stored.row(row) if self.stored.ids else row
                if refusal := known.refusal:
                    said_no.append((refuser_of(self.vault, known), refusal))
                if known.reject:
                    refused.append(Refused(known))
                    continue
                keys = self._address_keys(known) if self.with_addresses else _NOBODYS
                good.append((known.external_contact_id, row.record, dump_content(known), keys))
            if not (good or refused):
                return
            # In one order everywhere, so that PostgreSQL lets nobody wait in a circle.
            chunk = self._chunk(good, refused, sorted(set(key_refusals(self.vault, said_no))))
            good.clear()  # before it is written
            yield chunk

    def _chunk(self, good: Sequence[_Taken], refused: list[Refused], said_no: list[KeyedNo]) -> Chunk:
        names, records, contents, addresses = zip(*good, strict=True) if good else ((), (), (), ())
        keys = self.vault.keys("content", contents)  # of many at once, in two thirds of the time
        payloads = map(self.vault.seal, map(bytes.decode, contents))
        lines = [record.line for record in records]
        entries = list(map(Entry, names, lines, keys, payloads, addresses))
        return Chunk(entries, refused, _dump_raws(records), said_no)

    def _address_keys(self, row: Row) -> frozenset[str]:
        addresses = row.contact.channels.addresses().values() if row.contact else ()
        return _NOBODYS.union(*map(self.vault.address_keys, addresses))


def refuser_of(vault: Vault, row: Row) -> str:
    """Who says what a row says: its id, or whatever stands in it."""
    return row.external_contact_id or Refused(row).content_key(vault)


def key_refusals(vault: Vault, said: Sequence[tuple[str, Refusal]]) -> list[KeyedNo]:
    """What these refusers say no to, address by address, as `outreach/ledger/refusals.py` keeps it."""
    forms = [same_form(address).encode() for _, refusal in said for address in refusal.addresses]
    # Of many at once, in a third of the time.
    people = vault.numbers("person", [name.encode() for name, _ in said])
    told = zip(people, said, strict=True)
    rest = [(who, refusal.channels) for who, (_, refusal) in told for _ in refusal.addresses]
    addresses = vault.numbers("address", forms)
    return [(address, *others) for address, others in zip(addresses, rest, strict=True)]


def dump_content(row: Row) -> bytes:
    """What a row says, as the ledger keeps it, its defaults left out: two that say the same have the same."""
    if row.said is None and row.contact:
        return row.contact.dump()
    # Copied, since what orjson makes keeps the 4 KB that it was written into: 8 MB a chunk.
    return memoryview(orjson.dumps(row.said)).tobytes()


def _dump_raws(records: Iterable[Record]) -> bytes:
    by_headers = groupby(records, attrgetter("headers"))
    return _dump([(headers, [record.cells for record in group]) for headers, group in by_headers])


def _dump(raw: object) -> bytes:
    try:
        return orjson.dumps(raw)
    except TypeError:  # half a surrogate pair, which is no text: that is why the row is here
        return json.dumps(raw).encode()

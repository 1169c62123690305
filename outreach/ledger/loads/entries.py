"""A row on its way into the ledger: an entry, which becomes a contact, or one that was refused.

Rows become entries while they are read, so that a chunk's contacts, each of many objects, need not stand in
memory at once for Python's collector to look through.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import orjson

from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.stored_ids import StoredIds
from outreach.ledger.states import State
from outreach.ledger.vault import Vault
from outreach.sources.rows import Row

CHUNK = 2000
"""Rows of a transaction: a load that was killed left whole ones, and nothing of the next. Of 1000, each row
takes the writing process a tenth more time."""
_ACCEPTED = State.ACCEPTED.value


class Entry:
    """A row that has a contact; `line` and `raw` are the row's. `address_keys` only where asked for."""

    __slots__ = ("_payload", "address_keys", "content_key", "external_contact_id", "line", "raw")

    def __init__(self, vault: Vault, row: Row, *, with_addresses: bool = False) -> None:
        assert row.contact is not None  # noqa: S101 - the caller asked
        plain = row.contact.model_dump_json(exclude_defaults=True)
        self.line = row.line
        self.raw = row.raw
        self.external_contact_id = row.contact.external_contact_id
        self.content_key = vault.key("content", plain)
        self._payload: str | None = vault.seal(plain)
        addresses = row.contact.channels.addresses().values() if with_addresses else ()
        self.address_keys = {key for address in addresses for key in vault.address_keys(address)}

    @property
    def is_forgotten(self) -> bool:
        """Whether nothing of it is kept but its id."""
        return self._payload is None

    def forget(self) -> None:
        """Keep nothing but the id: it leads to somebody who asked to be forgotten."""
        self._payload, self.content_key = None, ""

    def content(self) -> dict[str, Any]:
        """The columns that a correction replaces."""
        return {
            "payload": self._payload,
            "content_key": self.content_key,
            "line": self.line,
            "retryable": False,
            "until": None,
            "attempts": 0,
            "deaths": 0,
        }

    def as_row(self, campaign_id: int, load_id: int, record: dict[str, Any]) -> dict[str, Any]:
        """A new row of `contacts`, whose audit begins with `record`."""
        return {
            "id": record["contact_id"],
            "campaign_id": campaign_id,
            "external_contact_id": self.external_contact_id,
            "load_id": load_id,
            "line": self.line,
            "content_key": self.content_key,
            "payload": self._payload,
            "state": _ACCEPTED,
            "updated_at": record["at"],
            "audit_count": record["n"],
            "audit_head": record["hash"],
        }


class Refused(NamedTuple):
    """A row that was not accepted, and the id that stood before if that is why."""

    row: Row
    duplicate_of: str | None = None

    def as_row(self, ledger: Ledger, campaign_id: int, load_id: int) -> dict[str, Any]:
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
            "raw": ledger.vault.seal(raw),
            "row_key": ledger.vault.key("row", f"{self.row.line}\0{raw}"),
        }


class Taker(NamedTuple):
    """Makes entries of rows, chunk by chunk, with what it takes of a ledger: in any process of ours."""

    vault: Vault
    stored: StoredIds
    with_addresses: bool

    def chunks(self, rows: Iterable[Row]) -> Iterator[list[Entry | Refused]]:
        """The rows as they go into the ledger, so many at once as one transaction takes."""
        source = iter(rows)
        while chunk := [self._take(row) for row in islice(source, CHUNK)]:
            yield chunk

    def _take(self, row: Row) -> Entry | Refused:
        if not row.contact:
            return Refused(row)
        return Entry(self.vault, self.stored.row(row), with_addresses=self.with_addresses)


def _dump(raw: Mapping[str, str]) -> str:
    try:
        return orjson.dumps(dict(raw)).decode()
    except TypeError:  # half a surrogate pair, which is no text: that is why the row is here
        return json.dumps(dict(raw))

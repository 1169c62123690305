"""What one pass over a source has seen, in a temporary database that spills to disk: memory stays bounded."""

import hashlib
import secrets
import sqlite3
from functools import lru_cache

from outreach.sameness import same_form

_MARKS = 1 << 27
"""Bits, 16 MB: with a million people, one key in 65 that was never seen finds its bit taken."""
_RECENT = 50_000
"""Keys that go into the database together and in order, 5 MB: one by one, each landed on another page, and
took a sixth of the whole dry run's time."""
_CACHE_KIB = 32_000
"""Keys are random: with SQLite's 2 MB, most pages would be on the disk."""


class SeenKeys:
    """Ids and addresses seen in this dry run, as hashes under a key that dies with it."""

    def __init__(self) -> None:
        key = secrets.token_bytes(16)
        # Copied for each: half the time of a new one.
        self._of_ids, self._of_addresses = (
            hashlib.blake2b(digest_size=16, key=key, person=kind) for kind in (b"id", b"address")
        )
        self._marks = bytearray(_MARKS >> 3)
        # Asked about a row's addresses, and told of the one that is contacted.
        self._address = lru_cache(maxsize=16)(lambda address: _hash(self._of_addresses, same_form(address)))
        self._recent: dict[bytes, int] = {}
        self._database = sqlite3.connect("", isolation_level=None)  # temporary, private, gone when closed
        self._database.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        self._database.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID")
        self._database.execute("BEGIN")  # never committed: nothing waits for the disk

    def is_new(self, name: str) -> bool:
        """Whether this id was not seen before; it is from now on."""
        key = _hash(self._of_ids, name)
        if self._count(key):
            return False
        self._add(key)
        return True

    def take(self, address: str) -> None:
        """Note that this address would be contacted."""
        self._add(self._address(address))

    def times(self, address: str) -> int:
        """How often this address would have been contacted so far."""
        return self._count(self._address(address))

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def _add(self, key: bytes) -> None:
        self._recent[key] = self._count(key) + 1
        place, bit = _bit_of(key)
        self._marks[place] |= bit
        if len(self._recent) >= _RECENT:
            in_order = sorted(self._recent.items())
            self._database.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?)", in_order)
            self._recent.clear()

    def _count(self, key: bytes) -> int:
        place, bit = _bit_of(key)
        if not self._marks[place] & bit:  # nearly every key: no search, 8 microseconds each
            return 0
        if times := self._recent.get(key):
            return times
        row = self._database.execute("SELECT times FROM seen WHERE key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0


def _hash(begun: hashlib.blake2b, text: str) -> bytes:
    found = begun.copy()
    found.update(text.encode())
    return found.digest()


def _bit_of(key: bytes) -> tuple[int, int]:
    number = int.from_bytes(key[:8], "big") % _MARKS
    return number >> 3, 1 << (number & 7)

"""What one pass over a source has seen, in a temporary database that spills to disk: memory stays bounded."""

import hashlib
import secrets
import sqlite3
from functools import lru_cache

from outreach.sameness import same_form

_MARKS = 1 << 27
"""Bits, 16 MB: with a million addresses, one in 130 that was never seen finds its bit taken."""
_CACHE_KIB = 32_000
"""Keys are random, so each insert lands on another page: with SQLite's 2 MB, most of them on the disk."""


class SeenKeys:
    """Ids and addresses seen in this dry run, as hashes under a key that dies with it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._marks = bytearray(_MARKS >> 3)
        # Asked about a row's addresses, and told of the one that is contacted.
        self._address = lru_cache(maxsize=16)(lambda address: self._hash(same_form(address)))
        self._database = sqlite3.connect("", isolation_level=None)  # temporary, private, gone when closed
        self._database.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        self._database.execute("CREATE TABLE ids (key BLOB PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("CREATE TABLE used (key BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID")
        self._database.execute("BEGIN")  # never committed: nothing waits for the disk

    def is_new(self, name: str) -> bool:
        """Whether this id was not seen before; it is from now on."""
        added = self._database.execute("INSERT OR IGNORE INTO ids VALUES (?)", (self._hash(name),))
        return added.rowcount == 1

    def take(self, address: str) -> None:
        """Note that this address would be contacted."""
        key = self._address(address)
        place, bit = _bit_of(key)
        self._marks[place] |= bit
        count = "INSERT INTO used VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET times = times + 1"
        self._database.execute(count, (key,))

    def times(self, address: str) -> int:
        """How often this address would have been contacted so far."""
        key = self._address(address)
        place, bit = _bit_of(key)
        if not self._marks[place] & bit:  # nearly every address: no search, 8 microseconds each
            return 0
        row = self._database.execute("SELECT times FROM used WHERE key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def _hash(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode(), digest_size=16, key=self._key).digest()


def _bit_of(key: bytes) -> tuple[int, int]:
    number = int.from_bytes(key[:8], "big") % _MARKS
    return number >> 3, 1 << (number & 7)

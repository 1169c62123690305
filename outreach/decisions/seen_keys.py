"""What one pass over a source has seen, in a temporary database that spills to disk: memory stays bounded."""

import hashlib
import secrets
import sqlite3

from outreach.sameness import same_form


class SeenKeys:
    """Ids and addresses seen in this dry run, as hashes under a key that dies with it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._database = sqlite3.connect("", isolation_level=None)  # temporary, private, gone when closed
        self._database.execute("CREATE TABLE ids (key BLOB PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("CREATE TABLE used (key BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID")
        self._database.execute("BEGIN")  # never committed: nothing waits for the disk

    def is_new(self, name: str) -> bool:
        """Whether this id was not seen before; it is from now on."""
        added = self._database.execute("INSERT OR IGNORE INTO ids VALUES (?)", (self._hash(name),))
        return added.rowcount == 1

    def take(self, address: str) -> None:
        """Note that this address would be contacted."""
        count = "INSERT INTO used VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET times = times + 1"
        self._database.execute(count, (self._address(address),))

    def times(self, address: str) -> int:
        """How often this address would have been contacted so far."""
        found = self._database.execute("SELECT times FROM used WHERE key = ?", (self._address(address),))
        row = found.fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def _address(self, address: str) -> bytes:
        return self._hash(same_form(address))  # as the ledger's own address keys have it

    def _hash(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode(), digest_size=16, key=self._key).digest()

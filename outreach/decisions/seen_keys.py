"""What one pass over a source has seen, in a temporary database that spills to disk: memory stays bounded."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Collection, Mapping

from outreach.channels import Channel
from outreach.sameness import same_form

_EVERY = tuple(Channel)

_MARKS = 1 << 27
"""Bits, 16 MB: with a million people, one text in 65 that was never seen finds its bit taken."""
_RECENT = 50_000
"""Keys that go into the database together and in order, 5 MB: one by one, each landed on another page, and
took a sixth of the whole dry run's time."""
_CACHE_KIB = 32_000
"""Keys are random: with SQLite's 2 MB, most pages would be on the disk."""


class SeenKeys:
    """Ids and addresses seen in this dry run, as hashes under a key that dies with it."""

    def __init__(self) -> None:
        key = secrets.token_bytes(16)
        names = (b"id", b"address", b"refusing", b"no")
        self._ids, self._addresses, self._refusing, self._noes = (_Kind(key, name) for name in names)
        self._has_refusing = self._has_noes = False
        self.too_early = 0
        """How many were told that they would be contacted, and a later row says no for their address."""
        self._marks = bytearray(_MARKS >> 3)
        self._recent: dict[bytes, int] = {}
        self._database = sqlite3.connect("", isolation_level=None)  # temporary, private, gone when closed
        self._database.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        self._database.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID")
        self._database.execute("BEGIN")  # never committed: nothing waits for the disk

    def see(self, name: str, said: int) -> int:
        """What the first row with this id said, a number above 0; 0 where this is the first."""
        before = self._count(self._ids, name)
        if not before:
            self._note(self._ids, name, said)
        return before

    def refuse(self, name: str) -> bool:
        """Note that a row that cannot be read says no; whether one that can be read has this id."""
        self._has_refusing = True
        self._note(self._refusing, name, 1)
        return bool(self._count(self._ids, name))

    def is_refused(self, name: str) -> bool:
        """Whether a row that cannot be read said no."""
        return self._has_refusing and bool(self._count(self._refusing, name))

    def note_no(self, address: str, channels: Collection[Channel]) -> None:
        """Note that a row says no."""
        self._has_noes = True
        form = same_form(address)
        bits = sum(1 << _EVERY.index(channel) for channel in channels)
        self._note(self._noes, form, self._count(self._noes, form) | bits)
        self.too_early += self._count(self._addresses, form)

    def refused(self, addresses: Mapping[Channel, str]) -> frozenset[Channel]:
        """The channels on which others say no who share an address."""
        found = frozenset[Channel]()
        for channel, address in addresses.items() if self._has_noes else ():
            bits = self._count(self._noes, same_form(address))
            named = frozenset(each for place, each in enumerate(_EVERY) if bits & 1 << place)
            found |= named if channel in named else frozenset()
        return found

    def take(self, address: str) -> None:
        """Note that this address would be contacted."""
        form = same_form(address)
        self._note(self._addresses, form, self._count(self._addresses, form) + 1)

    def times(self, address: str) -> int:
        """How often this address would have been contacted so far."""
        return self._count(self._addresses, same_form(address))

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def _note(self, kind: _Kind, text: str, times: int) -> None:
        self._recent[kind.key(text)] = times
        number = kind.number(text)
        self._marks[number >> 3] |= 1 << (number & 7)
        if len(self._recent) >= _RECENT:
            in_order = sorted(self._recent.items())
            self._database.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?)", in_order)
            self._recent.clear()

    def _count(self, kind: _Kind, text: str) -> int:
        number = kind.number(text)
        if not self._marks[number >> 3] & 1 << (number & 7):  # nearly always: no key is needed
            return 0
        key = kind.key(text)
        if times := self._recent.get(key):
            return times
        row = self._database.execute("SELECT times FROM seen WHERE key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0


class _Kind:
    """Ids, or addresses: one text of several kinds has as many keys."""

    def __init__(self, key: bytes, name: bytes) -> None:
        self._begun = hashlib.blake2b(digest_size=16, key=key, person=name)
        self._salt = int.from_bytes(name[:1], "big")

    def key(self, text: str) -> bytes:
        """What stands for a text; begun once, and copied for each, in half the time of a new one."""
        found = self._begun.copy()
        found.update(text.encode())
        return found.digest()

    def number(self, text: str) -> int:
        """Its bit: by Python's own hash, a hundredth of the key's time; two texts may share it."""
        return (hash(text) ^ self._salt) & _MARKS - 1

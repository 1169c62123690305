"""Looks for words in all of an SQLite file that is no row: `unused_pages.py FILE`, the words in hex on stdin.

    a page    header | places of its rows | never overwritten | rows, and freed parts, which are overwritten

A process of its own, with nothing but Python: where a process closes a file that it has open as a database
too, the database's locks are lost. Prints the words that it found.
"""

import mmap
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

CHUNK = 1 << 24
_HEADER = struct.Struct(">BHHH")  # kind of page, first freed part, count of rows, where the rows begin
_FREED = struct.Struct(">HH")  # the next freed part, and how long this one is
_HEADER_LENGTHS = {2: 12, 5: 12, 10: 8, 13: 8}  # by the kind of page


def find(file: Path, words: Iterable[bytes]) -> set[bytes]:
    """The words that stand where no row is: in the file, or in the log of whoever writes just now."""
    found: set[bytes] = set()
    left = set(words)
    log = Path(f"{file}-wal")
    for chunk in (*_unused(file), log.read_bytes() if log.exists() else b""):
        found |= {word for word in left if word in chunk}
        left -= found
    return found


def _unused(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as pages:
        size = int.from_bytes(pages[16:18], "big")
        size = 65_536 if size == 1 else size
        parts, length = [], 0
        for page in range(0, len(pages), size):
            for part in _unused_in(pages, page, size):
                parts.append(part)
                length += len(part)
            if length >= CHUNK:
                yield b"".join(parts)
                parts, length = [], 0
        yield b"".join(parts)


def _unused_in(pages: mmap.mmap, page: int, size: int) -> Iterator[bytes]:
    header = page or 100  # before the first page's, the file has one
    kind, freed, count, rows = _HEADER.unpack_from(pages, header)
    if kind not in _HEADER_LENGTHS:  # a page that is free, or the rest of a long row
        yield pages[page : page + size]
        return
    yield pages[header + _HEADER_LENGTHS[kind] + 2 * count : page + (rows or 65_536)]
    while freed:
        following, length = _FREED.unpack_from(pages, page + freed)
        yield pages[page + freed : page + freed + length]
        freed = following if following > freed else 0


if __name__ == "__main__":
    found = find(Path(sys.argv[1]), map(bytes.fromhex, sys.stdin.read().split()))
    sys.stdout.write(" ".join(word.hex() for word in found))

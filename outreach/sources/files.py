"""Files, wherever they are: opened through fsspec, decompressed within a bound, decoded as UTF-8.

Whatever goes wrong on the way becomes a SourceError that says what, where and what to do.
"""

from __future__ import annotations

import bz2
import gzip
import io
import os
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any, TextIO, cast

import fsspec

from outreach.errors import SourceError
from outreach.sources.columns import Headings

MOST_EXPANSION = 200
"""A compressed file may grow so many times; text grows 5 to 30 times."""
FREE_EXPANSION = 16 * 1024 * 1024
"""Bytes that may come out of a compressed file before the bound counts."""

_SETTLED_NANOSECONDS = 2_000_000_000
"""A file may change twice within its clock's step: what was written just now proves nothing."""

_BUFFER = 1 << 18
_DECOMPRESSORS: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    ".gz": lambda raw: cast("IO[bytes]", gzip.GzipFile(fileobj=raw)),
    ".bz2": lambda raw: cast("IO[bytes]", bz2.BZ2File(raw)),
}
COMPRESSED = tuple(_DECOMPRESSORS)


@dataclass(frozen=True)
class Location:
    """Where a file is. `url` may hold secrets from the environment, `label` never does."""

    url: str
    label: str
    suffix: str
    """The kind of its contents, like `.csv`, without a compression's suffix."""
    compression: str = ""
    """`.gz`, `.bz2` or nothing."""

    def fingerprint(self) -> str:
        """Changes when a local file does; "" when that cannot be told: elsewhere, or changed just now."""
        if "://" in self.url:
            return ""
        try:
            found = os.stat(self.url)  # noqa: PTH116 - it is a path as the user wrote it
        except OSError:
            return ""
        if time.time_ns() - found.st_mtime_ns < _SETTLED_NANOSECONDS:
            return ""
        return f"{os.path.realpath(self.url)}\0{found.st_ino}\0{found.st_size}\0{found.st_mtime_ns}"

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The decompressed bytes. Raises SourceError."""
        with ExitStack() as stack, translated(self.label):
            raw = stack.enter_context(self._raw())
            if self.compression:
                expanded = stack.enter_context(_DECOMPRESSORS[self.compression](raw))
                yield cast("IO[bytes]", io.BufferedReader(_Bounded(self.label, raw, expanded), _BUFFER))
            else:
                yield raw

    @contextmanager
    def _raw(self) -> Iterator[IO[bytes]]:
        if "://" not in self.url:
            with open(self.url, "rb") as file:  # noqa: PTH123 - it is a path as the user wrote it
                yield file
            return
        found = fsspec.open(self.url, "rb")
        # An archive says what a member unfolds to before a byte of it is read.
        information = found.fs.info(found.path)
        packed, size = information.get("compress_size"), information.get("size")
        if packed and size:
            check_expansion(self.label, packed, size)
        with found as file:
            yield file


class _Bounded(io.RawIOBase):
    """Decompressed bytes, until they are absurdly many."""

    def __init__(self, label: str, compressed: IO[bytes], expanded: IO[bytes]) -> None:
        self._label = label
        self._compressed = compressed
        self._expanded = expanded
        self._size = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what io passes
        """Some more bytes. Raises SourceError at the bound."""
        data = self._expanded.read(len(buffer))
        buffer[: len(data)] = data
        self._size += len(data)
        # Against what was read so far: a bomb ends after 16 MB, not at its end.
        check_expansion(self._label, self._compressed.tell(), self._size)
        return len(data)


def check_expansion(label: str, packed: int, size: int) -> None:
    """Raises SourceError when `packed` bytes have become too many."""
    if size > FREE_EXPANSION and size > MOST_EXPANSION * packed:
        raise SourceError(
            f"{label} grows more than {MOST_EXPANSION} times when decompressed.",
            "No contact list does that; decompress and look at it first.",
        )


@contextmanager
def translated(label: str) -> Iterator[None]:
    """Makes a SourceError of whatever opening or reading raises. Messages of others are not repeated."""
    try:
        yield
    except SourceError:
        raise
    except FileNotFoundError as e:
        raise SourceError(f"{label} does not exist.", "Check the path.") from e
    except IsADirectoryError as e:
        raise SourceError(f"{label} is a folder.", "Name one file in it.") from e
    except PermissionError as e:
        raise SourceError(f"{label} may not be read.", "Check its permissions or the credentials.") from e
    except (ImportError, ValueError) as e:
        raise SourceError(f"{label} cannot be opened: {_about_the_filesystem(e)}", "") from e
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as e:
        raise SourceError(f"{label} is damaged or cut off.", "Copy or export it again.") from e
    except Exception as e:  # each fsspec filesystem raises its own library's errors
        raise SourceError(f"{label} failed ({type(e).__name__}).", "Check address and access.") from e


def _about_the_filesystem(error: Exception) -> str:
    """Which package to install, or that the protocol is not known: fsspec says it well."""
    text = str(error)
    if isinstance(error, ImportError) or text.startswith("Protocol not known"):
        return text.splitlines()[0].rstrip(".") + "."
    return f"its address is not one that fsspec understands ({type(error).__name__})."


def buffered(label: str, data: IO[bytes]) -> io.BufferedReader[Any]:
    """The bytes, once their first ones look like UTF-8. Raises SourceError."""
    reader: io.BufferedReader[Any] = io.BufferedReader(cast("io.RawIOBase", data), _BUFFER)
    _check_encoding(label, reader.peek(4096)[:4096])  # peeked: the reader still gets them
    return reader


def as_text(label: str, data: IO[bytes]) -> TextIO:
    """UTF-8 with or without BOM, line ends untouched; bytes that are not UTF-8 become U+FFFD."""
    # A byte that is not UTF-8 costs its row, not the file: cells.py finds the U+FFFD.
    return io.TextIOWrapper(buffered(label, data), encoding="utf-8-sig", errors="replace", newline="")


def _check_encoding(label: str, head: bytes) -> None:
    advice = "In Excel, save as 'CSV UTF-8 (comma delimited)'."
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError(f"{label} is UTF-16 text; contacts must be UTF-8.", advice)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise SourceError(f"{label} is a spreadsheet or an archive, not text.", advice)
    if head.count(b"\0") > len(head) // 8:  # UTF-16 without its mark: every other byte
        raise SourceError(f"{label} is not UTF-8 text.", advice)


class FileReader:
    """A file anywhere; each kind adds `records`."""

    fixed_columns = True
    may_be_empty = False

    def __init__(self, location: Location, headings: Headings) -> None:
        self._location = location
        self._headings = headings
        self.label = location.label

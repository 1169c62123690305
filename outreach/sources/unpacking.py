"""What lies in compressed files and archives, told by the first bytes: endings are often wrong.

gzip, bzip2, xz (all its parts, with padding between them), zstd     unpacked within a bound
.zip with one list                                                   that list; with several, a question
7-Zip, RAR, LZ4, compress                                            refused by name
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from pathlib import PurePosixPath
from typing import IO, NamedTuple, cast

from outreach.errors import SourceError
from outreach.sources.packed_parts import Parts

MOST_EXPANSION = 200
"""A compressed file may grow so many times; text grows 5 to 30 times."""
FREE_EXPANSION = 16 * 1024 * 1024
"""Bytes that may come out of a compressed file before the bound counts."""

_BUFFER, _HEAD = 1 << 18, 1 << 12
_MOST_LAYERS = 4
_ENDINGS = (".gz", ".gzip", ".bz2", ".xz", ".lzma", ".zst", ".zip")
_REFUSED = {
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x04\x22\x4d\x18": "compressed by LZ4",
    b"\x1f\x9d": "compressed by `compress`",
    b"%PDF-": "a PDF",
}
_SHOWN = 10


class Unpacked(NamedTuple):
    """The bytes, and the name that they have, without the endings of what they were packed by."""

    data: IO[bytes]
    name: str


def suffix_of(name: str) -> str:
    """The ending that says what a file holds, like `.csv`; without a compression's."""
    path = PurePosixPath(name)
    while path.suffix.lower() in _ENDINGS:
        path = PurePosixPath(path.stem)
    return path.suffix.lower()


def unpack(stack: ExitStack, label: str, data: IO[bytes], name: str) -> Unpacked:
    """Take off one layer after the other. Raises SourceError."""
    for _ in range(_MOST_LAYERS):
        data = peekable(data)
        head = first_bytes(data)
        for start, what in _REFUSED.items():
            if head.startswith(start):
                raise SourceError(f"{label} is {what}.", "Unpack or export it as .csv or .xlsx.")
        opens = next((opens for start, opens in _LAYERS.items() if head.startswith(start)), None)
        if opens:
            expanded = stack.enter_context(opens(data))
            data = cast("IO[bytes]", io.BufferedReader(_Bounded(label, data, expanded), _BUFFER))
        elif head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            data = seekable(stack, data)
            found = _member(stack, label, data)
            if found is None:  # a workbook
                data.seek(0)
                return Unpacked(data, name)
            data, name = found
        else:
            return Unpacked(data, name)
    raise SourceError(f"{label} is packed more than {_MOST_LAYERS} times.", "Unpack it first.")


def peekable(data: IO[bytes]) -> IO[bytes]:
    """The same bytes, of which one can see the first without reading them."""
    if hasattr(data, "peek"):
        return data
    return cast("IO[bytes]", io.BufferedReader(cast("io.RawIOBase", data), _BUFFER))


def first_bytes(data: IO[bytes]) -> bytes:
    """The first bytes; the reader still gets them."""
    return bytes(cast("io.BufferedReader", data).peek(_HEAD)[:_HEAD])


def seekable(stack: ExitStack, data: IO[bytes]) -> IO[bytes]:
    """The bytes in a file that can be read from anywhere: a server or an unpacker has only a stream."""
    if isinstance(getattr(data, "raw", data), io.FileIO):
        data.seek(0)
        return data
    spooled = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack is one
    shutil.copyfileobj(data, spooled, _BUFFER)
    spooled.seek(0)
    return spooled


def _member(stack: ExitStack, label: str, data: IO[bytes]) -> Unpacked | None:
    """The one list of an archive; None where the archive is a workbook."""
    try:
        archive = stack.enter_context(zipfile.ZipFile(data))
    except zipfile.BadZipFile as e:
        raise SourceError(
            f"{label} is a spreadsheet or an archive that is damaged or cut off.", "Copy or export it again."
        ) from e
    names = {info.filename.replace("\\", "/").lower() for info in archive.infolist()}
    if "[content_types].xml" in names or {"mimetype", "content.xml"} <= names:
        return None
    lists = [info for info in archive.infolist() if not _is_clutter(info)]
    if len(lists) != 1:
        named = ", ".join(info.filename for info in lists[:_SHOWN])
        raise SourceError(
            f"{label} holds {len(lists)} files" + (f": {named}." if lists else "."),
            "Name one: zip://NAME::PATH. Others may be the people who must not be contacted."
            if lists
            else "",
        )
    if lists[0].flag_bits & 1:
        raise SourceError(f"{label} is protected by a password.", "Unpack it first.")
    check_expansion(label, lists[0].compress_size, lists[0].file_size)
    return Unpacked(stack.enter_context(archive.open(lists[0])), lists[0].filename)


def _is_clutter(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.split("/")
    return (
        info.is_dir()
        or "__MACOSX" in parts
        or parts[-1].startswith(".")
        or parts[-1] in ("Thumbs.db", "desktop.ini")
    )


def check_expansion(label: str, packed: int, size: int) -> None:
    """Raises SourceError when `packed` bytes have become too many."""
    if size > FREE_EXPANSION and size > MOST_EXPANSION * packed:
        raise SourceError(
            f"{label} grows more than {MOST_EXPANSION} times when decompressed.",
            "No contact list does that; decompress and look at it first.",
        )


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

    def tell(self) -> int:
        """How many bytes have come out."""
        return self._size

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what io passes
        """Some more bytes. Raises SourceError at the bound."""
        data = self._expanded.read(len(buffer))
        buffer[: len(data)] = data
        self._size += len(data)
        # Against what was read so far: a bomb ends after 16 MB, not at its end.
        check_expansion(self._label, self._compressed.tell(), self._size)
        return len(data)


def _zstd(data: IO[bytes]) -> IO[bytes]:
    try:
        library = import_module("zstandard")
    except ImportError as e:
        raise SourceError(
            "The list is compressed by zstd, and zstandard is not installed.",
            "Install the extra: pip install 'genesys-outreach[zstd]'.",
        ) from e
    return cast("IO[bytes]", Parts(data, lambda: library.ZstdDecompressor().decompressobj()))


_LAYERS: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda data: cast("IO[bytes]", gzip.GzipFile(fileobj=data)),
    b"BZh": lambda data: cast("IO[bytes]", Parts(data, bz2.BZ2Decompressor)),
    b"\xfd7zXZ\0": lambda data: cast(
        "IO[bytes]", Parts(data, lambda: lzma.LZMADecompressor(memlimit=1 << 28))
    ),
    b"\x28\xb5\x2f\xfd": _zstd,
}

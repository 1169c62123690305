"""The parts of a file that is compressed by bzip2, xz or zstd, each read to its end."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import IO, Protocol

_PIECE = 1 << 10
"""Bytes that are unpacked at once: of zstd 32 MB may come of them."""


class _Part(Protocol):
    """A decompressor of one part of a file, as bz2, lzma and zstandard have them."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class Parts(io.RawIOBase):
    """All parts of a compressed file, each to its end.

    The libraries' own readers end without a word: lzma's at the padding between two parts, bz2's at a part
    that is damaged, zstandard's where a file is cut off, of which half had been the whole list.
    """

    def __init__(self, data: IO[bytes], make: Callable[[], _Part]) -> None:
        self._pieces = _unpacked(data, make)
        self._rest = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what io passes
        """Some more bytes. Raises EOFError where the file is cut off or damaged."""
        while not self._rest and (piece := next(self._pieces, None)) is not None:
            self._rest = piece
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _unpacked(data: IO[bytes], make: Callable[[], _Part]) -> Iterator[bytes]:
    part = make()
    while piece := data.read(_PIECE):
        # Zeros may stand between two parts.
        while piece := piece.lstrip(b"\0") if part.eof else piece:
            part = make() if part.eof else part
            try:
                yield part.decompress(piece)
            except OSError as e:  # bz2's word for what is none
                raise EOFError from e
            piece = part.unused_data
    if not part.eof:
        raise EOFError

"""Files as they are at one instant: who writes one while it is read is noticed before a row is believed."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

from outreach.errors import SourceError
from outreach.sources.unpacking import check_expansion

if TYPE_CHECKING:
    from fsspec.core import OpenFile

_AT_ONCE = 1 << 20
_TOLD_BY = ("size", "ETag", "etag", "generation", "mtime", "LastModified", "last_modified", "modify")
"""What tells one version of a file from the next, by the names that filesystems have for it."""


class SteadyFile(io.FileIO):
    """A file of this machine, of which nothing is given on once somebody has written into it.

    An export that was still being written was taken for whole, and of one written over, a row began in the
    one list and ended in the other: half a number may be somebody else's number.
    """

    def __init__(self, path: str, label: str) -> None:
        super().__init__(path)
        self._label = label
        self._before = self._written()

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]  # what io passes
        """Some more bytes. Raises SourceError."""
        count = super().readinto(buffer)
        if self._written() != self._before:
            raise _changed(self._label)
        return count

    def _written(self) -> tuple[int, int]:
        found = os.fstat(self.fileno())
        return found.st_size, found.st_mtime_ns


def copy_into(copy: IO[bytes], url: str, label: str) -> None:
    """All of a file that fsspec reaches. Raises SourceError, and what its filesystem raises.

    A bucket gives an object in pieces of 5 to 50 MB, and only S3 is asked for pieces of one version: of an
    object that was written anew meanwhile, half of the one list and half of the other came as one.
    """
    import fsspec  # noqa: PLC0415 - 0.02 s, for files elsewhere alone

    found = fsspec.open(url, "rb")
    before = _look_at(found)
    if before.get("type") == "directory":  # a bucket's can be opened, and is empty
        raise IsADirectoryError
    # An archive says what a member unfolds to before a byte of it is read.
    if before.get("compress_size") and before.get("size"):
        check_expansion(label, before["compress_size"], before["size"])
    try:
        with found as file:
            shutil.copyfileobj(file, copy, _AT_ONCE)
    finally:  # pieces of two versions also end in errors
        after = _look_at(found)
        if any(before.get(name) != after.get(name) for name in _TOLD_BY):
            raise _changed(label)
    copy.seek(0)


def _look_at(found: OpenFile) -> Mapping[str, Any]:
    found.fs.invalidate_cache()
    information: Mapping[str, Any] = found.fs.info(found.path)
    return information


def _changed(label: str) -> SourceError:
    return SourceError(f"{label} changed while it was read.", "Run it again once it is written.")

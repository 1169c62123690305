"""Files that hold personal data or a secret: mode 0600 from the first byte, and seen only when complete.

They are written beside their final name and renamed at the end, so a symbolic link there is replaced, not
followed. What a dying process left half-written, the next one to write there, or an erasure, removes.
"""

import contextlib
import fcntl
import glob
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

_END = ".part"


@contextlib.contextmanager
def part_beside(path: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A private file beside `path`, with a name that nobody else has; gone after the block unless renamed."""
    descriptor, name = tempfile.mkstemp(prefix=_prefix(path), suffix=_END, dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with contextlib.suppress(OSError):  # where a file system has no locks, leftovers stay
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield part, file
    finally:
        part.unlink(missing_ok=True)


def save(file: IO[bytes]) -> None:
    """Have it all on the disk before it gets its name: a power cut leaves the whole file, or none."""
    file.flush()
    os.fsync(file.fileno())


def write_private(path: Path, chunks: Iterable[bytes]) -> int:
    """Write a private file, all at once; an older one there is replaced. How many chunks it was."""
    count = 0
    remove_leftovers(path)
    with part_beside(path) as (part, file):
        for count, chunk in enumerate(chunks, 1):  # noqa: B007 - the last one is the number
            file.write(chunk)
        save(file)
        part.replace(path)
    return count


def digest_of(path: Path) -> str:
    """The hash of a file's bytes as they are; "" where it is gone."""
    digest = hashlib.sha256()
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
        return digest.hexdigest()
    return ""


def remove_leftovers(path: Path) -> None:
    """Remove what processes that died left half-written beside a file; nobody who is writing is disturbed."""
    for part in path.parent.glob(f"{glob.escape(_prefix(path))}*{_END}"):
        with contextlib.suppress(OSError), part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a writer holds it
            part.unlink()


def _prefix(path: Path) -> str:
    return f".{path.name[:80]}."  # a file's name has 255 bytes at the most

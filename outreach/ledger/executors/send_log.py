"""Which calls a process let go: a file of its own that outlives a kill, though not a power cut.

An intent says that a call may follow; the note says that it did. So after a death on this machine, only the
calls that were in the air are in doubt, and not the many that still waited for their turn. The file counts
only on the machine, and in the boot, that it names. It holds references, and nobody's data.
"""

import contextlib
import os
import tempfile
from pathlib import Path

from outreach.ledger.executors.processes import host


class SendLog:
    """The notes of one executor. Without a place for them nothing is noted, and everything is in doubt."""

    def __init__(self, executor: str) -> None:
        self._path = _path(executor)
        self._file: int | None = None
        with contextlib.suppress(OSError):
            _prepare(self._path.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND  # EXCL: never into another's file
            self._file = os.open(self._path, flags, 0o600)
            os.write(self._file, f"{host()}\n".encode())

    def note(self, reference: str) -> None:
        """The call with this reference goes now. Raises OSError when this cannot be told to anybody."""
        if self._file is None:
            return
        try:
            os.write(self._file, f"{reference}\n".encode())  # no fsync: a kill leaves it with the kernel
        except OSError:  # a full disk: no notes at all are better than some
            self._path.unlink()
            self._file = None

    def close(self) -> None:
        """Nothing goes any more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def read_send_log(executor: str) -> frozenset[str] | None:
    """The references that an executor of this machine let go; None when nobody can say."""
    try:
        _prepare(_path(executor).parent)
        first, *noted = _path(executor).read_text().splitlines()
    except (OSError, ValueError):
        return None
    return frozenset(noted) if first == host() else None  # from before a boot, some may be lost


def forget_send_log(executor: str) -> None:
    """Its intents are settled."""
    with contextlib.suppress(OSError):
        _path(executor).unlink(missing_ok=True)


def _path(executor: str) -> Path:
    owner = os.getuid() if hasattr(os, "getuid") else "us"
    return Path(tempfile.gettempdir()) / f"genesys-outreach-{owner}" / executor


def _prepare(folder: Path) -> None:
    """A folder that is ours alone; somebody else's is not used."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if hasattr(os, "getuid") and (
        found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink()
    ):
        raise PermissionError

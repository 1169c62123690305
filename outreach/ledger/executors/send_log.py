"""Which calls a process let go: a file of its own that outlives a kill, though not a power cut.

An intent says that a call may follow; the note says that it did. So after a death on this machine, only the
calls that were in the air are in doubt, and not the many that still waited for their turn. The file counts
only on the machine, and in the boot, that it names. It holds references, and nobody's data.

Any user of the machine may read it, for another one's next run has to know. Nobody else can make one: its
first line is marked with the ledger's key for the user that the file must belong to. What is amiss says
nothing, and then everything is in doubt.
"""

import contextlib
import hmac
import os
import stat
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from outreach.ledger.executors.processes import host
from outreach.ledger.vault import Vault

FOLDERS = "genesys-outreach-"


class SendLog:
    """The notes of one executor. Without a place for them nothing is noted, and everything is in doubt."""

    def __init__(self, executor: str, vault: Vault) -> None:
        self._path = _path(executor)
        self._file: int | None = None
        with contextlib.suppress(OSError):
            _prepare(self._path.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND  # EXCL: never into another's file
            self._file = os.open(self._path, flags, 0o644)
            self._path.chmod(0o644)  # whatever the umask
            os.write(self._file, f"{_head(executor, vault, os.getuid())}\n".encode())

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


def find_sent(executor: str, vault: Vault, references: Collection[str]) -> frozenset[str] | None:
    """Which of these an executor of this machine let go, whoever ran it; None when nobody can say."""
    sought, found = frozenset(references), []
    try:
        for opened, owner in _found(executor):
            # Line by line: at once, those of 100,000 contacts took 21 MB, at a run's end, when it has most.
            lines = (line.rstrip("\n") for line in opened)
            # From before a boot, some may be lost. As bytes: as text it compares ASCII alone.
            is_ours = hmac.compare_digest(next(lines, "").encode(), _head(executor, vault, owner).encode())
            found.append(sought.intersection(lines) if is_ours else None)
    except OSError:
        return None
    return found[0] if len(found) == 1 else None  # none, or somebody made a second one


def forget_send_log(executor: str) -> None:
    """Its intents are settled."""
    with contextlib.suppress(OSError):
        _path(executor).unlink(missing_ok=True)


def _head(executor: str, vault: Vault, user: int) -> str:
    named = f"{host()} {user}"
    return f"{named} {vault.key('send log', f'{executor} {named}')}"


def _path(executor: str) -> Path:
    return Path(tempfile.gettempdir()) / f"{FOLDERS}{os.getuid()}" / executor


def _found(executor: str) -> Iterator[tuple[IO[str], int]]:
    """Every such file of the machine, and its owner, who alone can have written it."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDERS}*"):
        if not (folder / executor).is_symlink() and not (folder / executor).exists():
            continue
        # Neither a link to another's file nor a pipe that never ends.
        file = os.open(folder / executor, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(file, encoding="ascii", errors="replace") as opened:
            owner = _owner(os.fstat(file))
            if owner != _owner(folder.lstat()):
                raise PermissionError
            yield opened, owner


def _owner(found: os.stat_result) -> int:
    """Whose it is; PermissionError where others can write it as well."""
    if stat.S_ISLNK(found.st_mode) or found.st_mode & 0o022:
        raise PermissionError
    return found.st_uid


def _prepare(folder: Path) -> None:
    """A folder that only we write to; somebody else's is not used."""
    folder.mkdir(mode=0o755, exist_ok=True)
    if _owner(folder.lstat()) != os.getuid():
        raise PermissionError
    folder.chmod(0o755)  # whatever the umask, and what it was with an earlier version

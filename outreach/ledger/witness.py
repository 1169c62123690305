"""Who remembers, outside a ledger, how far it had come: one that went back in time is noticed by them.

A ledger restored from a backup, or copied without its log, is whole and proves itself: nothing in it says
that more was done. A mark says it: number and hash of one audit record, which stays in the ledger for good.
A witness keeps the newest mark under the ledger's identity, and nobody's data. A ledger without that record
is an older state, or another branch.

This machine is a witness for each group of calls, before the first of them leaves. `catch-up` draws a new
identity: what was known of the other branch says nothing of this one any more.
"""

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import ClassVar, Protocol

from sqlalchemy import Connection, func, select

from outreach.ledger.audit.notes import note_everywhere
from outreach.ledger.database.schema import audit
from outreach.ledger.facts import recall, remember
from outreach.ledger.ledger import Ledger

IDENTITY = "identity"
"""The fact that tells this ledger, and this branch of it, from all others."""

MADE_AT = "made_at"
"""The fact that says when it was made."""

FOLDER_VARIABLE = "OUTREACH_WITNESS_FOLDER"
"""Where this machine's marks lie, instead of the home: for containers, whose home is new each time."""

_NOTHING = "-"
"""The hash of record 0, which every ledger has: nobody was contacted yet."""

_LAST = select(func.max(audit.c.id)).scalar_subquery()
_NEWEST = select(audit.c.id, audit.c.hash).where(audit.c.id == _LAST)


@dataclass(frozen=True, slots=True)
class Mark:
    """One record that the ledger has. `is_open`: a run had begun, so that more may have been done since."""

    record: int
    hash: str
    at: datetime | None = None
    is_open: bool = False


class Witness(Protocol):
    """Somebody outside the ledger who keeps its newest mark."""

    is_shared: ClassVar[bool]
    """Whether all who work with the ledger tell it."""

    def recall(self, identity: str) -> Mark | None:
        """The mark, None where nothing is known of that ledger."""

    def remember(self, identity: str, mark: Mark) -> None:
        """Keep this one from now on. Raises nothing: a witness who cannot write knows less."""


class Standing(Enum):
    """What witnesses say of a ledger."""

    WHOLE = "whole"
    """One knows of everything that was begun, and none knows of more."""
    OLDER = "older"
    UNKNOWN = "unknown"


class MachineWitness:
    """This user's files on this machine, one for each ledger."""

    is_shared: ClassVar[bool] = False

    def recall(self, identity: str) -> Mark | None:
        """The mark, None where there is none that can be read."""
        try:
            path = _folder() / identity
            record, digest = path.read_text().split()
            at = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
            return Mark(int(record), digest, at)
        except (OSError, ValueError, RuntimeError):
            return None

    def remember(self, identity: str, mark: Mark) -> None:
        """Keep it, unless another thread or process has noted a later one."""
        with contextlib.suppress(OSError, RuntimeError):
            path = _folder() / identity
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                known = os.pread(file, 20, 0)
                if not known.strip().isdigit() or int(known) <= mark.record:
                    # One write of one length: a kill leaves the old mark or the new one. No fsync: after
                    # a power cut the ledger, which has one, knows at least as much as this.
                    os.pwrite(file, f"{mark.record:020d} {mark.hash}\n".encode(), 0)
            finally:
                os.close(file)


def read_identity(ledger: Ledger) -> str | None:
    """The ledger's identity, None before its first run."""
    return recall(ledger, IDENTITY)


def draw_identity(ledger: Ledger) -> str:
    """Be another ledger from now on, for every witness; this machine knows all of it."""
    identity = secrets.token_hex(16)
    remember(ledger, IDENTITY, identity)
    ledger.db.checkpoint()  # a copy of the file without its log must know who it was
    MachineWitness().remember(identity, read_mark(ledger) or Mark(0, _NOTHING))
    return identity


def read_mark(ledger: Ledger, *, is_open: bool = False) -> Mark | None:
    """The newest record as a mark, None while there is none."""
    with ledger.db.read() as connection:
        return newest_mark(ledger, connection, is_open=is_open)


def newest_mark(ledger: Ledger, connection: Connection, *, is_open: bool = False) -> Mark | None:
    """The same inside a transaction."""
    row = connection.execute(_NEWEST).first()
    return Mark(row.id, row.hash, ledger.clock.now(), is_open) if row else None


def witness_opt_outs(ledger: Ledger, count: int) -> None:
    """Have a ledger noticed that is older than these opt-outs, though nobody was contacted since."""
    if not count:
        return
    note_everywhere(ledger, "suppressed", {"addresses": count})
    identity, mark = read_identity(ledger), read_mark(ledger)
    if identity and mark:
        MachineWitness().remember(identity, mark)


def ask_witnesses(ledger: Ledger, witnesses: Iterable[Witness]) -> Standing:
    """What they say of the ledger together."""
    identity = read_identity(ledger)
    recalled = [(witness, witness.recall(identity)) for witness in witnesses] if identity else []
    known = [(witness, mark) for witness, mark in recalled if mark]
    standing = _judge(ledger, [mark for _, mark in known])
    if standing is Standing.WHOLE and not _is_ours_alone(ledger):
        # What others did since is known to none but a witness of theirs.
        return _judge(ledger, [mark for witness, mark in known if witness.is_shared])
    return standing


def _is_ours_alone(ledger: Ledger) -> bool:
    """A file that no other user may open, and no other machine works with."""
    file = ledger.db.engine.url.database
    if not ledger.db.is_sqlite or not file:
        return False
    seen = Path(file).stat()
    return seen.st_uid == os.getuid() and not seen.st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def _judge(ledger: Ledger, marks: Sequence[Mark]) -> Standing:
    if not all(_has(ledger, mark) for mark in marks):
        return Standing.OLDER
    closed = not any(mark.is_open for mark in marks)
    whole = closed and any(not _goes_on_after(ledger, mark) for mark in marks)
    return Standing.WHOLE if whole else Standing.UNKNOWN


def _has(ledger: Ledger, mark: Mark) -> bool:
    there = select(audit.c.hash).where(audit.c.id == mark.record)
    return mark.hash == _NOTHING or ledger.db.value(there) == mark.hash


def _goes_on_after(ledger: Ledger, mark: Mark) -> bool:
    """Whether somebody was contacted of whom this witness knows nothing: it may have missed more."""
    later = select(audit.c.id).where(audit.c.id > mark.record, audit.c.action == "intended").limit(1)
    return ledger.db.value(later) is not None


def _folder() -> Path:
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path.home() / ".genesys-outreach" / "witness"

"""Processes that hold leases: who lives, who died, and what happens to what the dead held.

    alive  ── heartbeat every 5 s ──> seen_at
    dead   ── same machine: its pid is gone or reused; another machine: unseen for 60 s

The dead one's rows are freed with one death more to their name. A row in `intent` becomes `unknown`: the
call may have been made. A row that saw two processes die is held as `poison`; after its first death it is
only claimed alone, so that no neighbour is blamed.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from outreach.errors import LedgerError
from outreach.ledger.changes import Change, apply
from outreach.ledger.schema import contacts, executors
from outreach.ledger.states import State

if TYPE_CHECKING:
    from outreach.ledger.ledger import Ledger

HEARTBEAT_SECONDS = 5.0
DEAD_AFTER = timedelta(seconds=60)
TRUSTED_SECONDS = 20.0
"""A process that could not say for so long that it lives must not send any more: others may think it dead."""

POISON_DEATHS = 2


def host() -> str:
    """This machine, and this boot of it: a pid means nothing after a restart."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return f"{socket.gethostname()}/{boot.read_text().strip()[:8] if boot.exists() else ''}"


def born(pid: int) -> str | None:
    """When a process of this machine began, in the kernel's own count; None when there is no such process."""
    if not sys.platform.startswith("linux"):
        return _born_elsewhere(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def _born_elsewhere(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return ""
    return ""


class Heartbeat:
    """A thread that says every few seconds that this process lives."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._last = ledger.clock.monotonic()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="ledger-heartbeat", daemon=True)

    def start(self) -> None:
        """Enter the process into the register and begin."""
        with self._ledger.db.write() as connection:
            connection.execute(insert(executors), self._entry())
        self._thread.start()

    def stop(self) -> None:
        """Leave the register; nothing that we held stays leased."""
        self._stopped.set()
        self._thread.join()
        with contextlib.suppress(LedgerError), self._ledger.db.write() as connection:
            release = update(contacts).where(contacts.c.lease_owner == self._ledger.executor)
            connection.execute(release.where(contacts.c.state != State.INTENT).values(lease_owner=None))
            holds = select(contacts.c.id).where(contacts.c.lease_owner == self._ledger.executor).limit(1)
            if connection.execute(holds).first() is None:
                connection.execute(delete(executors).where(executors.c.id == self._ledger.executor))

    @property
    def trusted(self) -> bool:
        """Whether others surely still think us alive."""
        return self._ledger.clock.monotonic() - self._last < TRUSTED_SECONDS

    def _entry(self) -> dict[str, object]:
        return {
            "id": self._ledger.executor,
            "host": host(),
            "pid": os.getpid(),
            "born": born(os.getpid()) or "",
            "seen_at": self._ledger.clock.now(),
        }

    def _beat(self) -> None:
        while not self._stopped.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(LedgerError):
                self._say()

    def _say(self) -> None:
        began = self._ledger.clock.monotonic()
        alive = update(executors).where(executors.c.id == self._ledger.executor)
        with self._ledger.db.write() as connection:
            found = connection.execute(alive.values(seen_at=self._ledger.clock.now())).rowcount
        if found:
            self._last = began


def bury_the_dead(ledger: Ledger) -> list[int]:
    """Free what dead processes held; returns the contacts that were found in doubt or freed."""
    freed: list[int] = []
    for executor in _dead(ledger):
        for batch in _held_by(ledger, executor):
            freed.extend(apply(ledger, [_inherit(ledger, row) for row in batch], only_own=False))
        with ledger.db.write() as connection:
            connection.execute(delete(executors).where(executors.c.id == executor))
    return freed


def _dead(ledger: Ledger) -> list[str]:
    with ledger.db.read() as connection:
        rows = connection.execute(select(executors).where(executors.c.id != ledger.executor)).all()
    here, limit = host(), ledger.clock.now() - DEAD_AFTER
    return [
        row.id for row in rows if (born(row.pid) != row.born if row.host == here else row.seen_at < limit)
    ]


def _held_by(ledger: Ledger, executor: str, size: int = 200) -> Iterator[list[Held]]:
    columns = (contacts.c.id, contacts.c.campaign_id, contacts.c.state, contacts.c.deaths)
    query = select(*columns).where(contacts.c.lease_owner == executor).order_by(contacts.c.id).limit(size)
    last = -1
    while True:
        with ledger.db.read() as connection:
            batch = [Held(*row) for row in connection.execute(query)]
        if not batch or batch[0].id <= last:
            return
        last = batch[-1].id
        yield batch


class Held:
    """A row in a dead process's hands."""

    __slots__ = ("campaign_id", "deaths", "id", "state")

    def __init__(self, contact_id: int, campaign_id: int, state: str, deaths: int) -> None:
        self.id, self.campaign_id, self.state, self.deaths = contact_id, campaign_id, State(state), deaths


def _inherit(ledger: Ledger, row: Held) -> Change:
    fields: dict[str, object] = {"deaths": row.deaths + 1}
    detail: dict[str, object] = {"deaths": row.deaths + 1}
    if row.state is State.INTENT:
        fields["look_at"] = ledger.clock.now()
        return Change(row.id, State.UNKNOWN, "process_died", "process_died", fields, detail, intent="unknown")
    if row.deaths + 1 >= POISON_DEATHS:
        return Change(row.id, State.HELD, "quarantined", "poison", fields, detail)
    return Change(row.id, row.state, "process_died", None, fields, detail)

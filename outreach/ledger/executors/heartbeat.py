"""Processes that hold leases: who lives, who died, and what happens to what the dead held.

    alive  ── heartbeat every 5 s ──> seen_at
    dead   ── same machine: its pid is gone or reused; another machine: unseen for 60 s
    buried ── found out by its own heartbeat: it acts no more, and claims only as a new executor

The dead one's rows are freed with one death more to their name, but for those that were only looked for. A
row in `intent` becomes `unknown`: the call may have been made. A row that saw two processes die is held as
`poison`; after its first death it is only claimed alone, so that no neighbour is blamed. What the dead one's
`departures` show was never sent is free again at once.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Row, delete, insert, select, update

from outreach.errors import LedgerError
from outreach.ledger.changes import Change, apply
from outreach.ledger.database.schema import contacts, executors
from outreach.ledger.executors.processes import born, host, is_gone
from outreach.ledger.executors.send_log import SendLog, forget_send_log, read_send_log
from outreach.ledger.states import LOOKED_FOR, State

if TYPE_CHECKING:
    from outreach.ledger.ledger import Ledger


from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outreach.ledger.ledger import Ledger

HEARTBEAT_SECONDS = 5.0
DEAD_AFTER = timedelta(seconds=60)
TRUSTED_SECONDS = 20.0
"""A process that could not say for so long that it lives must not send any more: others may think it dead."""

POISON_DEATHS = 2

_LIVING: set[str] = set()
"""The executors of this very process; one with our pid that is not here was left behind."""


class Heartbeat:
    """An executor, and the thread that says every few seconds that it lives.

    Args:
        ledger: where it says so.
        executor: its id.
    """

    def __init__(self, ledger: Ledger, executor: str) -> None:
        self.executor = executor
        self._ledger = ledger
        self._last = _instants(ledger)
        self._departures = SendLog(executor)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="ledger-heartbeat", daemon=True)

    def start(self) -> None:
        """Enter the register and begin. Raises LedgerError."""
        entry = {"id": self.executor, "host": host(), "pid": os.getpid(), "born": born(os.getpid()) or ""}
        seen = self._ledger.db.now(self._ledger.clock)
        with self._ledger.db.write() as connection:
            connection.execute(insert(executors).values(seen_at=seen, **entry))
        _LIVING.add(self.executor)
        self._thread.start()

    def stop(self) -> None:
        """Leave the register; nothing that we held stays leased."""
        self._stopped.set()
        self._thread.join()
        self._departures.close()
        _LIVING.discard(self.executor)
        with contextlib.suppress(LedgerError):  # then the next process finds us gone
            _clear(self._ledger, self.executor, deaths=0, gone=read_send_log(self.executor))

    def depart(self, reference: str) -> bool:
        """Let a call go, noted; False when others may think us dead, so that it must not go."""
        if self._stopped.is_set() or not self.trusted:
            return False
        self._departures.note(reference)
        return True

    @property
    def trusted(self) -> bool:
        """Whether others surely still think us alive; one of the clocks goes on while the machine sleeps."""
        pairs = zip(_instants(self._ledger), self._last, strict=True)
        return all(now - last < TRUSTED_SECONDS for now, last in pairs)

    def renew(self) -> bool:
        """Say it now; False when we were buried. Raises LedgerError."""
        began = _instants(self._ledger)
        alive = update(executors).where(executors.c.id == self.executor)
        with self._ledger.db.write() as connection:
            seen = alive.values(seen_at=self._ledger.db.now(self._ledger.clock))
            found = bool(connection.execute(seen).rowcount)
        if found:
            self._last = began
        else:
            self._stopped.set()
            _LIVING.discard(self.executor)
        return found

    def _beat(self) -> None:
        while not self._stopped.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(LedgerError):
                self.renew()


def _instants(ledger: Ledger) -> tuple[float, float]:
    return ledger.clock.monotonic(), ledger.clock.now().timestamp()


def release_dead_executors(ledger: Ledger) -> list[int]:
    """Free what dead processes held; returns the contacts that were found in doubt or freed.

    Called at the start of a run and every so often; any number of processes may do it at once.
    """
    freed: list[int] = []
    for executor, is_local in _dead(ledger):
        gone = read_send_log(executor) if is_local else None  # elsewhere it may still be sending
        freed.extend(_clear(ledger, executor, deaths=1, gone=gone))
    for executor in _orphaned(ledger):
        freed.extend(_clear(ledger, executor, deaths=1))
    return freed


def _dead(ledger: Ledger) -> list[tuple[str, bool]]:
    """Each, and whether it was a process of this machine, so that it surely does nothing more."""
    unseen = executors.c.seen_at < ledger.db.now(ledger.clock, DEAD_AFTER)
    with ledger.db.read() as connection:
        rows = connection.execute(select(executors, unseen.label("unseen"))).all()
    return [(row.id, row.host == host()) for row in rows if _is_dead(row)]


def _is_dead(row: Row[Any]) -> bool:
    if row.host != host():
        return bool(row.unseen)
    if row.pid == os.getpid():
        return row.id not in _LIVING
    return is_gone(row.pid, row.born)


def _orphaned(ledger: Ledger) -> list[str]:
    """Holders that nobody registered: they claimed after they were buried, and so never acted."""
    owner = contacts.c.lease_owner
    known = select(executors.c.id).where(executors.c.id == owner).exists()
    with ledger.db.read() as connection:
        found = connection.execute(select(owner).where(owner.is_not(None), ~known).distinct())
        return [str(executor) for executor in found.scalars()]


def _clear(ledger: Ledger, executor: str, *, deaths: int, gone: frozenset[str] | None = None) -> list[int]:
    """Free its rows and strike it from the register; `gone`: the calls that it let go, where known."""
    freed: list[int] = []
    for batch in _held_by(ledger, executor):
        freed.extend(apply(ledger, [_inherit(ledger, row, deaths, gone) for row in batch], owner=executor))
    with ledger.db.write() as connection:
        connection.execute(delete(executors).where(executors.c.id == executor))
    forget_send_log(executor)
    return freed


@dataclass(frozen=True, slots=True)
class Held:
    """A row in a dead process's hands."""

    id: int
    state: State
    deaths: int
    reference: str | None


def _held_by(ledger: Ledger, executor: str, size: int = 200) -> Iterator[list[Held]]:
    columns = (contacts.c.id, contacts.c.state, contacts.c.deaths, contacts.c.reference)
    query = select(*columns).where(contacts.c.lease_owner == executor).order_by(contacts.c.id).limit(size)
    last = -1
    while True:
        with ledger.db.read() as connection:
            rows = connection.execute(query.where(contacts.c.id > last)).all()
        if not rows:
            return
        last = rows[-1].id
        yield [Held(row.id, State(row.state), row.deaths, row.reference) for row in rows]


def _inherit(ledger: Ledger, row: Held, deaths: int, gone: frozenset[str] | None) -> Change:
    action = "process_died" if deaths else "process_ended"
    deaths = 0 if row.state in LOOKED_FOR else deaths
    fields: dict[str, object] = {"deaths": row.deaths + deaths}
    detail: dict[str, object] = {"deaths": row.deaths + deaths}
    never_sent = row.state is State.INTENT and gone is not None and row.reference not in gone
    if row.state is State.INTENT and not never_sent:
        fields |= {"look_at": ledger.clock.now(), "looks": 0}
        return Change(row.id, State.UNKNOWN, action, action, fields, detail, intent="unknown")
    if deaths and row.deaths + deaths >= POISON_DEATHS:
        intent: Literal["release", "keep"] = "release" if never_sent else "keep"
        return Change(row.id, State.HELD, "quarantined", "poison", fields, detail, intent=intent)
    if never_sent:
        return Change(row.id, State.CLEARED, "never_sent", "", fields, detail, intent="release")
    return Change(row.id, row.state, action, None, fields, detail)


def list_living_executors(ledger: Ledger) -> frozenset[str]:
    """Bury the dead, and name the executors that live."""
    release_dead_executors(ledger)
    with ledger.db.read() as connection:
        return frozenset(connection.execute(select(executors.c.id)).scalars())

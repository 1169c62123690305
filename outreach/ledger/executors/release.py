"""What dead processes held, freed: by any number of processes, at any time.

A row is freed with one death more to its name, unless it was only looked for. A row in `intent` becomes
`unknown`: the call may have been made; what the dead one's `send_log` shows was never sent is free at once. A
row that saw two processes die is held as `poison`; after its first death it is only claimed alone, so that no
neighbour is blamed.
"""

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, select

from outreach.ledger.changes import KEEP, Change, apply
from outreach.ledger.database.pages import read_pages
from outreach.ledger.database.schema import contacts, executors
from outreach.ledger.executors.processes import LIVING, host, is_gone
from outreach.ledger.executors.send_log import forget_send_log, read_send_log
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import LOOKED_FOR, State

DEAD_AFTER = timedelta(seconds=60)  # thrice TRUSTED_SECONDS: it has long stopped sending
POISON_DEATHS = 2  # at the second it was claimed alone: no neighbour is to blame

_HELD = select(contacts.c.id, contacts.c.state, contacts.c.deaths, contacts.c.reference)


def release_dead_executors(ledger: Ledger) -> list[int]:
    """Free what dead processes held; returns the contacts that were found in doubt or freed.

    Called at the start of a run and every so often; any number of processes may do it at once.
    """
    freed: list[int] = []
    for executor, is_local in _dead(ledger):
        gone = read_send_log(executor) if is_local else None  # elsewhere it may still be sending
        freed.extend(free_rows_of(ledger, executor, deaths=1, gone=gone))
    for executor in _orphaned(ledger):
        freed.extend(free_rows_of(ledger, executor, deaths=1))
    return freed


def list_living_executors(ledger: Ledger) -> frozenset[str]:
    """Bury the dead, and name the executors that live."""
    release_dead_executors(ledger)
    return frozenset(ledger.db.values(select(executors.c.id)))


def is_alive(ledger: Ledger, executor: str) -> bool:
    """Whether an executor is in the register, and its process not known to be dead."""
    unseen = executors.c.seen_at < ledger.db.now(ledger.clock, DEAD_AFTER)
    rows = ledger.db.rows(select(executors, unseen.label("unseen")).where(executors.c.id == executor))
    return any(not _is_dead(row) for row in rows)


def free_rows_of(
    ledger: Ledger, executor: str, *, deaths: int, gone: frozenset[str] | None = None
) -> list[int]:
    """Free its rows and strike it from the register; `gone`: the calls that it let go, where known."""
    freed: list[int] = []
    for page in read_pages(ledger.db, _HELD.where(contacts.c.lease_owner == executor)):
        freed.extend(apply(ledger, [_inherit(ledger, row, deaths, gone) for row in page], owner=executor))
    with ledger.db.write() as connection:  # last: until then it is found again, should we die too
        connection.execute(delete(executors).where(executors.c.id == executor))
    forget_send_log(executor)
    return freed


def _dead(ledger: Ledger) -> list[tuple[str, bool]]:
    """Each, and whether it was a process of this machine, so that it surely does nothing more."""
    unseen = executors.c.seen_at < ledger.db.now(ledger.clock, DEAD_AFTER)
    rows = ledger.db.rows(select(executors, unseen.label("unseen")))
    return [(row.id, row.host == host()) for row in rows if _is_dead(row)]


def _is_dead(row: Row[Any]) -> bool:
    if row.host != host():
        return bool(row.unseen)
    if row.pid == os.getpid():  # that pid lives, whoever had it before
        return row.id not in LIVING
    return is_gone(row.pid, row.born)


def _orphaned(ledger: Ledger) -> list[str]:
    """Holders that nobody registered: they claimed after they were buried, and so never acted."""
    owner = contacts.c.lease_owner
    known = select(executors.c.id).where(executors.c.id == owner).exists()
    return ledger.db.values(select(owner).where(owner.is_not(None), ~known).distinct())


def _inherit(ledger: Ledger, row: Row[Any], deaths: int, gone: frozenset[str] | None) -> Change:
    state = State(row.state)
    died = row.deaths + (0 if state in LOOKED_FOR else deaths)
    action = "process_died" if deaths else "process_ended"
    change = Change(
        contact_id=row.id,
        after=state,
        action=action,
        reason=KEEP,
        fields={"deaths": died},
        detail={"deaths": died},
    )
    never_sent = state is State.INTENT and gone is not None and row.reference not in gone
    if state is State.INTENT and not never_sent:
        look = {**change.fields, "look_at": ledger.clock.now(), "looks": 0}
        return replace(change, after=State.UNKNOWN, reason=action, fields=look, intent="unknown")
    if died > row.deaths and died >= POISON_DEATHS:
        change = replace(change, after=State.HELD, action="quarantined", reason="poison")
    elif never_sent:
        change = replace(change, after=State.CLEARED, action="never_sent", reason="")
    return replace(change, intent="release") if never_sent else change

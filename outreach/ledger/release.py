"""What dead processes held, freed: by any number of processes, at any time.

A row in `intent` becomes `unknown`: the call may have been made; what the dead one's `send_log` shows was
never sent is free at once.

Who was about to be contacted is suspected once a process died, and from then on only claimed alone. A death
counts on for a row only when it was all that the process held; at the third, so at least twice alone, it is
held as `poison`. Registering, deciding and looking never count: they are done again, and change nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, delete, func, select, update

from outreach.errors import LedgerError
from outreach.ledger.changes import Change, apply, apply_outcomes, still
from outreach.ledger.database.schema import contacts, executors
from outreach.ledger.executors.processes import DEAD_AFTER, LIVING, host, is_gone
from outreach.ledger.executors.send_log import find_sent, forget_send_log
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import LOOKED_FOR, WAITING, State

if TYPE_CHECKING:  # it loads the form of settings: 0.1 s that reading a ledger has no use for
    from outreach.ledger.claims import BatchRef

POISON_DEATHS = 3  # the first may be a neighbour's; at the others nobody else was there
_ACTED_ON = (State.CLEARED, State.INTENT)

_WORKED_ON = [state.value for state in State if state not in LOOKED_FOR]

_HELD = select(contacts.c.id, contacts.c.state, contacts.c.deaths, contacts.c.reference)


def release_dead_executors(ledger: Ledger) -> list[int]:
    """Free what dead processes held; returns the contacts that were found in doubt or freed.

    Called at the start of a run and every so often; any number of processes may do it at once.
    """
    freed: list[int] = []
    _take_back_sightings(ledger)
    for row in filter(_is_dead, _registered(ledger)):
        # Elsewhere it may still be sending.
        freed.extend(free_rows_of(ledger, row.id, deaths=1, is_silent=row.host == host()))
    # Holders that nobody registered claimed after they were buried, and so never acted.
    owner = contacts.c.lease_owner
    known = select(executors.c.id).where(executors.c.id == owner).exists()
    for executor in ledger.db.values(select(owner).where(owner.is_not(None), ~known).distinct()):
        freed.extend(free_rows_of(ledger, executor, deaths=1))
    return freed


def list_zone_rules(ledger: Ledger) -> set[str]:
    """The versions of the time zones' rules by which living processes decide, where they say so."""
    seen = executors.c.seen_at >= ledger.db.now(ledger.clock, DEAD_AFTER)
    return set(ledger.db.values(select(executors.c.zone_rules).where(seen))) - {""}


def list_living_executors(ledger: Ledger) -> frozenset[str]:
    """Bury the dead, and name the executors that live."""
    release_dead_executors(ledger)
    return frozenset(ledger.db.values(select(executors.c.id)))


def list_other_hands(ledger: Ledger, campaign_id: int) -> Sequence[Row[Any]]:
    """Other processes (`host`, `pid`, `seen_at`) that hold `people` who are still to be contacted."""
    c, e = contacts.c, executors.c
    waiting = c.state.in_([state.value for state in WAITING])
    held = select(e.host, e.pid, e.seen_at, func.count().label("people")).join_from(
        contacts, executors, e.id == c.lease_owner
    )
    elsewhere = held.where(c.campaign_id == campaign_id, c.lease_owner != ledger.executor.id, waiting)
    return ledger.db.rows(elsewhere.group_by(e.id))


def find_living(ledger: Ledger) -> frozenset[str]:
    """The executors in the register that are not known to be dead; nothing is freed."""
    return frozenset(row.id for row in _registered(ledger) if not _is_dead(row))


def free_rows_of(ledger: Ledger, executor: str, *, deaths: int, is_silent: bool = False) -> list[int]:
    """Free its rows and strike it from the register; `is_silent`: surely it sends nothing any more."""
    freed: list[int] = []
    pages = ledger.db.pages(_HELD.where(contacts.c.lease_owner == executor))
    for number, page in enumerate(pages):
        alone = number == 0 and len(page) == 1
        waiting = _list_waiting(page)
        gone = find_sent(executor, ledger.vault, waiting) if waiting and is_silent else None
        changes = [_inherit(ledger, row, deaths, gone, alone=alone) for row in page]
        freed.extend(apply(ledger, changes, owner=executor))
    # Last: until then it is found again, should we die too.
    ledger.db.execute(delete(executors).where(executors.c.id == executor))
    forget_send_log(executor)
    return freed


def leave(ledger: Ledger) -> None:
    """Write what could not be written yet, give back our leases, and leave the register."""
    with contextlib.suppress(LedgerError):  # then it is found in doubt
        apply(ledger, list(ledger.unwritten), only_own=False)
    ledger.executor.fall_silent()
    with contextlib.suppress(LedgerError):  # then the next process finds us gone
        if ledger.executor.id:
            free_rows_of(ledger, ledger.executor.id, deaths=0, is_silent=True)


def take_back(ledger: Ledger, campaign_id: int, batch: BatchRef) -> int:
    """Free what an earlier try in this very process left behind in a batch; how many contacts.

    A try that lost the database could give nothing back, and a lease of a process that lives is nobody
    else's. For a step that begins: nothing in this process works on the batch.
    """
    if ledger.unwritten:
        apply_outcomes(ledger, ())
    c, owner = contacts.c, ledger.executor.enter()
    mine = _HELD.where(c.lease_owner == owner, c.campaign_id == campaign_id, c.state.in_(_WORKED_ON))
    found = 0
    for page in ledger.db.pages(mine.where(c.id.between(batch.first, batch.last))):
        waiting = _list_waiting(page)
        gone = ledger.executor.withdraw(waiting) if waiting else None
        changes = [replace(_inherit(ledger, row, 0, gone), action="left_behind") for row in page]
        found += len(apply(ledger, changes, owner=owner))
    return found


def _registered(ledger: Ledger) -> Sequence[Row[Any]]:
    unseen = executors.c.seen_at < ledger.db.now(ledger.clock, DEAD_AFTER)
    return ledger.db.rows(select(executors, unseen.label("unseen")))


def _take_back_sightings(ledger: Ledger) -> None:
    """Seen now, who is seen in the future: the dead would live for as long as their clock was ahead."""
    ahead = executors.c.seen_at > ledger.db.now(ledger.clock, -DEAD_AFTER)
    right = update(executors).where(ahead).values(seen_at=ledger.db.now(ledger.clock))
    ledger.db.execute(right, lasting=False)


def _is_dead(row: Row[Any]) -> bool:
    if row.host != host():
        return bool(row.unseen)
    if row.pid == os.getpid():  # that pid lives, whoever had it before
        return row.id not in LIVING
    return is_gone(row.pid, row.born)


def _list_waiting(page: Sequence[Row[Any]]) -> list[str]:
    return [row.reference for row in page if row.state == State.INTENT.value]


def _inherit(
    ledger: Ledger, row: Row[Any], deaths: int, gone: frozenset[str] | None, *, alone: bool = False
) -> Change:
    state = State(row.state)
    died = row.deaths
    if state in _ACTED_ON:
        died = row.deaths + deaths if alone else max(row.deaths, deaths)
    action = "process_died" if deaths else "process_ended"
    noted = {"deaths": died}
    change = still(contact_id=row.id, after=state, action=action, fields=noted, detail=noted)
    never_sent = state is State.INTENT and gone is not None and row.reference not in gone
    if state is State.INTENT and not never_sent:
        look = {**noted, "look_at": ledger.clock.now(), "looks": 0}
        return replace(change, after=State.UNKNOWN, reason=action, fields=look, intent="unknown")
    if died > row.deaths and died >= POISON_DEATHS:
        change = replace(change, after=State.HELD, action="quarantined", reason="poison")
    elif never_sent:
        change = replace(change, after=State.CLEARED, action="never_sent", reason="")
    return replace(change, intent="release") if never_sent else change

"""The shared timetables: one row a budget, changed in a transaction that no other process is in.

However many processes there are, their slots never meet, and what a dead one had taken is over by itself.
What a clock wrote that was ahead is counted from now.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import orjson
from sqlalchemy import Connection, select
from sqlalchemy import text as sql

from outreach.ledger.database.schema import pacing
from outreach.ledger.ledger import Ledger
from outreach.timetable import Timetable

Result = TypeVar("Result")

MOST_AHEAD = 60.0
"""Seconds that the clocks of those who share a ledger may differ."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BudgetNow:
    """A budget, in seconds from now: how far its turns are taken, how long a 429 rests a lane of it."""

    key: str
    taken_seconds: float
    held_seconds: float


class LedgerSlotAllocator:
    """A `slots.SlotAllocator` on rows of the ledger; the database's clock decides where it has one."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def change(self, key: str, make: Callable[[Timetable, float], Result]) -> Result:
        """Change a budget's timetable."""
        with self._ledger.db.write(lasting=False) as connection:  # a power cut takes longer than slots last
            now = self._lock(connection, key)
            found = connection.execute(select(pacing.c.timetable).where(pacing.c.key == key)).scalar()
            table = _corrected(_read(found), now) if found else Timetable()
            result = make(table, now)
            table.written = now
            upsert = self._ledger.db.insert(pacing).values(key=key, timetable=orjson.dumps(table).decode())
            new = {"timetable": upsert.excluded.timetable}
            connection.execute(upsert.on_conflict_do_update(index_elements=["key"], set_=new))
        return result

    def _lock(self, connection: Connection, key: str) -> float:
        """The instant from which on nobody else changes it: the wait for the lock must not count."""
        if self._ledger.db.is_sqlite:  # one writer at a time
            return self._ledger.clock.now().timestamp()
        # Not now(), which stands still from the transaction's beginning on.
        clock = "SELECT extract(epoch FROM clock_timestamp()) FROM pg_advisory_xact_lock(hashtext(:key))"
        return float(connection.execute(sql(clock), {"key": key}).scalar_one())


def _read(text: str) -> Timetable:
    return Timetable(**orjson.loads(text))


def _corrected(table: Timetable, now: float) -> Timetable:
    ahead = table.written - now
    if ahead <= MOST_AHEAD:
        return table
    log.warning("A budget was written by a clock that was ahead: it is counted from now")
    table = table.moved(-ahead)
    table.free = list(table.refused)
    return table


def read_budgets(ledger: Ledger) -> list[BudgetNow]:
    """The budgets whose turns are taken, or that are held, beyond this instant; none that is free."""
    now = ledger.clock.now().timestamp()
    rows = ledger.db.rows(select(pacing).order_by(pacing.c.key))
    read = [(str(row.key), _read(row.timetable)) for row in rows]
    found = [
        BudgetNow(key, max(*table.free, table.opens, now) - now, max(*table.refused, table.opens, now) - now)
        for key, table in read
    ]
    return [each for each in found if each.taken_seconds or each.held_seconds]

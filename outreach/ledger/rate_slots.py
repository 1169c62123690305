"""The shared timetables: one row a budget, changed in a transaction that no other process is in.

However many processes there are, their slots never meet, and what a dead one had taken is over by itself.
What a clock wrote that was ahead is counted from now.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

import orjson
from sqlalchemy import Connection, func, select

from outreach.ledger.database.schema import pacing
from outreach.ledger.ledger import Ledger
from outreach.ledger.wrong_clocks import SLACK
from outreach.timetable import Timetable

Result = TypeVar("Result")

log = logging.getLogger(__name__)


class LedgerSlotAllocator:
    """A `slots.SlotAllocator` on rows of the ledger; the database's clock decides where it has one."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def change(self, key: str, make: Callable[[Timetable, float], Result]) -> Result:
        """Change a budget's timetable."""
        with self._ledger.db.write(lasting=False) as connection:  # a power cut takes longer than slots last
            now = self._lock(connection, key)
            found = connection.execute(select(pacing.c.timetable).where(pacing.c.key == key)).scalar()
            table = Timetable(**orjson.loads(found or b"{}"))
            if (ahead := table.written - now) > SLACK.total_seconds():
                log.warning("A budget was written by a clock that was ahead: it is counted from now")
                rests = [at - ahead for at in table.refused]
                table = Timetable([*rests], rests, table.opens - ahead, table.limit, table.found - ahead)
            result = make(table, now)
            table.written = now
            upsert = self._ledger.db.insert(pacing).values(key=key, timetable=orjson.dumps(table).decode())
            new = {"timetable": upsert.excluded.timetable}
            connection.execute(upsert.on_conflict_do_update(index_elements=["key"], set_=new))
        return result

    def _lock(self, connection: Connection, key: str) -> float:
        """The instant from which on nobody else changes it: the wait for the lock must not count."""
        if not self._ledger.db.is_sqlite:  # which has one writer at a time
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(key))))
        now = select(self._ledger.db.now(self._ledger.clock))
        return connection.execute(now).scalar_one().timestamp()

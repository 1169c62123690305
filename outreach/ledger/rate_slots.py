"""The shared timetable: every slot of a budget is one instant, given to one process only.

One row a budget, moved forward in one `INSERT ... ON CONFLICT DO UPDATE ... RETURNING` (an exact GCRA):
whoever reserves `count` slots gets the next `count` free instants. However many processes
there are, their slots never meet.
"""

from datetime import timedelta

from sqlalchemy import BigInteger, ColumnElement, Connection, func, literal
from sqlalchemy import text as sql

from outreach.ledger.database.schema import EPOCH, pacing
from outreach.ledger.ledger import Ledger


class LedgerSlotAllocator:
    """A `slots.SlotAllocator` on a row of the ledger; the database's clock decides where it has one."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def reserve(self, key: str, count: int, seconds_apart: float) -> float:
        """Take the next `count` slots, `seconds_apart` seconds apart; seconds from now to the first."""
        width = round(count * seconds_apart * 1_000_000)
        with self._ledger.db.write() as connection:
            now = self._now(connection)  # inside: the wait for the lock must not count
            moved = self._move(connection, key, now, later=width)
        return max((moved - width - now) / 1_000_000, 0.0)

    def hold(self, key: str, seconds: float) -> None:
        """Nobody gets a slot in the next `seconds` seconds."""
        with self._ledger.db.write() as connection:
            now = self._now(connection)
            self._move(connection, key, now + round(seconds * 1_000_000), later=0)

    def _move(self, connection: Connection, key: str, at_least: int, *, later: int) -> int:
        floor = literal(at_least, BigInteger)
        greatest: ColumnElement[int] = (
            func.max(pacing.c.next_at, floor)
            if self._ledger.db.is_sqlite
            else func.greatest(pacing.c.next_at, floor)
        )
        first = self._ledger.db.insert(pacing).values(key=key, next_at=at_least + later)
        upsert = first.on_conflict_do_update(index_elements=["key"], set_={"next_at": greatest + later})
        return int(connection.execute(upsert.returning(pacing.c.next_at)).scalar_one())

    def _now(self, connection: Connection) -> int:
        if self._ledger.db.is_sqlite:
            return (self._ledger.clock.now() - EPOCH) // timedelta(microseconds=1)
        clock = sql("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        return int(connection.execute(clock).scalar_one())

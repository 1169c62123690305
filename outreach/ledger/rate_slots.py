"""The shared timetable: every slot of a budget is one instant, given to one process only.

One row a budget, moved forward in one `INSERT ... ON CONFLICT DO UPDATE ... RETURNING` (an exact GCRA):
whoever reserves `count` slots gets the next `count` free instants. However many processes
there are, their slots never meet. A hold (a 429's) is two rows more: until when, and since when.

A row that is further ahead than it can be was written by a clock that was ahead: it is counted from now.
"""

import logging
from datetime import timedelta

from sqlalchemy import BigInteger, ColumnElement, Connection, case, literal, or_, select
from sqlalchemy import text as sql

from outreach.ledger.database.schema import EPOCH, pacing
from outreach.ledger.ledger import Ledger

MOST_AHEAD = 60 * 1_000_000
"""Microseconds that slots lie ahead at the most, where each process leases a second's worth."""

TAKERS = 30
"""So many processes may each have leased one slot, where slots are further apart than a second."""

log = logging.getLogger(__name__)


def _until(key: str) -> str:
    return f"{key}/held-until"


def _since(key: str) -> str:
    return f"{key}/held-since"


class LedgerSlotAllocator:
    """A `slots.SlotAllocator` on a row of the ledger; the database's clock decides where it has one."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def reserve(self, key: str, count: int, seconds_apart: float) -> float:
        """Take the next `count` slots, `seconds_apart` seconds apart; seconds from now to the first."""
        width = round(count * seconds_apart * 1_000_000)
        latest = MOST_AHEAD + round(TAKERS * seconds_apart * 1_000_000)
        with self._ledger.db.write() as connection:
            now = self._now(connection)  # inside: the wait for the lock must not count
            free = max(now, self._held_until(connection, key, now))
            moved = self._move(connection, key, free, later=width, at_most=free + latest)
        return max((moved - width - now) / 1_000_000, 0.0)

    def hold(self, key: str, seconds: float) -> None:
        """Nobody gets a slot in the next `seconds` seconds."""
        with self._ledger.db.write() as connection:
            now = self._now(connection)
            until = now + round(seconds * 1_000_000)
            if until > self._held_until(connection, key, now):
                self._note_hold(connection, key, now, until)

    def _held_until(self, connection: Connection, key: str, now: int) -> int:
        """When the hold ends; one that began in the future begins now."""
        names = [_until(key), _since(key)]
        rows = connection.execute(select(pacing).where(pacing.c.key.in_(names))).all()
        found = {str(row.key): int(row.next_at) for row in rows}
        until, since = found.get(names[0], 0), found.get(names[1], 0)
        if since <= now + MOST_AHEAD:
            return until
        log.warning("A budget was held by a clock that was ahead: the hold is counted from now")
        until -= since - now
        self._note_hold(connection, key, now, until)
        return until

    def _note_hold(self, connection: Connection, key: str, since: int, until: int) -> None:
        for name, at in ((_until(key), until), (_since(key), since)):
            row = self._ledger.db.insert(pacing).values(key=name, next_at=at)
            connection.execute(row.on_conflict_do_update(index_elements=["key"], set_={"next_at": at}))

    def _move(self, connection: Connection, key: str, at_least: int, *, later: int, at_most: int) -> int:
        floor = literal(at_least, BigInteger)
        next_at = pacing.c.next_at
        greatest: ColumnElement[int] = case(
            (or_(next_at < floor, next_at > literal(at_most, BigInteger)), floor), else_=next_at
        )
        first = self._ledger.db.insert(pacing).values(key=key, next_at=at_least + later)
        upsert = first.on_conflict_do_update(index_elements=["key"], set_={"next_at": greatest + later})
        return int(connection.execute(upsert.returning(pacing.c.next_at)).scalar_one())

    def _now(self, connection: Connection) -> int:
        if self._ledger.db.is_sqlite:
            return (self._ledger.clock.now() - EPOCH) // timedelta(microseconds=1)
        clock = sql("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        return int(connection.execute(clock).scalar_one())

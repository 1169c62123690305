"""The shared timetable: every slot of a budget is one instant, given to one process only.

One row a lane, moved forward in a transaction that no other process is in (an exact GCRA): whoever reserves
`count` slots gets the next free instants. However many processes there are, their slots never meet, and what
a dead one had taken is over by itself. A hold (a 429's) is two rows more: until when, and since when; so is a
gate: how many requests a minute, and since when.

A row that is further ahead than it can be was written by a clock that was ahead: it is counted from now.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, select
from sqlalchemy import text as sql

from outreach.ledger.database.schema import EPOCH, pacing
from outreach.ledger.ledger import Ledger
from outreach.timetable import OPEN, Gate, Slot, plan

MOST_AHEAD = 60 * 1_000_000
"""Microseconds that slots lie ahead at the most, where each process leases a second's worth."""

TAKERS = 30
"""So many processes may each have leased one slot, where slots are further apart than a second."""

MICRO = 1_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BudgetNow:
    """A lane of the timetable, in seconds from now: how far its turns are taken, how long a 429 holds it."""

    key: str
    taken_seconds: float
    held_seconds: float


def _until(key: str) -> str:
    return f"{key}/held-until"


def _since(key: str) -> str:
    return f"{key}/held-since"


def _gate(gate: str) -> tuple[str, str]:
    return f"{gate}/thousandths", f"{gate}/found"


class LedgerSlotAllocator:
    """A `slots.SlotAllocator` on rows of the ledger; the database's clock decides where it has one."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def reserve(self, lanes: Mapping[str, float], count: int, gate: str = "") -> list[Slot]:
        """Take the next `count` slots of the lanes; `at` is in seconds from now."""
        keys = [*lanes, *([gate] if gate else [])]
        with self._ledger.db.write(lasting=False) as connection:  # a power cut takes longer than slots last
            now = self._now(connection, min(keys, key=len))  # inside: the wait for the lock must not count
            found = self._read(connection, keys)
            apart = 60.0 / _read_gate(found, gate, now).rate(now / MICRO)
            free = {}
            for key in keys:
                held, at = self._held_until(connection, found, key, now), found.get(key, 0)
                latest = max(now, held) + MOST_AHEAD + round(TAKERS * lanes.get(key, 0.0) * MICRO)
                free[key] = (max(at if at <= latest else 0, held) - now) / MICRO
            slots = plan(free, lanes, count, 0.0, gate, apart)
            used = {slot.lane for slot in slots} | ({gate} if apart else set())
            self._write(connection, {key: now + round(free[key] * MICRO) for key in keys if key in used})
        return slots

    def hold(self, key: str, seconds: float) -> None:
        """Nobody gets a slot in the next `seconds` seconds."""
        with self._ledger.db.write() as connection:
            now = self._now(connection, key)
            until = now + round(seconds * MICRO)
            if until > self._held_until(connection, self._read(connection, [key]), key, now):
                self._write(connection, {_until(key): until, _since(key): now})

    def narrow(self, gate: str, most: float, part: float) -> None:
        """Make a gate narrower, for every process."""
        with self._ledger.db.write() as connection:
            now = self._now(connection, gate)
            known = _read_gate(self._read(connection, [gate]), gate, now)
            found = known.narrowed(most, part, now / MICRO)
            limit, since = _gate(gate)
            if found is not known:
                self._write(connection, {limit: round(found.limit * 1000), since: now})

    def _held_until(self, connection: Connection, found: Mapping[str, int], key: str, now: int) -> int:
        """When the hold ends; one that began in the future begins now."""
        until, since = found.get(_until(key), 0), found.get(_since(key), 0)
        if since <= now + MOST_AHEAD:
            return until
        log.warning("A budget was held by a clock that was ahead: the hold is counted from now")
        until -= since - now
        self._write(connection, {_until(key): until, _since(key): now})
        return until

    def _read(self, connection: Connection, keys: Iterable[str]) -> dict[str, int]:
        names = [name for key in keys for name in (key, _until(key), _since(key), *_gate(key))]
        rows = connection.execute(select(pacing).where(pacing.c.key.in_(names)))
        return {str(row.key): int(row.next_at) for row in rows}

    def _write(self, connection: Connection, rows: Mapping[str, int]) -> None:
        upsert = self._ledger.db.insert(pacing)
        upsert = upsert.on_conflict_do_update(
            index_elements=["key"], set_={"next_at": upsert.excluded.next_at}
        )
        connection.execute(upsert, [{"key": key, "next_at": at} for key, at in rows.items()])

    def _now(self, connection: Connection, key: str) -> int:
        """The instant from which on nobody else moves what goes by this key."""
        if self._ledger.db.is_sqlite:  # one writer at a time
            return (self._ledger.clock.now() - EPOCH) // timedelta(microseconds=1)
        # Not now(), which stands still from the transaction's beginning on.
        clock = sql(
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
            " FROM pg_advisory_xact_lock(hashtext(:name))"
        )
        return int(connection.execute(clock, {"name": key.partition("/")[0]}).scalar_one())


def _read_gate(found: Mapping[str, int], gate: str, now: int) -> Gate:
    limit, since = (found.get(name, 0) for name in _gate(gate))
    return Gate(limit / 1000, since / MICRO) if limit and since <= now else OPEN


def read_budgets(ledger: Ledger) -> list[BudgetNow]:
    """The lanes whose turns are taken, or that are held, beyond this instant; nothing of one that is free."""
    now = (ledger.clock.now() - EPOCH) // timedelta(microseconds=1)
    found = {str(row.key): int(row.next_at) for row in ledger.db.rows(select(pacing))}
    keys = {key.removesuffix("/held-until") for key, at in found.items() if at > now}
    lanes = (key for key in sorted(keys) if not key.endswith((_since(""), *_gate(""))))
    return [
        BudgetNow(key, *(max(found.get(name, 0) - now, 0) / MICRO for name in (key, _until(key))))
        for key in lanes
    ]

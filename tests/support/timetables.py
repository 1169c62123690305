"""A timetable as tests ask it: of one lane, in seconds from now; and a turn that is over at once."""

from __future__ import annotations

from outreach.genesys.rate_limit.pacer import Pacer, Turn
from outreach.genesys.rate_limit.slots import SlotAllocator


def take(slots: SlotAllocator, key: str, apart: float, count: int) -> list[float]:
    """The next slots, so many seconds apart."""
    lanes = {0: 60 / apart}
    return slots.change(key, lambda table, now: [slot.at - now for slot in table.take(lanes, count, now)])


def close(slots: SlotAllocator, key: str, seconds: float) -> None:
    """Give no slot away that is earlier."""
    slots.change(key, lambda table, now: table.close(now + seconds))


def refuse(slots: SlotAllocator, key: str, seconds: float) -> None:
    """A 429 with so much `Retry-After`."""
    slots.change(key, lambda table, now: table.refuse(0, seconds, 300, now))


def acquire(pacer: Pacer) -> Turn:
    """Wait for a turn, and have it."""
    with pacer.turn() as turn:
        return turn

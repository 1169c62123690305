"""Who may send when: lanes of slots (`timetable`) that several clients, and processes, take from.

A LocalSlotAllocator lives in this process. A FallbackSlotAllocator wraps one that all processes share; while
that is away, this process keeps to a safe share of its own.
"""

import logging
import threading
from collections.abc import Mapping
from typing import Protocol

from outreach.clock import Clock
from outreach.timetable import OPEN, Gate, Slot, plan

_log = logging.getLogger("outreach.genesys.rate_limit.pacer")


class SlotAllocator(Protocol):
    """Gives away slots. Safe for threads. Keys are opaque and hold no secret."""

    def reserve(self, lanes: Mapping[str, float], count: int, gate: str = "") -> list[Slot]:
        """Take `count` slots, each of the lane that is free first; `at` is in seconds from now, in order.

        `lanes` says how many seconds the slots of each lane are apart.
        """

    def hold(self, key: str, seconds: float) -> None:
        """Give no slot of the lane away that is less than so many seconds from now."""

    def narrow(self, gate: str, most: float, part: float) -> None:
        """Make a gate narrower after a 429; `most` is what the lanes let through a minute."""


class LocalSlotAllocator:
    """The timetable of one process. Slots of the past are gone: a lull saves nothing up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._free: dict[str, float] = {}
        self._gates: dict[str, Gate] = {}

    def reserve(self, lanes: Mapping[str, float], count: int, gate: str = "") -> list[Slot]:
        """Take the next slots."""
        with self._lock:
            now = self._clock.monotonic()
            apart = 60.0 / self._gates.get(gate, OPEN).rate(now)
            slots = plan(self._free, lanes, count, now, gate, apart)
            return [slot._replace(at=slot.at - now) for slot in slots]

    def hold(self, key: str, seconds: float) -> None:
        """No slot before so many seconds from now."""
        with self._lock:
            until = self._clock.monotonic() + seconds
            self._free[key] = max(until, self._free.get(key, until))

    def narrow(self, gate: str, most: float, part: float) -> None:
        """Make a gate narrower."""
        with self._lock:
            self._gates[gate] = self._gates.get(gate, OPEN).narrowed(most, part, self._clock.monotonic())


class FallbackSlotAllocator:
    """The shared timetable while it answers; else a share of the budget, kept in this process.

    Args:
        shared: the timetable of all processes. Whatever it raises counts as away.
        clock: for the local slots and for trying again.
        share: part of the budget this process allows itself meanwhile, 0 to 1.
        again_after: seconds until the shared one is asked again.
    """

    def __init__(
        self, shared: SlotAllocator, clock: Clock, *, share: float = 0.5, again_after: float = 5.0
    ) -> None:
        self._shared = shared
        self._clock = clock
        self._share = share
        self._again_after = again_after
        self._local = LocalSlotAllocator(clock)
        self._away_until: float | None = None

    def reserve(self, lanes: Mapping[str, float], count: int, gate: str = "") -> list[Slot]:
        """Take slots from the shared timetable, or fewer of our own."""
        if self._ask():
            try:
                slots = self._shared.reserve(lanes, count, gate)
            except Exception as error:  # noqa: BLE001  whatever it is, the budget must still be kept
                self._went_away(error)
            else:
                self._came_back()
                for slot in slots:  # what is sent just now counts, should the shared one go away next
                    self._local.hold(slot.lane, slot.at + lanes[slot.lane])
                return slots
        return self._local.reserve({lane: lanes[lane] / self._share for lane in lanes}, count, gate)

    def hold(self, key: str, seconds: float) -> None:
        """No slot before so many seconds from now, here and, if it answers, everywhere."""
        self._local.hold(key, seconds)  # here first, should the shared one be away
        self._tell("hold", key, seconds)

    def narrow(self, gate: str, most: float, part: float) -> None:
        """Make a gate narrower, here and, if it answers, everywhere."""
        self._local.narrow(gate, most, part)
        self._tell("narrow", gate, most, part)

    def _tell(self, what: str, *values: str | float) -> None:
        if self._ask():
            try:
                getattr(self._shared, what)(*values)
            except Exception as error:  # noqa: BLE001  see above
                self._went_away(error)

    def _ask(self) -> bool:
        return self._away_until is None or self._clock.monotonic() >= self._away_until

    def _went_away(self, error: Exception) -> None:
        if self._away_until is None:  # said once, not at each try
            _log.warning(
                "The shared rate budget is away (%s); this process goes on with %d %% of the budget",
                type(error).__name__,
                round(self._share * 100),
            )
        self._away_until = self._clock.monotonic() + self._again_after

    def _came_back(self) -> None:
        if self._away_until is not None:
            self._away_until = None
            _log.info("The shared rate budget is back")

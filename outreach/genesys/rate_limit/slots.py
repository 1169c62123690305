"""Who may send when: a row of slots, evenly apart, that several clients (and processes) take from.

A LocalSlotAllocator lives in this process. A FallbackSlotAllocator wraps one that all processes share; while
that is away, this process keeps to a safe share of its own.
"""

import logging
import threading
from typing import Protocol

from outreach.clock import Clock

_log = logging.getLogger("outreach.genesys.rate_limit.pacer")


class SlotAllocator(Protocol):
    """Gives away slots. Safe for threads. Keys are opaque and hold no secret."""

    def reserve(self, key: str, count: int, seconds_apart: float) -> float:
        """Take `count` slots, `seconds_apart` from each other: seconds from now to the first."""

    def hold(self, key: str, seconds: float) -> None:
        """Give no slot away that is less than so many seconds from now."""


class LocalSlotAllocator:
    """The timetable of one process. Slots of the past are gone: a lull saves nothing up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._free_from: dict[str, float] = {}

    def reserve(self, key: str, count: int, seconds_apart: float) -> float:
        """Take `count` slots: seconds from now to the first."""
        with self._lock:
            now = self._clock.monotonic()
            first = max(now, self._free_from.get(key, now))  # never in the past: no burst after a lull
            self._free_from[key] = first + count * seconds_apart
            return first - now

    def hold(self, key: str, seconds: float) -> None:
        """No slot before so many seconds from now."""
        with self._lock:
            until = self._clock.monotonic() + seconds
            self._free_from[key] = max(until, self._free_from.get(key, until))


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

    def reserve(self, key: str, count: int, seconds_apart: float) -> float:
        """Take slots from the shared timetable, or fewer of our own."""
        if self._ask():
            try:
                wait = self._shared.reserve(key, count, seconds_apart)
            except Exception as error:  # noqa: BLE001  whatever it is, the budget must still be kept
                self._went_away(error)
            else:
                self._came_back()
                # what was sent just now counts, should the shared one go away next
                self._local.hold(key, wait + count * seconds_apart)
                return wait
        return self._local.reserve(key, count, seconds_apart / self._share)

    def hold(self, key: str, seconds: float) -> None:
        """No slot before so many seconds from now, here and, if it answers, everywhere."""
        self._local.hold(key, seconds)  # here first, should the shared one be away
        if self._ask():
            try:
                self._shared.hold(key, seconds)
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

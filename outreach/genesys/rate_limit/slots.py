"""Where timetables are kept, of which several clients, and processes, take their slots.

A LocalSlotAllocator lives in this process. A FallbackSlotAllocator wraps one that all processes share; while
that is away, this process keeps to a safe share of its own.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from outreach.clock import Clock
from outreach.timetable import Timetable

Result = TypeVar("Result")

_log = logging.getLogger("outreach.genesys.rate_limit.pacer")


class SlotAllocator(Protocol):
    """Keeps timetables by the keys of budgets, which are opaque and hold no secret. Safe for threads."""

    def change(self, key: str, make: Callable[[Timetable, float], Result]) -> Result:
        """Change a budget's timetable, alone with it: `make` gets it, and the instant by its clock."""


class LocalSlotAllocator:
    """The timetables of one process, which give `share` of their budgets away."""

    def __init__(self, clock: Clock, share: float = 1.0) -> None:
        self._clock = clock
        self._share = share
        self._lock = threading.Lock()
        self._tables: dict[str, Timetable] = defaultdict(lambda: Timetable(share=share))

    def change(self, key: str, make: Callable[[Timetable, float], Result]) -> Result:
        """Change a budget's timetable."""
        with self._lock:
            return make(self._tables[key], self._clock.monotonic())


class FallbackSlotAllocator(LocalSlotAllocator):
    """The shared timetables while they answer; else a share of the budget, kept in this process.

    Args:
        shared: the timetables of all processes. Whatever it raises counts as away.
        clock: for the local slots and for trying again.
        share: part of the budget this process allows itself meanwhile, 0 to 1.
        again_after: seconds until the shared one is asked again.
    """

    def __init__(
        self, shared: SlotAllocator, clock: Clock, *, share: float = 0.5, again_after: float = 5.0
    ) -> None:
        super().__init__(clock, share)
        self._shared = shared
        self._again_after = again_after
        self._away_until: float | None = None

    def change(self, key: str, make: Callable[[Timetable, float], Result]) -> Result:
        """Change the shared timetable; while it is away, what we last saw of it."""

        def make_and_look(table: Timetable, now: float) -> tuple[Result, Timetable]:
            return make(table, now), table.moved(self._clock.monotonic() - now)

        if self._away_until is None or self._clock.monotonic() >= self._away_until:
            try:
                result, seen = self._shared.change(key, make_and_look)
            except Exception as error:  # noqa: BLE001  whatever it is, the budget must still be kept
                self._went_away(error)
            else:
                self._came_back()
                self._tables[key] = replace(seen, share=self._share)
                return result
        return super().change(key, make)

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

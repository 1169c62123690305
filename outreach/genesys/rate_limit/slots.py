"""Where timetables are kept, of which several clients, and processes, take their slots."""

import copy
import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol, TypeVar

from outreach.clock import Clock
from outreach.timetable import Timetable

Result = TypeVar("Result")

_AGAIN_AFTER = 5.0  # seconds until a shared timetable that was away is asked again
_AWAY = "The shared rate budget is away (%s); this process goes on with %d %% of the budget"

_log = logging.getLogger("outreach.genesys.rate_limit.pacer")


class SlotAllocator(Protocol):
    """Keeps timetables by the keys of budgets, which are opaque and hold no secret. Safe for threads."""

    def change(self, key: str, make: Callable[[Timetable, float], Result]) -> Result:
        """Change a budget's timetable, alone with it: `make` gets it, and the instant by its clock."""


class LocalSlotAllocator:
    """The timetables of this process, which give `share` of their budgets away."""

    def __init__(self, clock: Clock, share: float = 1.0) -> None:
        self._clock = clock
        self._share = share
        self._lock = threading.Lock()
        # Each with how far its clock is ahead of ours.
        self._kept: dict[str, tuple[Timetable, float]] = defaultdict(lambda: (Timetable(), 0.0))

    def change(self, key: str, make: Callable[[Timetable, float], Result]) -> Result:
        """Change a budget's timetable."""
        with self._lock:
            table, ahead = self._kept[key]
            table.share = self._share
            return make(table, self._clock.monotonic() + ahead)


class FallbackSlotAllocator(LocalSlotAllocator):
    """The timetables that all processes share; while that place is away, a share of what was last seen there.

    Whatever `shared` raises counts as away.
    """

    def __init__(self, shared: SlotAllocator, clock: Clock, *, share: float = 0.5) -> None:
        super().__init__(clock, share)
        self._shared = shared
        self._away_until: float | None = None

    def change(self, key: str, make: Callable[[Timetable, float], Result]) -> Result:
        """Change the shared timetable, or else our own."""
        if self._away_until is None or self._clock.monotonic() >= self._away_until:
            try:
                return self._change_shared(key, make)
            except Exception as error:  # noqa: BLE001  whatever it is, the budget must still be kept
                if self._away_until is None:  # said once, not at each try
                    _log.warning(_AWAY, type(error).__name__, round(self._share * 100))
                self._away_until = self._clock.monotonic() + _AGAIN_AFTER
        return super().change(key, make)

    def _change_shared(self, key: str, make: Callable[[Timetable, float], Result]) -> Result:
        def make_and_keep(table: Timetable, now: float) -> Result:
            result = make(table, now)
            self._kept[key] = copy.deepcopy(table), now - self._clock.monotonic()
            return result

        result = self._shared.change(key, make_and_keep)
        if self._away_until is not None:
            self._away_until = None
            _log.info("The shared rate budget is back")
        return result

"""A timetable on Prefect's global concurrency limits, to compare with the ledger's.

A limit is the shared place of one budget: it is acquired in blocks of BLOCK slots, because small acquisitions
lose tokens, and a block is spent evenly. It was measured and not kept: the ledger's timetable is exact, and
needs no server.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.concurrency.sync import rate_limit

from outreach.timetable import HEADROOM, Slot, Timetable

BLOCK = 10
BURST = 2 * BLOCK
"""What the limit holds when it is full. A block alone overflows while its taker sleeps."""

Result = TypeVar("Result")


class _Blocks(Timetable):
    """One budget, of one lane."""

    def __init__(self, limit: str) -> None:
        super().__init__()
        self._limit = limit
        self._left = 0

    def take(self, lanes: Mapping[int, float], count: int, now: float) -> list[Slot]:
        """The next slots of the block in hand; wait for a new block when it is used up."""
        begun = time.monotonic()
        if self._left < count:
            rate_limit(self._limit, occupy=max(BLOCK, count), strict=True)
            self._left += max(BLOCK, count)
        self._left -= count
        return super().take(lanes, count, now + time.monotonic() - begun)


class PrefectTimetable:
    """A `slots.SlotAllocator` over `rate_limit`; the limits are called `<name>-token`, `<name>-creations`."""

    def __init__(self, name: str) -> None:
        self._lock = threading.Lock()
        self._tables = {budget: _Blocks(f"{name}-{budget}") for budget in ("token", "creations")}

    def change(self, key: str, make: Callable[[Timetable, float], Result]) -> Result:
        """Change this process's own timetable, whose slots are Prefect's to give."""
        with self._lock:
            return make(self._tables[key.partition(":")[0]], time.monotonic())


def create_limits(name: str, **per_minute: int) -> None:
    """A global limit for each budget, as fast as its share of the limit."""
    with get_client(sync_client=True) as client:
        for budget, limit in per_minute.items():
            wanted = GlobalConcurrencyLimitCreate(
                name=f"{name}-{budget}",
                limit=BURST,
                active=True,
                slot_decay_per_second=limit * HEADROOM / 60,
            )
            client.create_global_concurrency_limit(wanted)

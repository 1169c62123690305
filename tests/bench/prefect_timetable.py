"""A timetable on Prefect's global concurrency limits, to compare with the ledger's.

A limit is the shared place of one budget: it is acquired in blocks of BLOCK slots, because small acquisitions
lose tokens, and a block is spent evenly. It was measured and not kept: the ledger's timetable is exact, and
needs no server.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.concurrency.sync import rate_limit

from outreach.clock import SystemClock
from outreach.genesys.rate_limit.slots import LocalSlotAllocator
from outreach.timetable import HEADROOM, Slot

BLOCK = 10
BURST = 2 * BLOCK
"""What the limit holds when it is full. A block alone overflows while its taker sleeps."""


@dataclass
class _Hand:
    """The slots of one budget that this process has."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    left: int = 0
    next_at: float = 0.0


class PrefectTimetable:
    """`timetable.Timetable` over `rate_limit`; the limits are called `<name>-token`, `<name>-creations`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._clock = SystemClock()
        self._held = LocalSlotAllocator(self._clock)
        self._hands = {"token": _Hand(), "creations": _Hand()}

    def reserve(self, lanes: Mapping[str, float], count: int, gate: str = "") -> list[Slot]:
        """Take the next slots of the block in hand; wait for a new block when it is used up. Of one lane."""
        ((key, seconds_apart),) = lanes.items()
        budget = key.partition(":")[0]
        hand = self._hands[budget]
        with hand.lock:
            if hand.left < count:
                rate_limit(f"{self._name}-{budget}", occupy=max(BLOCK, count), strict=True)
                hand.left += max(BLOCK, count)
            hand.left -= count
            first = max(hand.next_at, self._clock.monotonic())
            hand.next_at = first + count * seconds_apart
            held = self._held.reserve({key: 0.0}, 1)[0].at
            first = max(first - self._clock.monotonic(), held)
            return [Slot(first + number * seconds_apart, key, key) for number in range(count)]

    def hold(self, key: str, seconds: float) -> None:
        """Nobody of this process goes before so many seconds from now."""
        self._held.hold(key, seconds)

    def narrow(self, gate: str, most: float, part: float) -> None:
        """Nothing: of one lane there is no gate."""


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

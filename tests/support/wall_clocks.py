"""A second count of the time in which people may be contacted, which shares no code with the product.

The C library's own reader of zone files says what a clock on the wall shows at each quarter of an hour; a
stretch of time is one large number, with a bit for each quarter.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources

DAY, QUARTER = 86_400, 900
OPENS, CLOSES = 8 * 3600, 21 * 3600


@cache
def find_open_quarters(zone: str, days: range) -> int:
    """The quarters of these days (since 1970, UTC) in which clocks in a zone show 8 to 21."""
    quarters = range(days.start * DAY, days.stop * DAY + QUARTER, QUARTER)  # one more, for what follows
    with _clock_of(zone):
        offsets = [time.localtime(at).tm_gmtoff for at in quarters]
        assert all(offset % QUARTER == 0 for offset in offsets), zone
        for at, now, then in zip(quarters, offsets, offsets[1:], strict=False):
            # Where the clock changes, it does so at the end of a quarter.
            assert now == then or time.localtime(at + QUARTER - 1).tm_gmtoff == now, zone
    is_open = (OPENS <= (at + offset) % DAY < CLOSES for at, offset in zip(quarters, offsets, strict=True))
    return int("".join("01"[each] for each in is_open)[::-1], 2)


def count_minutes(quarters: int, day: int) -> int:
    """The minutes of the n-th day: all of its open quarters', but the last before a closed one."""
    of_day = (quarters >> (96 * day)) & ((1 << 97) - 1)
    open_now = of_day & ((1 << 96) - 1)
    return 15 * open_now.bit_count() - (open_now & ~(of_day >> 1)).bit_count()


@contextmanager
def _clock_of(zone: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = f":{(resources.files('tzdata') / 'zoneinfo').joinpath(*zone.split('/'))}"
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()

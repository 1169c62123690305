"""How long `Retry-After` asks us to wait: seconds, an HTTP date, or nothing."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

WHEN_MISSING = 5.0
"""Seconds to wait when a 429 doesn't say (guide sheet)."""

LONGEST = 7 * 86400.0


def read_retry_after(header: str | None, now: datetime, date: str | None = None) -> float:
    """Seconds to wait, 0 to a week; WHEN_MISSING when the header is absent or unreadable.

    A date is counted from the answer's own `Date`, where it has one: their clock against their clock.
    """
    if header is None:
        return WHEN_MISSING
    try:
        seconds = float(header)
    except ValueError:
        until = read_date(header)
        if until is None:
            return WHEN_MISSING
        seconds = (until - (read_date(date) or now)).total_seconds()
    return min(max(seconds, 0.0), LONGEST) if math.isfinite(seconds) else WHEN_MISSING


def read_date(value: str | None) -> datetime | None:
    """An HTTP date as aware UTC, or None."""
    try:
        found = parsedate_to_datetime(value or "")
        return found.replace(tzinfo=timezone.utc) if found.tzinfo is None else found.astimezone(timezone.utc)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None

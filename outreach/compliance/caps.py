"""Frequency caps: rolling windows, never calendar days."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from outreach.settings import FrequencyCap


def caps_allow(caps: Sequence[FrequencyCap], recent: Sequence[datetime], now: datetime) -> datetime | None:
    """None when one more contact keeps every cap, else the first instant at which it would.

    `recent` are aware instants in any order; one in the future (a clock that jumped back) counts as well.
    A contact exactly `hours` ago is outside the window.
    """
    if not caps or not recent:
        return None
    # Rolling, since calendar days let 23:00 and 00:30 pass as two days: two messages within two hours.
    newest_first = sorted(recent, reverse=True)
    free = [
        # One more fits once the oldest of the last `contacts` has left the window.
        newest_first[cap.contacts - 1] + timedelta(hours=cap.hours)
        for cap in caps
        if len(newest_first) >= cap.contacts
    ]
    latest = max(free, default=now)  # every cap binds: the last to be free decides
    return latest if latest > now else None

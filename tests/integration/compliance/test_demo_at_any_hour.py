"""Whoever runs the demo, at any hour and on any day, sees people contacted, deferred and blocked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays
import pytest

from outreach.compliance import Facts, Gate, Verdict
from outreach.contacts import Contact
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source

EXAMPLES = Path(__file__).parents[3] / "cli" / "contacts.csv"
YEAR = 2026
FIRST = datetime(YEAR, 1, 1, tzinfo=timezone.utc)
FEW = 5
"""So many people at least are to be seen of each kind."""


@lru_cache
def people() -> list[Contact]:
    read = (row.contact for row in open_source(str(EXAMPLES)).rows() if row.contact)
    return list({contact.external_contact_id: contact for contact in read}.values())


def clock_changes() -> Iterator[datetime]:
    """The days of the year on which a clock changes where somebody of the examples lives."""
    zones = {contact.time_zone for contact in people() if contact.time_zone}
    noons = [FIRST + timedelta(days=day, hours=12) for day in range(365)]
    for before, after in pairwise(noons):
        offsets = [[at.astimezone(ZoneInfo(zone)).utcoffset() for zone in zones] for at in (before, after)]
        if offsets[0] != offsets[1]:
            yield after.replace(hour=0)


def public_holidays() -> list[datetime]:
    found = {
        day
        for country in ("US", "GB", "DE", "FR", "IN", "JP")
        for day in holidays.country_holidays(country, years=YEAR)
    }
    return [datetime(day.year, day.month, day.day, tzinfo=timezone.utc) for day in sorted(found)[::4]]


def hours(days: Iterable[datetime]) -> list[datetime]:
    return [day + timedelta(hours=hour) for day in days for hour in range(24)]


WEEKS = [FIRST + timedelta(days=first + day) for first in (11, 193) for day in range(7)]
"""A week of winter and a week of summer."""


@pytest.mark.parametrize(
    "days", [lambda: WEEKS, clock_changes, public_holidays], ids=["weeks", "clock changes", "holidays"]
)
def test_the_demo_shows_started_deferred_and_blocked(days: Callable[[], Iterable[datetime]]) -> None:
    gate = Gate(CampaignSettings())
    times = hours(days())
    assert times
    for at in times:
        seen = Counter(gate.decide(contact, Facts(), at).verdict for contact in people())

        assert min(seen[Verdict.ALLOWED], seen[Verdict.DEFERRED], seen[Verdict.BLOCKED]) >= FEW, (at, seen)

"""The calling hours of a hand-over as Genesys' own engine keeps them: slots of the week, by time zone.

Everybody in a hand-over may be reached for as long as we have it sent. What is written here holds without us:
when somebody else starts its campaign at night, or recycles it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta

from outreach.compliance.hours import Hours
from outreach.compliance.windows import DAY, Span, intersect, merge
from outreach.genesys.campaign_route import Slot
from outreach.zones import open_zone

_WEEK = timedelta(days=7)
_LAST = time(23, 59, 59)


def common_hours(found: Iterable[tuple[str, Hours]], now: datetime) -> dict[str, list[Slot]]:
    """What all of them allow for a week from today, by their zones; none in which nothing is allowed."""
    by_zone: dict[str, set[Hours]] = defaultdict(set)
    for zone, hours in found:
        by_zone[zone].add(hours)
    weeks = {zone: _list_slots(zone, every, now) for zone, every in by_zone.items()}
    return {zone: slots for zone, slots in weeks.items() if slots}


def _list_slots(zone: str, every: Iterable[Hours], now: datetime) -> list[Slot]:
    # Whole local days: the same rules then give the same week all day long.
    begin = datetime.combine(now.astimezone(open_zone(zone)).date(), time(), open_zone(zone))
    start, end = int(begin.timestamp()), int((begin + _WEEK).timestamp())
    spans: list[Span] = [(start, end)]
    for hours in every:
        days = range(start // DAY, end // DAY + 1)
        spans = intersect(spans, merge(span for day in days for span in hours.spans(day)))
    return sorted(slot for span in spans for slot in _cut(zone, span))


def _cut(zone: str, span: Span) -> Iterator[Slot]:
    """A time as slots that each lie within a day on the wall."""
    at, end = (datetime.fromtimestamp(each, open_zone(zone)) for each in span)
    while at.date() < end.date():
        yield Slot(at.isoweekday(), at.time(), _LAST)
        at = datetime.combine(at.date() + timedelta(days=1), time(), open_zone(zone))
    if at.time() < end.time():
        yield Slot(at.isoweekday(), at.time(), end.time())

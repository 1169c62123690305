"""Schedules that fall where the clocks change: a time is left out or comes twice, or is in another zone."""

import itertools
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.schedules import SCHEDULE_TYPES, CronSchedule, RRuleSchedule
from prefect.server.schemas.schedules import CronSchedule as Timetable

from outreach.zones import list_names, open_zone

AHEAD = timedelta(days=366)
OFTEN = 4
"""Times in one change: what runs every few minutes runs again soon, whatever the clocks do."""

ADVICE = (
    "Take a time between 4:00 and 23:00, or UTC; nobody is contacted outside the calling hours all the same."
)
_TZID = re.compile(r"DTSTART;TZID=([^:;]+):")


def find_odd_times(client: SyncPrefectClient, now: datetime) -> list[str]:
    """A sentence for each schedule of ours that is on and meets a change of the clocks within a year."""
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=["outreach"]))
    return [
        f"{each.name}: {sentence}"
        for each in client.read_deployments(deployment_filter=ours)
        for one in each.schedules
        if one.active and not each.paused
        for sentence in explain(one.schedule, now)
    ]


def explain(schedule: SCHEDULE_TYPES, now: datetime) -> Iterator[str]:
    """What is odd about one schedule in the year to come."""
    if isinstance(schedule, RRuleSchedule):
        named = _TZID.search(schedule.rrule)
        if named and named[1] != schedule.timezone:
            yield f"its rule names {named[1]}, but Prefect reads it in {schedule.timezone or 'UTC'}"
    elif isinstance(schedule, CronSchedule) and schedule.timezone in list_names():
        for before, after, offset in _changes(schedule.timezone, now):
            times = _times(schedule, min(before, after), max(before, after))
            if 0 < len(times) < OFTEN:
                what = "is left out" if after > before else "comes twice"
                yield f"{times[0]:%H:%M} of {times[0]:%Y-%m-%d} {what} in {schedule.timezone} (then {offset})"


def _times(schedule: CronSchedule, first: datetime, last: datetime) -> list[datetime]:
    """The times on the wall from the first to before the last, as if it were UTC, where no clock changes."""
    table = Timetable(cron=schedule.cron, timezone="UTC", day_or=schedule.day_or)
    dates = table._get_dates_generator(start=first, end=last - timedelta(seconds=1))  # noqa: SLF001 - the public one is async
    return list(itertools.islice(dates, OFTEN))


def _changes(name: str, now: datetime) -> Iterator[tuple[datetime, datetime, str]]:
    """The changes of a year: the time on the wall that would have come, the one that came, and the offset."""
    zone, at = open_zone(name), now.astimezone(timezone.utc).replace(minute=0, second=0, microsecond=0)
    step = timedelta(minutes=30)  # the grain at which clocks change
    old = at.astimezone(zone).utcoffset()
    for _ in range(AHEAD // step):
        at += step
        new = at.astimezone(zone).utcoffset()
        if new != old and old is not None and new is not None:
            yield at + old, at + new, f"{at.astimezone(zone):%z}"
        old = new

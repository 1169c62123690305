"""When a person may be contacted: the instants that every rule allows in every zone they may be in.

An instant is allowed when, in each zone, the clock on the wall is within a window of each rule that binds
there, and still is a minute later (the safety minute). It is worked out per UTC day and kept: within one
offset of a zone, wall time is UTC plus that offset, so a day is cut where the offset changes, and clocks
that jump forward or back need no special case. All times here are whole seconds since 1970, UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from functools import lru_cache

from outreach.compliance.holiday_calendars import EPOCH, is_holiday
from outreach.compliance.windows import DAY, Span, Spans, Week, intersect, merge
from outreach.zones import open_zone

# Genesys' own dialler stops a minute early, too (neighbours' fact sheet, 2).
SAFETY = 60
"""Seconds before the end of a window in which nobody is contacted any more."""

# More than a year: what is open on one day a year is found.
HORIZON = 370
"""Days ahead in which the next allowed instant is looked for."""

_KEPT_DAYS = 1000
_MONDAY = 3  # 1 January 1970 was a Thursday


@dataclass(frozen=True, slots=True)
class HourRule:
    """The hours of one rule, ready to be applied. Days are counted since 1970, `until` is excluded.

    `also`: holidays beside those of the calendar.
    """

    id: str
    version: str
    week: Week
    calendar: str | None = None
    on_holidays: Spans = ()
    since: int | None = None
    until: int | None = None
    also: frozenset[int] = frozenset()

    def speaks_on(self, day: int) -> bool:
        """Whether the rule is in force on a local day."""
        return (self.since is None or day >= self.since) and (self.until is None or day < self.until)

    def open_spans(self, day: int) -> list[Span]:
        """The windows that start on a local day, in local seconds since 1970."""
        # A night's window ends at midnight when the next day is a holiday with hours of its own.
        closed_after = self._is_special(day + 1)
        spans = self.on_holidays if self._is_special(day) else self.week[(day + _MONDAY) % 7]
        start = day * DAY
        return [(start + a, start + (min(b, DAY) if closed_after else b)) for a, b in spans]

    def _is_special(self, day: int) -> bool:
        return day in self.also or (self.calendar is not None and is_holiday(self.calendar, day))


@dataclass(frozen=True, slots=True)
class Binding:
    """The rules that bind in one zone, and the fallback for days on which none of them is in force."""

    zone: str
    rules: tuple[HourRule, ...]
    fallback: HourRule

    def rules_on(self, day: int) -> list[HourRule]:
        """The rules in force on a local day, at least one."""
        return [rule for rule in self.rules if rule.speaks_on(day)] or [self.fallback]

    def open_spans(self, start: int, end: int, only: HourRule | None = None) -> list[Span]:
        """The instants from `start` to `end` within all windows (or those of one rule)."""
        found: list[Span] = []
        for a, b, offset in _steady_parts(self.zone, start, end):
            local = self._local(((a + offset) // DAY), ((b + offset - 1) // DAY), only)
            found += [(c - offset, d - offset) for c, d in intersect([(a + offset, b + offset)], local)]
        return merge(found)

    def _local(self, first: int, last: int, only: HourRule | None) -> list[Span]:
        days = range(first - 1, last + 1)  # the day before, whose windows may cross midnight
        spans: list[Span] = [(first * DAY, (last + 1) * DAY)]
        for rule in [only] if only else [*self.rules, self.fallback]:
            spans = intersect(spans, merge(span for day in days for span in self._of(rule, day)))
        return spans

    def _of(self, rule: HourRule, day: int) -> list[Span]:
        """The windows of a rule that start on a day; a rule that is not in force forbids nothing."""
        return rule.open_spans(day) if rule in self.rules_on(day) else [(day * DAY, (day + 1) * DAY)]


class Hours:
    """The allowed time of one set of bindings; remembers the days that it worked out. Safe for threads."""

    def __init__(self, bindings: Sequence[Binding]) -> None:
        self.bindings = tuple(bindings)
        self._days: dict[int, list[Span]] = {}

    def allows(self, at: int) -> bool:
        """Whether an instant is allowed."""
        return any(start <= at < end for start, end in self.spans(at // DAY))

    def next_allowed(self, at: int) -> int | None:
        """The first allowed instant that is not before `at`, None when there is none within the horizon."""
        first = at // DAY
        for day in range(first, first + HORIZON + 1):
            for start, end in self.spans(day):
                if at < end:
                    return max(start, at)
        return None

    def spans(self, day: int) -> list[Span]:
        """The allowed time of one UTC day, in order."""
        found = self._days.get(day)
        if found is None:
            found = self._work_out(day * DAY)
            if len(self._days) >= _KEPT_DAYS:  # emptied at once: simple, and rare
                self._days = {}
            self._days[day] = found
        return found

    def _work_out(self, start: int) -> list[Span]:
        # A minute into the next day: a window that goes on past midnight UTC loses no safety minute there.
        spans: list[Span] = [(start, start + DAY + SAFETY)]
        for binding in self.bindings:
            spans = intersect(spans, binding.open_spans(start, start + DAY + SAFETY))
            if not spans:
                return []
        return [(a, b - SAFETY) for a, b in spans if a < b - SAFETY]


def local_time(zone: str, at: int) -> datetime:
    """The time on the wall at an instant."""
    return datetime.fromtimestamp(at, open_zone(zone))


def count_day(at: date) -> int:
    """The day since 1970 of a date, or of a local time."""
    return at.toordinal() - EPOCH


@lru_cache(maxsize=8192)
def _steady_parts(zone: str, start: int, end: int) -> tuple[tuple[int, int, int], ...]:
    """Cut a stretch of up to two days where the zone's offset changes: (start, end, offset) in seconds."""
    first, last = _offset(zone, start), _offset(zone, end - 1)
    if first == last:
        return ((start, end, first),)
    # Clocks change at most once in two days: halve the stretch until the second is found.
    low, high = start, end - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, middle) == first else (low, middle)
    return ((start, high, first), (high, end, last))


def _offset(zone: str, at: int) -> int:
    offset = datetime.fromtimestamp(at, timezone.utc).astimezone(open_zone(zone)).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0

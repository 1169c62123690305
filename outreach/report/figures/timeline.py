"""Figures over time: people contacted per interval, requests and the budget, when the deferred are due."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from outreach.genesys.http.usage import UsageSnapshot
from outreach.ledger.database.schema import EPOCH, microseconds
from outreach.report.figures.extract import TABLE

WIDTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 10_800, 21_600, 86_400)
"""Seconds per point that a person can read off an axis."""

MOST_POINTS = 60
_MICRO = 1_000_000
_HOUR = 3600 * _MICRO


@dataclass(frozen=True, slots=True)
class Point:
    """What happened in the `seconds_per_point` of its series from `at` (aware UTC) on."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Series:
    """Points in order; empty ones inside are there, with 0."""

    seconds_per_point: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """From minute to minute (the first is 1) the budget `name` was waited for most."""

    first: int
    last: int
    name: str


@dataclass(frozen=True, slots=True)
class Budget:
    """Requests against what is allowed. Rates are requests per minute.

    `span_seconds` goes from the first request to the last. `per_started` is the requests for each contact
    started since the first of them, None when there is none. `used` is the part of the budget that the
    average makes; None without a budget, or when the span is under two seconds.
    """

    requests: int
    by_operation: dict[str, int]
    too_many: int
    waited_seconds: float
    budget_per_minute: int | None
    span_seconds: float
    average_per_minute: float | None
    used: float | None
    started: int
    per_started: float | None
    series: Series
    bound: tuple[Bound, ...] = ()


@dataclass(frozen=True, slots=True)
class Deferred:
    """When deferred contacts are due. `hours`: the 24 clock hours from now on, UTC, empty ones too."""

    due: int
    hours: tuple[Point, ...]
    later: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.due + sum(hour.count for hour in self.hours) + self.later


def trace_contacts(connection: Connection) -> Series:
    """People of the extract contacted per interval, over the campaign's whole life."""
    ends = f"SELECT min(started_at), max(started_at) FROM {TABLE}"  # noqa: S608 - our own table
    first, last = connection.execute(text(ends)).one()
    if first is None:
        return Series(1, ())
    width = _width((last - first) / _MICRO)
    query = (
        f"SELECT (started_at / {_MICRO}) / {width}, count(*) FROM {TABLE}"  # noqa: S608 - our own numbers
        " WHERE started_at IS NOT NULL GROUP BY 1"
    )
    counts = {int(place): int(count) for place, count in connection.execute(text(query))}
    return _series(counts, width, EPOCH)


def trace_budget(connection: Connection, usage: UsageSnapshot) -> Budget:
    """The client's requests, in intervals that a chart can show, and what they came to."""
    span, started = 0.0, 0
    series = Series(1, ())
    if usage.series:
        first = usage.series[0][0]
        span = (usage.series[-1][0] - first).total_seconds() + usage.seconds_per_point  # the last one's width
        started = _started_since(connection, first)
        series = _regroup(usage, span)
    average = usage.requests / span * 60 if span >= 2 else None  # of less, it tells nothing
    allowed = usage.budget_per_minute
    return Budget(
        requests=usage.requests,
        by_operation=dict(sorted(usage.by_operation.items(), key=lambda item: (-item[1], item[0]))),
        too_many=usage.too_many,
        waited_seconds=round(usage.waited_seconds, 3),
        budget_per_minute=allowed,
        span_seconds=span,
        average_per_minute=average,
        used=average / allowed if average is not None and allowed else None,
        started=started,
        per_started=usage.requests / started if started else None,
        series=series,
        bound=tuple(_spans(usage.bound)),
    )


def _spans(bound: Mapping[int, str]) -> list[Bound]:
    spans: list[Bound] = []
    for minute, name in sorted(bound.items()):
        if spans and (spans[-1].last, spans[-1].name) == (minute, name):
            spans[-1] = Bound(spans[-1].first, minute + 1, name)
        else:
            spans.append(Bound(minute + 1, minute + 1, name))
    return spans


def count_deferred(connection: Connection, now: datetime) -> Deferred:
    """Deferred contacts by the hour in which they are due; one without an hour counts as due."""
    instant = microseconds(now)
    this_hour = instant // _HOUR  # whole numbers divide to whole numbers in SQL, too
    query = f"""
        SELECT CASE WHEN until IS NULL OR until <= :now THEN -1
                    WHEN until / {_HOUR} >= {this_hour + 24} THEN 24
                    ELSE until / {_HOUR} - {this_hour} END, count(*)
        FROM {TABLE} WHERE state = 'deferred' GROUP BY 1"""  # noqa: S608 - our own numbers
    found = connection.execute(text(query), {"now": instant})
    counts = {int(place): int(count) for place, count in found}
    start = EPOCH + timedelta(hours=this_hour)
    hours = tuple(Point(start + timedelta(hours=place), counts.get(place, 0)) for place in range(24))
    return Deferred(counts.get(-1, 0), hours, counts.get(24, 0))


def _started_since(connection: Connection, first: datetime) -> int:
    instant = microseconds(first)
    query = f"SELECT count(*) FROM {TABLE} WHERE started_at >= :first"  # noqa: S608 - our own table
    return int(connection.execute(text(query), {"first": instant}).scalar_one())


def _regroup(usage: UsageSnapshot, span: float) -> Series:
    width = max(_width(span), usage.seconds_per_point)  # never finer than it was counted
    first = usage.series[0][0].timestamp()
    counts: Counter[int] = Counter()
    for at, count in usage.series:
        # A quotient that falls just short of a whole number would land one interval early.
        counts[int((at.timestamp() - first) / width + 1e-6)] += count
    return _series(counts, width, usage.series[0][0])


def _width(span: float) -> int:
    return next((width for width in WIDTHS if span / width <= MOST_POINTS), int(span / MOST_POINTS) + 1)


def _series(counts: Mapping[int, int], width: int, start: datetime) -> Series:
    places = range(min(counts), max(counts) + 1)
    points = (Point(start + timedelta(seconds=place * width), counts.get(place, 0)) for place in places)
    return Series(width, tuple(points))

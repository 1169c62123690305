"""The figures of a client."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from outreach.genesys.http.usage import MOST_BUCKETS, Usage
from tests.support.clocks import SetClock

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=timezone.utc)


def test_requests_are_counted_by_operation_and_by_second() -> None:
    clock = SetClock(NOW)
    usage = Usage(clock, 300)
    usage.sent("register", 0.5)
    usage.sent("start sms", 0.25)
    clock.advance(3)
    usage.sent("start sms", 0.0)
    usage.refused()
    figures = usage.snapshot()

    assert figures.by_operation == {"register": 1, "start sms": 2}
    assert (figures.requests, figures.too_many, figures.waited_seconds) == (3, 1, 0.75)
    assert figures.series == [(NOW, 2), (NOW + timedelta(seconds=3), 1)]
    assert figures.budget_per_minute == 300


def test_a_day_of_requests_loses_none_and_stays_small() -> None:
    clock = SetClock(NOW)
    usage = Usage(clock)
    for _ in range(86_400):
        usage.sent("read", 0.0)
        clock.advance(1)
    figures = usage.snapshot()

    assert len(figures.series) <= MOST_BUCKETS
    assert sum(count for _, count in figures.series) == 86_400
    assert figures.seconds_per_point == 128


def test_the_budget_that_was_waited_for_most_is_told_by_the_minute() -> None:
    clock = SetClock(NOW)
    usage = Usage(clock, 300)
    for name, seconds in (("tokens", 30.0), ("e-mails", 40.0), ("tokens", 30.0)):
        usage.sent("start email", seconds, name)
    clock.advance(61)
    usage.sent("start email", 5.0, "e-mails")
    clock.advance(60)
    usage.sent("start email", 0.01, "tokens")

    assert usage.snapshot().bound == {0: "tokens", 1: "e-mails"}

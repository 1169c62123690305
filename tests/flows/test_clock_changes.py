"""Schedules where the clocks change: ours make their runs, and whose meets a change is named."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone

import pytest
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.server.schemas import schedules as server

from deployments.registry import DEPLOYMENTS
from flows.clock_changes import explain

NOW = datetime(2026, 2, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize("zone", ["UTC", "America/Santiago", "Africa/Cairo"])
@pytest.mark.parametrize("cron", [each.cron for each in DEPLOYMENTS if each.cron])
def test_the_server_computes_the_runs_of_our_crons_in_any_zone(cron: str, zone: str) -> None:
    table = server.CronSchedule(cron=cron, timezone=zone)
    runs = list(itertools.islice(table._get_dates_generator(n=5, start=NOW), 5))

    assert len(runs) == 5
    assert {run.minute for run in runs} == {int(cron.partition(" ")[0])}


@pytest.mark.parametrize(
    ("cron", "zone", "says"),
    [
        # Midnight does not exist on the day on which summer begins there.
        ("30 0 * * *", "America/Santiago", ["00:30 of 2026-09-06 is left out"]),
        ("30 0 * * *", "Africa/Cairo", ["00:30 of 2026-04-24 is left out"]),
        ("30 23 * * *", "America/Santiago", ["23:30 of 2026-04-04 comes twice"]),
        ("30 23 * * *", "Africa/Cairo", ["23:30 of 2026-10-29 comes twice"]),
        ("30 2 * * *", "America/New_York", ["02:30 of 2026-03-08 is left out"]),
        ("30 1 * * *", "America/New_York", ["01:30 of 2026-11-01 comes twice"]),
        ("15 2 * * *", "Australia/Lord_Howe", ["02:15 of 2026-10-04 is left out"]),
        ("30 1 * * 1-5", "America/New_York", []),  # they change on a Sunday
        ("30 2 * * *", "America/Vancouver", ["02:30 of 2026-03-08 is left out"]),  # for the last time
        ("0 9 * * *", "America/New_York", []),
        ("*/5 * * * *", "America/New_York", []),
        ("30 2 * * *", "Asia/Kolkata", []),
        ("30 2 * * *", "UTC", []),
    ],
)
def test_a_cron_that_meets_a_change_of_the_clocks_is_named(cron: str, zone: str, says: list[str]) -> None:
    found = list(explain(CronSchedule(cron=cron, timezone=zone), NOW))

    assert [sentence.partition(" in ")[0] for sentence in found] == says


def test_a_rule_that_names_a_zone_of_its_own_is_named() -> None:
    rule = "DTSTART;TZID=America/New_York:20260301T090000\nRRULE:FREQ=DAILY"

    assert list(explain(RRuleSchedule(rrule=rule, timezone="UTC"), NOW)) == [
        "its rule names America/New_York, but Prefect reads it in UTC"
    ]
    assert list(explain(RRuleSchedule(rrule=rule, timezone="America/New_York"), NOW)) == []


def test_an_interval_is_not_named() -> None:
    assert list(explain(IntervalSchedule(interval=timedelta(minutes=5)), NOW)) == []

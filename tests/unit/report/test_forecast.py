from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from outreach.compliance import Decision, Verdict
from outreach.contacts import Channel
from outreach.report.forecast import SAMPLE, Forecast, Pace, make_forecast
from outreach.report.forecast_views import forecast_sentence, show_forecast, write_forecast
from tests.support.report_examples import HOSTILE, NOW

PLATFORM = Pace(requests_per_minute=300)
ALLOWED = Decision(Verdict.ALLOWED, Channel.SMS)
SOON = Decision(Verdict.DEFERRED, Channel.VOICE, ("outside_hours",), NOW + timedelta(hours=2))
TOMORROW = Decision(Verdict.DEFERRED, Channel.VOICE, ("outside_hours",), NOW + timedelta(hours=20))
TOO_LATE = Decision(Verdict.BLOCKED, None, ("no_window_before_end",))
SUPPRESSED = Decision(Verdict.BLOCKED, None, ("suppressed",))
HELD = Decision(Verdict.HELD, Channel.SMS, ("zone_unknown",))
ALL = [ALLOWED, SOON, TOMORROW, TOO_LATE, SUPPRESSED, HELD]


def forecast(decisions: list[Decision], pace: Pace = PLATFORM) -> Forecast:
    stream = ((f"C-{n}", decision, "Europe/Paris", 2) for n, decision in enumerate(decisions))
    return make_forecast(stream, NOW, pace)


def test_each_decision_is_in_its_time() -> None:
    found = forecast(ALL)
    times = (found.now, found.later_today, found.later, found.never_before_end, found.total)
    assert times == (1, 1, 1, 1, 6)


def test_today_ends_at_the_midnight_that_is_asked_for() -> None:
    stream = [("C-1", SOON, None, 1)]
    in_tokyo = make_forecast(stream, NOW, PLATFORM, today_in=ZoneInfo("Asia/Kathmandu"))
    assert (in_tokyo.later_today, in_tokyo.later) == (1, 0)
    late = make_forecast(stream, NOW, PLATFORM, today_in=ZoneInfo("Asia/Tokyo"))
    assert (late.later_today, late.later) == (0, 1)


def test_minutes_are_those_of_the_budget() -> None:
    assert forecast([ALLOWED] * 2925).minutes == pytest.approx(2925 * 1.1 / (300 * 0.987))


def test_the_tighter_of_two_budgets_counts() -> None:
    guide = Pace(requests_per_minute=300, requests_per_contact=3, creations_per_minute=10)
    assert forecast([ALLOWED] * 39, guide).minutes == pytest.approx(39 / (10 * 0.987))


def test_without_a_limit_nothing_is_said_of_minutes() -> None:
    assert forecast([ALLOWED], Pace(None)).minutes is None


def test_segments_are_those_of_texts_that_would_go_now() -> None:
    assert forecast([ALLOWED, ALLOWED, SOON]).sms_segments == 4


def test_rows_that_a_reader_rejects_on_the_way_are_counted() -> None:
    rejected: dict[str, int] = {}

    def read() -> Iterator[tuple[str, Decision, str | None, int]]:
        rejected["malformed_phone"] = 3
        yield "C-1", ALLOWED, None, 1

    found = make_forecast(read(), NOW, PLATFORM, rejected=rejected)
    assert (found.total, found.verdicts["rejected"], found.reasons["malformed_phone"]) == (4, 3, 3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(ALL), max_size=200))
def test_the_sums_match_and_the_sample_is_bounded(decisions: list[Decision]) -> None:
    found = forecast(decisions)
    assert sum(found.verdicts.values()) == sum(found.zones.values()) == found.total == len(decisions)
    assert len(found.sample) == min(SAMPLE, len(decisions))
    assert len({one.external_contact_id for one in found.sample}) == len(found.sample)


def test_many_zones_are_counted_in_bounded_memory() -> None:
    stream = ((f"C-{n}", HELD, f"zone-{n}", 0) for n in range(2000))
    found = make_forecast(stream, NOW, PLATFORM)
    assert (len(found.zones), sum(found.zones.values())) == (501, 2000)


def test_the_forecast_is_said_in_one_sentence() -> None:
    said = forecast_sentence(forecast([ALLOWED] * 585 + ALL[1:4]))
    assert said == "Of 588 rows, 585 now (about 2 min 10 s), 1 later today, 1 later, 1 never before the end"


def test_the_sentence_adds_up_where_somebody_is_blocked_held_or_rejected() -> None:
    said = forecast_sentence(forecast([ALLOWED] * 585 + [*ALL[1:4], HELD, HELD]))
    assert said.startswith("Of 590 rows, 585 now")
    assert said.endswith("1 later today, 1 later, 1 never before the end, 2 blocked, held or rejected")


def test_one_row_is_no_rows() -> None:
    assert forecast_sentence(forecast([ALLOWED])).startswith("Of 1 row, 1 now")


def test_a_hostile_forecast_is_text_everywhere() -> None:
    bad = Decision(Verdict.BLOCKED, None, (HOSTILE,))
    found = make_forecast([(HOSTILE, bad, HOSTILE, 0)], NOW, PLATFORM)
    markdown = write_forecast(found)
    assert not re.search(r"<|`|https?://", markdown)
    assert not [line for line in markdown.splitlines() if line != line.lstrip()]
    console = Console(width=80, record=True, file=None, quiet=True)
    console.print(show_forecast(found))
    assert "\x1b" not in console.export_text()


def test_a_forecast_is_plain_json() -> None:
    plain = forecast(ALL).as_json()
    assert plain["sample"][1]["next_allowed_at"] == "2026-03-02T16:30:00+00:00"

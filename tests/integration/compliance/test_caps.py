"""Rolling caps."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.compliance import caps_allow
from outreach.settings import FrequencyCap
from tests.support.fuzzing import tries

NOW = datetime(2026, 7, 14, 12, 0, tzinfo=timezone.utc)
TWICE_A_DAY = FrequencyCap(contacts=2, hours=24)


def ago(*hours: float) -> list[datetime]:
    return [NOW - timedelta(hours=h) for h in hours]


def test_below_the_cap_is_free() -> None:
    assert caps_allow([TWICE_A_DAY], ago(1), NOW) is None


def test_without_caps_anything_is_free() -> None:
    assert caps_allow([], ago(0, 0, 0), NOW) is None


def test_a_contact_exactly_a_window_ago_is_outside_it() -> None:
    assert caps_allow([TWICE_A_DAY], ago(1, 24), NOW) is None


def test_at_the_cap_the_older_contact_has_to_fall_out() -> None:
    assert caps_allow([TWICE_A_DAY], ago(20, 1), NOW) == NOW + timedelta(hours=4)


def test_midnight_resets_nothing() -> None:
    midnight = datetime(2026, 7, 15, tzinfo=timezone.utc)

    assert caps_allow([TWICE_A_DAY], [midnight - timedelta(minutes=1)] * 2, midnight) is not None


def test_the_strictest_cap_decides() -> None:
    weekly = FrequencyCap(contacts=3, hours=168)

    assert caps_allow([TWICE_A_DAY, weekly], ago(20, 1, 100), NOW) == NOW + timedelta(hours=68)


def test_a_contact_in_the_future_of_a_clock_that_jumped_back_counts() -> None:
    assert caps_allow([FrequencyCap(contacts=1, hours=1)], ago(-2), NOW) == NOW + timedelta(hours=3)


@settings(max_examples=tries(60), deadline=None)
@given(
    st.lists(st.integers(0, 400), max_size=12),
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 200)), min_size=1, max_size=3),
)
def test_the_free_instant_is_the_first_that_keeps_every_cap(
    hours: list[int], limits: list[tuple[int, int]]
) -> None:
    recent = ago(*hours)

    def keeps(at: datetime) -> bool:
        return all(
            sum(1 for contact in recent if contact > at - timedelta(hours=window)) < count
            for count, window in limits
        )

    free_at = caps_allow(
        [FrequencyCap(contacts=count, hours=window) for count, window in limits], recent, NOW
    )

    at = NOW
    while not keeps(at):
        at += timedelta(hours=1)
    assert (free_at or NOW) == at

"""`Retry-After` in all its forms."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.connections import LONGEST_WAIT, read_retry_after

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("-3", None),
        ("3600", 3600.0),
        ("99999999999", LONGEST_WAIT),
        ("Wed, 04 Mar 2026 15:00:09 GMT", 9.0),
        ("Wed, 04 Mar 2026 16:00:09 +0100", 9.0),
        ("Wed, 04 Mar 2026 14:00:00 GMT", 0.0),
        ("Wed, 99 Mar 2026 14:00:00 GMT", None),
    ],
)
def test_it_says_how_many_seconds_to_wait(header: str | None, seconds: float | None) -> None:
    assert read_retry_after(header, NOW) == seconds


def test_a_date_is_counted_from_the_answers_own_clock() -> None:
    header, date = "Wed, 04 Mar 2026 15:10:09 GMT", "Wed, 04 Mar 2026 15:10:00 GMT"

    assert read_retry_after(header, NOW, date) == 9.0


@given(st.text(), st.one_of(st.none(), st.text()))
def test_whatever_it_says_it_is_a_wait_with_a_bound(header: str, date: str | None) -> None:
    wait = read_retry_after(header, NOW, date)

    assert wait is None or 0.0 <= wait <= LONGEST_WAIT

"""`Retry-After` in all its forms."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.genesys.http.retry_after import LONGEST, WHEN_MISSING, read_retry_after

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 5.0),
        ("", 5.0),
        ("soon", 5.0),
        ("nan", 5.0),
        ("inf", 5.0),
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("3600", 3600.0),
        ("99999999999", LONGEST),
        ("Wed, 04 Mar 2026 15:00:09 GMT", 9.0),
        ("Wed, 04 Mar 2026 16:00:09 +0100", 9.0),
        ("Wed, 04 Mar 2026 14:00:00 GMT", 0.0),
        ("Wed, 99 Mar 2026 14:00:00 GMT", 5.0),
    ],
)
def test_it_says_how_many_seconds_to_wait(header: str | None, seconds: float) -> None:
    assert read_retry_after(header, NOW) == seconds


def test_a_date_is_counted_from_the_answers_own_clock() -> None:
    header, date = "Wed, 04 Mar 2026 15:10:09 GMT", "Wed, 04 Mar 2026 15:10:00 GMT"

    assert read_retry_after(header, NOW, date) == 9.0


@given(st.text(), st.one_of(st.none(), st.text()))
def test_whatever_it_says_it_is_a_wait_with_a_bound(header: str, date: str | None) -> None:
    assert 0.0 <= read_retry_after(header, NOW, date) <= LONGEST
    assert WHEN_MISSING == 5.0

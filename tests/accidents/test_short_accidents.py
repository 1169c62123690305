"""A few rounds of accidents on each database, in every run of the tests."""

from __future__ import annotations

import pytest

from tests.accidents.playing import play


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_accidents_contact_nobody_twice_nobody_listed_and_leave_nobody_behind(database: str) -> None:
    total, _ = play(database, rounds=4, seed=1)

    assert total.wrong == []
    assert {name: (count.far_end, count.ledger) for name, count in total.sums.items()} == dict.fromkeys(
        total.sums, (0, 0)
    )

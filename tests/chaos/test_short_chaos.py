"""Two rounds of chaos on each database, so that every run of the tests kills something."""

from __future__ import annotations

import pytest

from tests.chaos.playing import play


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_processes_are_killed_answers_are_lost_and_nobody_is_contacted_twice_or_lost(database: str) -> None:
    verdict = play(database, rounds=2, seed=3, to_the_last_webhook=False)

    assert verdict.wrong == []
    assert verdict.kills >= 2
    assert (verdict.contacted_twice, verdict.lost, verdict.unbalanced, verdict.webhooks_lost) == (0, 0, 0, 0)
    assert verdict.contacted + verdict.held == verdict.people

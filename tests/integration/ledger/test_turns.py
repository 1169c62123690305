from __future__ import annotations

from pathlib import Path

from outreach.ledger.turns import taking_turn
from tests.support.clocks import SetClock
from tests.support.ledgers import kill, new_ledger


def test_one_process_at_a_time_has_the_turn_of_a_name_and_another_ledger_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with (
        new_ledger(tmp_path) as ours,
        new_ledger(tmp_path) as beside,
        new_ledger(tmp_path / "other") as other,
        taking_turn(ours, "redeliver/crm") as first,
    ):
        with (
            taking_turn(beside, "redeliver/crm") as second,
            taking_turn(beside, "follow-up") as of_another_name,
        ):
            assert (first, second, of_another_name) == (True, False, True)
        with taking_turn(other, "redeliver/crm") as of_another_ledger:
            assert of_another_ledger


def test_a_turn_that_is_over_is_free_again(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ours, new_ledger(tmp_path) as beside:
        with taking_turn(ours, "retention"):
            pass
        with taking_turn(beside, "retention") as mine:
            assert mine


def test_the_turn_of_a_process_that_died_is_taken_over(tmp_path: Path, clock: SetClock) -> None:
    with (
        new_ledger(tmp_path, clock) as ours,
        new_ledger(tmp_path, clock) as beside,
        taking_turn(ours, "retention"),
    ):
        kill(ours)
        clock.advance(120)
        with taking_turn(beside, "retention") as mine:
            assert mine

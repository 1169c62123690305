from __future__ import annotations

from pathlib import Path

import pytest

from outreach.ledger.ledger import Ledger
from outreach.ledger.migrations import migrate
from outreach.ledger.rate_slots import LedgerSlotAllocator
from tests.support.clocks import SetClock
from tests.support.ledgers import forget_hand_overs, new_ledger
from tests.support.timetables import close, take


@pytest.fixture
def timetable(ledger: Ledger) -> LedgerSlotAllocator:
    return LedgerSlotAllocator(ledger)


def test_slots_follow_each_other_and_never_meet(timetable: LedgerSlotAllocator) -> None:
    assert [take(timetable, "token", 0.2, 5)[0] for _ in range(3)] == pytest.approx([0.0, 1.0, 2.0])


def test_two_processes_share_one_timetable(
    timetable: LedgerSlotAllocator, tmp_path: Path, clock: SetClock
) -> None:
    with new_ledger(tmp_path, clock) as other:
        assert take(timetable, "token", 1.0, 1)[0] == 0.0
        assert take(LedgerSlotAllocator(other), "token", 1.0, 1)[0] == pytest.approx(1.0)


def test_a_ledger_that_kept_a_row_for_each_lane_goes_on(tmp_path: Path, clock: SetClock) -> None:
    with new_ledger(tmp_path, clock) as ledger, ledger.db.write() as connection:
        forget_hand_overs(connection)
        connection.exec_driver_sql("DROP TABLE pacing")
        connection.exec_driver_sql("CREATE TABLE pacing (key VARCHAR(100) PRIMARY KEY, next_at BIGINT)")
        connection.exec_driver_sql("INSERT INTO pacing VALUES ('token', 1)")
        connection.exec_driver_sql(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '0006'")

    with new_ledger(tmp_path, clock) as ledger:
        assert take(LedgerSlotAllocator(ledger), "token", 1.0, 2) == pytest.approx([0.0, 1.0])


def test_budgets_do_not_touch_each_other(timetable: LedgerSlotAllocator) -> None:
    take(timetable, "token", 1.0, 10)
    assert take(timetable, "creations", 1.0, 1)[0] == 0.0


def test_unused_slots_are_not_saved_up(timetable: LedgerSlotAllocator, clock: SetClock) -> None:
    take(timetable, "token", 1.0, 1)
    clock.advance(3600)
    assert [take(timetable, "token", 1.0, 1)[0] for _ in range(2)] == pytest.approx([0.0, 1.0])


def test_nobody_gets_a_slot_while_it_is_held(timetable: LedgerSlotAllocator) -> None:
    close(timetable, "token", 7.0)
    assert take(timetable, "token", 1.0, 1)[0] == pytest.approx(7.0)
    close(timetable, "token", 1.0)
    assert take(timetable, "token", 1.0, 1)[0] == pytest.approx(8.0)

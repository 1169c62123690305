from __future__ import annotations

from pathlib import Path

import pytest

from outreach.ledger.ledger import Ledger
from outreach.ledger.rate_slots import LedgerSlotAllocator
from tests.support.clocks import SetClock
from tests.support.ledgers import new_ledger


@pytest.fixture
def timetable(ledger: Ledger) -> LedgerSlotAllocator:
    return LedgerSlotAllocator(ledger)


def test_slots_follow_each_other_and_never_meet(timetable: LedgerSlotAllocator) -> None:
    assert [timetable.reserve({"token": 0.2}, 5)[0].at for _ in range(3)] == pytest.approx([0.0, 1.0, 2.0])


def test_two_processes_share_one_timetable(
    timetable: LedgerSlotAllocator, tmp_path: Path, clock: SetClock
) -> None:
    with new_ledger(tmp_path, clock) as other:
        assert timetable.reserve({"token": 1.0}, 1)[0].at == 0.0
        assert LedgerSlotAllocator(other).reserve({"token": 1.0}, 1)[0].at == pytest.approx(1.0)


def test_budgets_do_not_touch_each_other(timetable: LedgerSlotAllocator) -> None:
    timetable.reserve({"token": 1.0}, 10)
    assert timetable.reserve({"creations": 1.0}, 1)[0].at == 0.0


def test_unused_slots_are_not_saved_up(timetable: LedgerSlotAllocator, clock: SetClock) -> None:
    timetable.reserve({"token": 1.0}, 1)
    clock.advance(3600)
    assert [timetable.reserve({"token": 1.0}, 1)[0].at for _ in range(2)] == pytest.approx([0.0, 1.0])


def test_nobody_gets_a_slot_while_it_is_held(timetable: LedgerSlotAllocator) -> None:
    timetable.hold("token", 7.0)
    assert timetable.reserve({"token": 1.0}, 1)[0].at == pytest.approx(7.0)
    timetable.hold("token", 1.0)
    assert timetable.reserve({"token": 1.0}, 1)[0].at == pytest.approx(8.0)

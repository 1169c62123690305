"""A few make calls at once while the processor is busy, all while it idles."""

from __future__ import annotations

import pytest

from outreach.headcount import FEW, LOOK_SECONDS, Headcount


class Machine:
    """A clock, and a processor that is busy for a share of the time."""

    def __init__(self) -> None:
        self.seconds = self.used = 0.0

    def go_on(self, share: float) -> None:
        self.seconds += LOOK_SECONDS
        self.used += LOOK_SECONDS * share


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def headcount(machine: Machine) -> Headcount:
    return Headcount(16, wall=lambda: machine.seconds, processor=lambda: machine.used)


def fill(headcount: Headcount) -> int:
    """So many join until no more may."""
    return sum(1 for _ in range(100) if headcount.join())


def test_a_few_begin(headcount: Headcount) -> None:
    assert fill(headcount) == FEW


def test_while_the_processor_idles_more_join_up_to_all(machine: Machine, headcount: Headcount) -> None:
    present = [fill(headcount)]
    for _ in range(4):
        machine.go_on(0.2)
        present.append(present[-1] + fill(headcount))
    assert present == [4, 8, 16, 16, 16]


def test_a_busy_processor_keeps_them_few(machine: Machine, headcount: Headcount) -> None:
    fill(headcount)
    for _ in range(10):
        machine.go_on(1.0)
        assert not headcount.join()


def test_when_it_becomes_busy_half_may_go_until_a_few_are_left(
    machine: Machine, headcount: Headcount
) -> None:
    fill(headcount)
    machine.go_on(0.0)
    machine_full = FEW + fill(headcount)
    assert machine_full == 2 * FEW
    assert not headcount.is_over()
    machine.go_on(1.0)
    gone = 0
    while headcount.is_over():
        headcount.leave()
        gone += 1
    assert machine_full - gone == FEW


def test_nobody_joins_because_there_was_nothing_to_do(machine: Machine, headcount: Headcount) -> None:
    headcount.join()
    for _ in range(5):
        machine.go_on(0.0)
        headcount.is_over()
    assert fill(headcount) == FEW - 1


def test_who_is_needed_may_begin_in_any_case(headcount: Headcount) -> None:
    fill(headcount)
    assert headcount.join(needed=True)
    assert headcount.is_over()


def test_a_limit_below_a_few_is_kept(machine: Machine) -> None:
    headcount = Headcount(2, wall=lambda: machine.seconds, processor=lambda: machine.used)
    assert fill(headcount) == 2
    machine.go_on(0.0)
    assert not headcount.join()

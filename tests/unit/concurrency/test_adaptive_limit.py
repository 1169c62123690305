"""A few make calls at once while the processor is busy, all while it idles."""

from __future__ import annotations

from itertools import pairwise

import pytest

from outreach.concurrency.adaptive_limit import FEW, LONGEST_PAUSE, LOOK_SECONDS, Headcount


class Machine:
    """A clock, and a processor that is busy for a share of the time."""

    def __init__(self) -> None:
        self.seconds = self.used = 0.0

    def go_on(self, share: float) -> None:
        self.seconds += LOOK_SECONDS * 1.01
        self.used += LOOK_SECONDS * 1.01 * share


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def headcount(machine: Machine) -> Headcount:
    return Headcount(16, wall=lambda: machine.seconds, processor=lambda: machine.used)


def fill(headcount: Headcount) -> int:
    """So many join until no more may."""
    return sum(1 for _ in range(100) if headcount.join())


def send_home(headcount: Headcount) -> int:
    """So many go until nobody is over."""
    gone = 0
    while headcount.is_over():
        headcount.leave()
        gone += 1
    return gone


def test_a_few_begin(headcount: Headcount) -> None:
    assert fill(headcount) == FEW


def test_while_only_the_network_works_all_join(machine: Machine, headcount: Headcount) -> None:
    fill(headcount)
    machine.go_on(0.1)
    assert fill(headcount) == 16 - FEW


def test_twice_as_many_stay_when_twice_as_much_is_done(machine: Machine, headcount: Headcount) -> None:
    fill(headcount)
    for share in (0.3, 0.6, 0.6, 0.6):  # with 8 it becomes twice as much, with 16 no more
        machine.go_on(share)
        fill(headcount)
    assert send_home(headcount) == 16 - 2 * FEW


def test_they_go_again_when_it_did_not_help(machine: Machine, headcount: Headcount) -> None:
    fill(headcount)
    machine.go_on(0.5)  # the core is shared with another program
    fill(headcount)
    machine.go_on(0.5)
    assert send_home(headcount) == FEW


def test_what_did_not_help_is_tried_again_ever_later(machine: Machine, headcount: Headcount) -> None:
    fill(headcount)
    tries = []
    for look in range(300):
        machine.go_on(0.5)
        if fill(headcount):
            tries.append(look)
        elif headcount.is_over():
            send_home(headcount)
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses[:4] == sorted(pauses[:4])
    assert pauses[0] < 8
    assert pauses[-1] >= LONGEST_PAUSE


def test_a_busy_processor_keeps_them_few(machine: Machine, headcount: Headcount) -> None:
    fill(headcount)
    for _ in range(10):
        machine.go_on(1.0)
        assert not headcount.join()


def test_when_it_becomes_busy_half_go_until_a_few_are_left(machine: Machine, headcount: Headcount) -> None:
    fill(headcount)
    machine.go_on(0.0)
    fill(headcount)
    gone = []
    for _ in range(4):
        machine.go_on(1.0)
        gone.append(send_home(headcount))
    assert gone == [8, 4, 0, 0]


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

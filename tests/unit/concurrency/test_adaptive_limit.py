"""A few make calls at once while the processor is busy, all while it idles."""

from __future__ import annotations

from itertools import pairwise

import pytest

from outreach.concurrency.adaptive_limit import FEW, LONGEST_PAUSE, LOOK_SECONDS, AdaptiveLimit


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
def limit(machine: Machine) -> AdaptiveLimit:
    return AdaptiveLimit(16, wall=lambda: machine.seconds, processor=lambda: machine.used)


def fill(limit: AdaptiveLimit) -> int:
    """So many join until no more may."""
    return sum(1 for _ in range(100) if limit.try_acquire())


def send_home(limit: AdaptiveLimit) -> int:
    """So many go until nobody is over."""
    gone = 0
    while limit.is_exceeded():
        limit.release()
        gone += 1
    return gone


def test_a_few_begin(limit: AdaptiveLimit) -> None:
    assert fill(limit) == FEW


def test_while_only_the_network_works_all_join(machine: Machine, limit: AdaptiveLimit) -> None:
    fill(limit)
    machine.go_on(0.1)
    assert fill(limit) == 16 - FEW


def test_twice_as_many_stay_when_twice_as_much_is_done(machine: Machine, limit: AdaptiveLimit) -> None:
    fill(limit)
    for share in (0.3, 0.6, 0.6, 0.6):  # with 4 it becomes twice as much, with 8 no more
        machine.go_on(share)
        fill(limit)
    assert send_home(limit) == 2 * FEW


def test_they_go_again_when_it_did_not_help(machine: Machine, limit: AdaptiveLimit) -> None:
    fill(limit)
    machine.go_on(0.5)  # the core is shared with another program
    fill(limit)
    machine.go_on(0.5)
    assert send_home(limit) == FEW


def test_what_did_not_help_is_tried_again_ever_later(machine: Machine, limit: AdaptiveLimit) -> None:
    fill(limit)
    tries = []
    for look in range(300):
        machine.go_on(0.5)
        if fill(limit):
            tries.append(look)
        elif limit.is_exceeded():
            send_home(limit)
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses[:4] == sorted(pauses[:4])
    assert pauses[0] < 8
    assert pauses[-1] >= LONGEST_PAUSE


def test_a_busy_processor_keeps_them_few(machine: Machine, limit: AdaptiveLimit) -> None:
    fill(limit)
    for _ in range(10):
        machine.go_on(1.0)
        assert not limit.try_acquire()


def test_when_it_becomes_busy_half_go_until_a_few_are_left(machine: Machine, limit: AdaptiveLimit) -> None:
    fill(limit)
    machine.go_on(0.0)
    fill(limit)
    gone = []
    for _ in range(4):
        machine.go_on(1.0)
        gone.append(send_home(limit))
    assert gone == [8, 4, 2, 1]


def test_nobody_joins_because_there_was_nothing_to_do(machine: Machine) -> None:
    limit = AdaptiveLimit(16, floor=2, wall=lambda: machine.seconds, processor=lambda: machine.used)
    limit.try_acquire()
    for _ in range(5):
        machine.go_on(0.0)
        limit.is_exceeded()
    assert fill(limit) == 1


def test_who_is_needed_may_begin_in_any_case(limit: AdaptiveLimit) -> None:
    fill(limit)
    assert limit.try_acquire(needed=True)
    assert limit.is_exceeded()


def test_a_limit_of_a_few_is_kept(machine: Machine) -> None:
    limit = AdaptiveLimit(FEW, wall=lambda: machine.seconds, processor=lambda: machine.used)
    assert fill(limit) == FEW
    machine.go_on(0.0)
    assert not limit.try_acquire()

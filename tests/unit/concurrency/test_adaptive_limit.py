"""As many make calls at once as are in the air when the processor is busy all the time."""

from __future__ import annotations

import pytest

from outreach.concurrency.adaptive_limit import (
    FEW,
    LOOK_SECONDS,
    RENEWED_AFTER,
    STUCK_SECONDS,
    AdaptiveLimit,
)

LOOK = LOOK_SECONDS * 1.01


class Machine:
    """A clock, and a processor that is busy for a share of the time."""

    def __init__(self) -> None:
        self.seconds = self.used = 0.0
        self.is_starved = False

    def go_on(self, share: float) -> None:
        self.seconds += LOOK
        self.used += LOOK * share


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def limit(machine: Machine) -> AdaptiveLimit:
    return AdaptiveLimit(
        64,
        wall=lambda: machine.seconds,
        processor=lambda: machine.used,
        starved=lambda: machine.is_starved,
    )


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


def work(machine: Machine, limit: AdaptiveLimit, distance: float, share: float = 1.0) -> None:
    """For a look: each call takes a millisecond of the processor, of which we have a share, and so far a way.

    They take as long as they wait for each other where there are more than help.
    """
    present = max(1, limit.wanted)
    calls = min(present * LOOK / distance, LOOK * share * 1000)
    for _ in range(max(1, round(calls))):
        limit.note_call(max(distance, present * 0.001 / share))
    machine.go_on(min(share, max(1, round(calls)) * 0.001 / LOOK))
    send_home(limit)
    fill(limit)


def test_a_few_begin(limit: AdaptiveLimit) -> None:
    assert fill(limit) == FEW


def test_where_a_call_is_short_a_few_are_enough(machine: Machine, limit: AdaptiveLimit) -> None:
    fill(limit)
    for _ in range(20):
        work(machine, limit, 0.0007)
        assert limit.wanted == FEW


def test_where_the_way_is_long_half_as_many_again_work_as_are_in_the_air(
    machine: Machine, limit: AdaptiveLimit
) -> None:
    fill(limit)
    for _ in range(20):
        work(machine, limit, 0.02)
    assert 28 <= limit.wanted <= 32


def test_at_50_ms_they_are_there_within_a_second(machine: Machine, limit: AdaptiveLimit) -> None:
    fill(limit)
    for _ in range(9):
        work(machine, limit, 0.05)
    assert limit.wanted == 64


def test_while_no_answer_comes_more_join(machine: Machine, limit: AdaptiveLimit) -> None:
    fill(limit)
    for _ in range(3):
        machine.go_on(0.1)
        fill(limit)
    assert limit.wanted == 64


def test_beside_other_programs_a_short_way_is_no_long_one(machine: Machine, limit: AdaptiveLimit) -> None:
    fill(limit)
    machine.is_starved = True
    for _ in range(100):
        work(machine, limit, 0.0007, share=0.15)
    assert limit.wanted <= 10


def test_one_answer_that_came_late_is_no_long_way(machine: Machine, limit: AdaptiveLimit) -> None:
    fill(limit)
    work(machine, limit, 0.0007)
    machine.go_on(0.1)
    assert fill(limit) > 0
    work(machine, limit, 0.0007)
    assert limit.wanted == FEW


def test_a_busy_processor_keeps_them_few_though_no_answer_comes(
    machine: Machine, limit: AdaptiveLimit
) -> None:
    fill(limit)
    for _ in range(10):
        machine.go_on(1.0)
        assert not limit.try_acquire()


def hang(machine: Machine, limit: AdaptiveLimit) -> None:
    """No call comes back, and the processor is busy, for so long that those in the air count no more."""
    for _ in range(round(STUCK_SECONDS / LOOK) + 1):
        machine.go_on(1.0)
        limit.is_exceeded()


def test_one_call_that_hangs_keeps_nobody_from_work_though_the_processor_is_busy(
    machine: Machine, limit: AdaptiveLimit
) -> None:
    fill(limit)
    hang(machine, limit)
    assert fill(limit) == FEW
    for _ in range(20):
        work(machine, limit, 0.0007)
    assert (limit.wanted, limit.try_acquire()) == (FEW, False)
    assert not limit.is_exceeded()


@pytest.mark.parametrize("end", ["note_call", "note_failure"])
def test_who_hung_and_is_back_counts_again(machine: Machine, limit: AdaptiveLimit, end: str) -> None:
    fill(limit)
    hang(machine, limit)
    fill(limit)
    assert not limit.is_exceeded()
    getattr(limit, end)(machine.seconds)
    assert limit.is_exceeded()


def test_a_call_begun_since_takes_nobody_in_who_hangs(machine: Machine, limit: AdaptiveLimit) -> None:
    fill(limit)
    hang(machine, limit)
    fill(limit)
    limit.note_failure(0.0001)
    assert not limit.is_exceeded()


def test_however_many_hang_there_are_never_more_than_the_ceiling(
    machine: Machine, limit: AdaptiveLimit
) -> None:
    present = fill(limit)
    for _ in range(100):
        hang(machine, limit)
        present += fill(limit)
    assert present == 64


def test_when_the_far_end_becomes_slower_more_join(machine: Machine, limit: AdaptiveLimit) -> None:
    fill(limit)
    work(machine, limit, 0.0007)
    for _ in range(2 * RENEWED_AFTER):
        work(machine, limit, 0.3)
    assert limit.wanted == 64


def test_more_join_for_a_slower_far_end_though_others_have_the_cores(
    machine: Machine, limit: AdaptiveLimit
) -> None:
    machine.is_starved = True
    fill(limit)
    work(machine, limit, 0.0007)
    for _ in range(12 * RENEWED_AFTER):
        work(machine, limit, 0.3)
    assert limit.wanted == 64


def test_nobody_joins_because_there_was_nothing_to_do(machine: Machine) -> None:
    limit = AdaptiveLimit(
        16, floor=2, wall=lambda: machine.seconds, processor=lambda: machine.used, starved=bool
    )
    limit.try_acquire()
    for _ in range(5):
        machine.go_on(0.0)
        limit.is_exceeded()
    assert fill(limit) == 1


def test_what_the_processor_does_while_nobody_calls_is_for_no_call(
    machine: Machine, limit: AdaptiveLimit
) -> None:
    fill(limit)
    for _ in range(9):
        work(machine, limit, 0.05)
    for _ in range(64):
        limit.release()
    for _ in range(50):
        machine.go_on(1.0)
    fill(limit)
    work(machine, limit, 0.05)
    assert limit.wanted == 64


def test_who_is_needed_may_begin_in_any_case(limit: AdaptiveLimit) -> None:
    fill(limit)
    assert limit.try_acquire(needed=True)
    assert limit.is_exceeded()


def test_a_limit_of_a_few_is_kept(machine: Machine) -> None:
    limit = AdaptiveLimit(FEW, wall=lambda: machine.seconds, processor=lambda: machine.used, starved=bool)
    assert fill(limit) == FEW
    machine.go_on(0.0)
    assert not limit.try_acquire()

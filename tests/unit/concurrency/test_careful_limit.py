"""A receiver of webhooks may be small: it is met with a few, and keeps as many as it answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outreach.concurrency.adaptive_limit import LOOK_SECONDS
from outreach.concurrency.careful_limit import CarefulLimit

LOOK = LOOK_SECONDS * 1.01
CALL = 0.05

Serves = Callable[[int], int]


class Receiver:
    """Answers each call after 50 ms, for as many at a time as it serves of those who ask."""

    def __init__(self, serves: Serves) -> None:
        self.serves = serves
        self.seconds = 0.0
        self.limit = CarefulLimit(
            128, wall=lambda: self.seconds, processor=lambda: self.seconds / 50, starved=bool
        )
        self.present = self.most = 0

    def work(self, seconds: float) -> None:
        """Whoever is answered looks whether they may stay; then as many join as may."""
        until = self.seconds + seconds
        while self.seconds < until:
            self._join()
            self.seconds += LOOK
            for _ in range(int(self.serves(self.present) * LOOK / CALL)):
                self.limit.note_call(CALL)
            while self.limit.is_exceeded():
                self.limit.release()
                self.present -= 1

    def _join(self) -> None:
        while self.limit.try_acquire():
            self.present += 1
        self.most = max(self.most, self.present)


def test_one_that_answers_everybody_soon_has_as_many_as_there_are() -> None:
    receiver = Receiver(lambda present: present)
    receiver.work(1.0)
    assert receiver.present == 128


def test_they_double_and_do_not_come_all_at_once() -> None:
    receiver = Receiver(lambda present: present)
    receiver.work(3 * LOOK)
    assert receiver.most <= 8


@pytest.mark.parametrize("served", [1, 5, 20])
def test_one_that_serves_a_few_keeps_no_more_than_some_times_as_many(served: int) -> None:
    receiver = Receiver(lambda present: min(present, served))
    receiver.work(1.5)
    assert served <= receiver.most <= 7 * served


def test_one_that_serves_a_few_and_pauses_is_met_with_one_more_a_look_and_not_with_everybody() -> None:
    receiver = Receiver(lambda present: min(present, 5))
    receiver.work(1.5)
    before, receiver.serves = receiver.present, lambda _: 0
    receiver.work(10 * LOOK)
    assert before < receiver.present <= before + 11


def test_one_call_that_hangs_while_nothing_else_happens_keeps_nobody_from_work() -> None:
    seconds = processor = 0.0
    limit = CarefulLimit(8, wall=lambda: seconds, processor=lambda: processor, starved=bool)
    assert limit.try_acquire()
    for _ in range(5):  # answered at once, by a process that is busy: one is enough
        seconds, processor = seconds + LOOK, processor + LOOK
        for _ in range(100):
            limit.note_call(0.001)
        assert not limit.try_acquire()
    for _ in range(5):
        seconds += LOOK
        limit.is_exceeded()
    assert limit.try_acquire()


def test_of_those_who_are_refused_half_go_and_a_few_come_again() -> None:
    receiver = Receiver(lambda present: present)
    receiver.work(1.0)
    receiver.limit.note_refusal(0.0)
    receiver.work(LOOK)
    assert 60 <= receiver.present <= 72


def test_refusals_of_the_same_moment_count_once() -> None:
    receiver = Receiver(lambda present: present)
    receiver.work(1.0)
    for _ in range(100):
        receiver.limit.note_refusal(0.0)
    assert receiver.limit.wanted == 64


def test_half_a_minute_after_the_last_refusal_there_are_as_many_as_before() -> None:
    receiver = Receiver(lambda present: present)
    receiver.work(1.0)
    for _ in range(10):
        receiver.limit.note_refusal(0.0)
        receiver.work(2 * LOOK)
    assert receiver.present < 16
    receiver.work(32.0)
    assert receiver.present == 128

"""Calls in the air: all are made, each comes back once, and whoever waits gets enough of them."""

from __future__ import annotations

import threading
import time

import pytest

from outreach.concurrency.adaptive_limit import AdaptiveLimit
from outreach.concurrency.call_pool import CallPool


def test_each_call_is_made_once_and_lands_once() -> None:
    calls: CallPool[int, int] = CallPool(lambda number: number * 2, AdaptiveLimit(4))

    calls.submit(range(7))
    calls.submit(range(7, 100))
    landed = calls.collect(100)

    assert sorted(landed) == [(number, number * 2) for number in range(100)]
    assert calls.in_flight == 0


def test_collecting_waits_for_no_more_than_it_was_asked_for() -> None:
    gate = threading.Event()
    calls: CallPool[int, object] = CallPool(
        lambda number: gate.wait() if number == 3 else number, AdaptiveLimit(4)
    )

    calls.submit(range(4))
    first = calls.collect(3)
    assert sorted(item for item, _ in first) == [0, 1, 2]
    assert calls.in_flight == 1
    gate.set()
    assert [item for item, _ in calls.collect(1)] == [3]


def test_collecting_ends_when_its_time_is_over() -> None:
    gate = threading.Event()
    calls: CallPool[int, bool] = CallPool(lambda _: gate.wait(), AdaptiveLimit(4))

    calls.submit([1])
    began = time.monotonic()
    assert calls.collect(1, within=0.05) == []
    assert time.monotonic() - began < 5
    gate.set()
    assert calls.collect(1) == [(1, True)]


def test_what_a_call_raises_is_its_outcome() -> None:
    error = ValueError("no")

    def call(number: int) -> int:
        if number == 1:
            raise error
        return number

    calls: CallPool[int, int] = CallPool(call, AdaptiveLimit(2))
    calls.submit([0, 1, 2])

    assert dict(calls.collect(3)) == {0: 0, 1: error, 2: 2}


def test_one_slow_call_keeps_none_of_its_group_waiting() -> None:
    gate = threading.Event()
    calls: CallPool[int, object] = CallPool(
        lambda number: gate.wait() if number == 0 else number, AdaptiveLimit(2)
    )

    calls.submit(range(4))
    landed = calls.collect(3)
    gate.set()

    assert sorted(item for item, _ in landed) == [1, 2, 3]
    assert [item for item, _ in calls.collect(1)] == [0]


def test_more_join_while_all_wait_for_answers() -> None:
    together = threading.Barrier(4)
    calls: CallPool[int, int] = CallPool(lambda _: together.wait(timeout=60), AdaptiveLimit(4, floor=1))

    calls.submit(range(4))

    assert sorted(str(place) for _, place in calls.collect(4)) == ["0", "1", "2", "3"]


def test_a_step_gets_its_turn_beside_one_that_has_every_thread() -> None:
    gate, limit = threading.Event(), AdaptiveLimit(2)
    greedy: CallPool[int, bool] = CallPool(lambda _: gate.wait(), limit)
    other: CallPool[int, int] = CallPool(lambda number: number, limit)

    greedy.submit(range(10))
    other.submit([7])

    assert other.collect(1) == [(7, 7)]
    gate.set()
    assert len(greedy.collect(10)) == 10


def test_a_call_does_not_wait_behind_those_that_wait_for_something_else() -> None:
    gate = threading.Event()
    calls: CallPool[str, bool] = CallPool(
        lambda item: item == "fast" or gate.wait(), AdaptiveLimit(2), line_of=lambda item: item
    )

    calls.submit(["slow"] * 10)
    calls.submit(["fast"] * 3)

    assert calls.collect(3, within=30) == [("fast", True)] * 3
    gate.set()
    assert len(calls.collect(10)) == 10


def test_what_nobody_has_begun_is_taken_back_and_what_is_in_the_air_lands() -> None:
    gate, begun = threading.Event(), threading.Semaphore(0)

    def call(number: int) -> int:
        begun.release()
        gate.wait()
        return number

    calls: CallPool[int, int] = CallPool(call, AdaptiveLimit(1))
    calls.submit(range(5))
    begun.acquire()

    assert calls.stop() == [1, 2, 3, 4]
    assert calls.in_flight == 1
    gate.set()
    assert calls.collect(1) == [(0, 0)]


def test_no_thread_waits_when_there_is_nothing_to_do() -> None:
    before = set(threading.enumerate())
    calls: CallPool[int, int] = CallPool(lambda number: number, AdaptiveLimit(4))
    calls.submit(range(100))
    calls.collect(100)

    ours = {each for each in threading.enumerate() if each.name == "outreach-call"} - before
    for thread in ours:
        thread.join(timeout=60)
    assert ours
    assert not any(thread.is_alive() for thread in ours)


def test_a_process_without_a_thread_to_spare_leaves_nothing_to_wait_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    limit = AdaptiveLimit(1)
    calls: CallPool[int, int] = CallPool(int, limit)

    with pytest.raises(RuntimeError):
        calls.submit([1])

    assert calls.collect(calls.in_flight) == []
    assert limit.try_acquire()


def test_a_step_has_its_share_of_the_threads_whatever_others_do() -> None:
    limit = AdaptiveLimit(4, floor=4)
    for _ in range(4):  # others
        assert limit.try_acquire()
    gate = threading.Barrier(2, timeout=30)  # passes where two are there at once
    calls: CallPool[int, int] = CallPool(lambda _: gate.wait(), limit, share=0.5)
    calls.submit(range(10))

    assert not [outcome for _, outcome in calls.collect(10) if isinstance(outcome, BaseException)]

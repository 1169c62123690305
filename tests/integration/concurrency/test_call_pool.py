"""Calls in the air: all are made, each comes back once, and whoever waits gets enough of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from outreach.concurrency.adaptive_limit import AdaptiveLimit
from outreach.concurrency.call_pool import CALLS_PER_TURN, CallPool


@pytest.fixture
def crew() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def test_each_call_is_made_once_and_lands_once(crew: ThreadPoolExecutor) -> None:
    flights: CallPool[int, int] = CallPool(crew, AdaptiveLimit(4), lambda number: number * 2)

    flights.submit(range(7))
    flights.submit(range(7, 100))
    landed = flights.collect(100)

    assert sorted(landed) == [(number, number * 2) for number in range(100)]
    assert flights.in_flight == 0


def test_landing_waits_for_no_more_than_it_was_asked_for(crew: ThreadPoolExecutor) -> None:
    gate = threading.Event()
    flights: CallPool[int, object] = CallPool(
        crew, AdaptiveLimit(4), lambda number: gate.wait() if number == 3 else number
    )

    flights.submit(range(4))
    first = flights.collect(3)
    assert sorted(item for item, _ in first) == [0, 1, 2]
    assert flights.in_flight == 1
    gate.set()
    assert [item for item, _ in flights.collect(1)] == [3]


def test_what_a_call_raises_is_its_outcome(crew: ThreadPoolExecutor) -> None:
    error = ValueError("no")

    def call(number: int) -> int:
        if number == 1:
            raise error
        return number

    flights: CallPool[int, int] = CallPool(crew, AdaptiveLimit(2), call)
    flights.submit([0, 1, 2])

    assert dict(flights.collect(3)) == {0: 0, 1: error, 2: 2}


def test_one_slow_call_keeps_none_of_its_group_waiting(crew: ThreadPoolExecutor) -> None:
    gate = threading.Event()
    flights: CallPool[int, object] = CallPool(
        crew, AdaptiveLimit(2), lambda number: gate.wait() if number == 0 else number
    )

    flights.submit(range(4))
    landed = flights.collect(3)
    gate.set()

    assert sorted(item for item, _ in landed) == [1, 2, 3]
    assert [item for item, _ in flights.collect(1)] == [0]


def test_more_join_while_all_wait_for_answers(crew: ThreadPoolExecutor) -> None:
    together = threading.Barrier(4)
    flights: CallPool[int, int] = CallPool(
        crew, AdaptiveLimit(4, floor=1), lambda _: together.wait(timeout=5)
    )

    flights.submit(range(4))

    assert sorted(str(place) for _, place in flights.collect(4)) == ["0", "1", "2", "3"]


def test_who_needs_the_crew_for_something_short_gets_its_turn() -> None:
    with ThreadPoolExecutor(1) as crew:
        flights: CallPool[int, int] = CallPool(crew, AdaptiveLimit(1), lambda number: number)
        begin = threading.Event()
        crew.submit(begin.wait)
        flights.submit(range(10 * CALLS_PER_TURN))
        other = crew.submit(lambda: flights.in_flight)
        begin.set()
        assert other.result(timeout=5) == 10 * CALLS_PER_TURN
        assert len(flights.collect(10 * CALLS_PER_TURN)) == 10 * CALLS_PER_TURN


def test_a_crew_on_its_way_home_makes_the_calls_that_were_launched() -> None:
    crew, begin = ThreadPoolExecutor(1), threading.Event()
    flights: CallPool[int, int] = CallPool(crew, AdaptiveLimit(1), lambda number: number)
    crew.submit(begin.wait)
    flights.submit(range(10 * CALLS_PER_TURN))
    crew.shutdown(wait=False)
    begin.set()

    assert len(flights.collect(10 * CALLS_PER_TURN)) == 10 * CALLS_PER_TURN


def test_a_crew_that_has_gone_home_leaves_nothing_to_wait_for() -> None:
    crew = ThreadPoolExecutor(1)
    crew.shutdown()
    flights: CallPool[int, int] = CallPool(crew, AdaptiveLimit(1), int)

    with pytest.raises(RuntimeError):
        flights.submit([1])

    assert flights.collect(flights.in_flight) == []

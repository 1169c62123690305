"""What tasks of one flow run share in a process is opened once, kept apart, and closed again."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from flows.sharing import Shared


class Door:
    """Counts how often it is opened, and is closed."""

    def __init__(self) -> None:
        self.opened = self.closed = 0

    @contextlib.contextmanager
    def open(self) -> Iterator[Door]:
        time.sleep(0.02)
        self.opened += 1
        try:
            yield self
        finally:
            self.closed += 1


def test_many_tasks_at_once_open_it_once() -> None:
    shared, door, together = Shared[Door](), Door(), threading.Barrier(8)

    def work(_: int) -> Door:
        together.wait()
        with shared.borrow("run", door.open) as borrowed:
            return borrowed

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(work, range(8))) == {door}
    assert (door.opened, door.closed) == (1, 0)


def test_two_flow_runs_of_one_process_never_meet() -> None:
    shared, doors = Shared[Door](), (Door(), Door())

    with shared.borrow("one", doors[0].open) as one, shared.borrow("two", doors[1].open) as two:
        assert (one, two) == doors


def test_it_is_closed_when_nobody_needed_it_for_a_while() -> None:
    shared, door = Shared[Door](idle_seconds=0.05), Door()
    for _ in range(3):
        with shared.borrow("run", door.open):
            assert door.closed == 0
    until = time.monotonic() + 5
    while not door.closed and time.monotonic() < until:
        time.sleep(0.01)

    assert (door.opened, door.closed) == (1, 1)


def test_the_end_of_the_process_closes_what_nobody_borrows_and_leaves_the_rest() -> None:
    shared, idle, busy = Shared[Door](), Door(), Door()
    with shared.borrow("idle", idle.open):
        pass
    with shared.borrow("busy", busy.open):
        shared.close()
        assert (idle.closed, busy.closed) == (1, 0)


def test_what_the_flow_offers_is_borrowed_and_nothing_is_opened() -> None:
    shared, door, mine = Shared[Door](), Door(), Door()
    with shared.offer("run", mine), shared.borrow("run", door.open) as borrowed:
        assert borrowed is mine
    assert door.opened == 0


def test_the_last_tasks_of_a_flow_that_was_cancelled_begin_nothing_new() -> None:
    shared, door = Shared[Door](), Door()
    with shared.offer("run", Door()):
        pass
    with pytest.raises(RuntimeError, match="has ended"), shared.borrow("run", door.open):
        pass
    assert door.opened == 0


def test_an_opening_that_failed_is_tried_again_by_the_next() -> None:
    shared, door = Shared[Door](), Door()
    locks = ["locked"]

    def open_door() -> contextlib.AbstractContextManager[Door]:
        if locks:
            raise OSError(locks.pop())
        return door.open()

    with pytest.raises(OSError, match="locked"), shared.borrow("run", open_door):
        pass
    with shared.borrow("run", open_door) as borrowed:
        assert borrowed is door

"""Turns: one after the other, the lowest number first, and nobody waits for ever."""

from __future__ import annotations

import threading
import time

import pytest

from outreach.concurrency import turns
from outreach.concurrency.turns import Turns


def test_of_those_that_wait_the_lowest_number_comes_first() -> None:
    line, came = Turns(), []

    def come(number: int) -> None:
        with line.take(number, within=30, unless=bool) as is_own:
            came.append((number, is_own))

    with line.take(9, within=0, unless=bool):
        waiting = [threading.Thread(target=come, args=(number,)) for number in (3, 1, 2)]
        for each in waiting:
            each.start()
        while len(line._waiting) < 3:
            time.sleep(0.001)
    for each in waiting:
        each.join()

    assert came == [(1, True), (2, True), (3, True)]


def test_whoever_waited_long_enough_goes_on_without_a_turn() -> None:
    line = Turns()
    with line.take(1, within=0, unless=bool) as first, line.take(2, within=0.01, unless=bool) as second:
        assert (first, second) == (True, False)


def test_nobody_waits_once_there_is_no_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LOOK_SECONDS", 0.01)
    line, began = Turns(), time.monotonic()
    with line.take(1, within=0, unless=bool), line.take(2, within=30, unless=lambda: True) as is_own:
        assert not is_own
    assert time.monotonic() - began < 5


def test_a_turn_is_given_back_whatever_happens_in_it() -> None:
    line = Turns()
    with pytest.raises(ZeroDivisionError), line.take(1, within=0, unless=bool):
        raise ZeroDivisionError
    with line.take(2, within=0, unless=bool) as is_own:
        assert is_own

"""The budget: never over the limit in any window, and nearly all of it used, by one process or several."""

from __future__ import annotations

import heapq
import logging
import random
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone
from itertools import pairwise
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.clock import SystemClock
from outreach.errors import NotSent, RateLimited
from outreach.genesys.rate_limit.pacer import GIVEN_UP, PATIENCE, Pacer, creations_key, token_key
from outreach.genesys.rate_limit.priority_lock import PriorityLock
from outreach.genesys.rate_limit.slots import FallbackSlotAllocator, LocalSlotAllocator
from outreach.timetable import Timetable
from tests.support.clocks import SetClock
from tests.support.fuzzing import tries
from tests.support.timetables import acquire, take

Result = TypeVar("Result")

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=timezone.utc)


class Process:
    """One process of the simulation: always `takers` threads in line, except in its lulls."""

    def __init__(self, pacer: Pacer, takers: int, lulls: list[tuple[float, float]]) -> None:
        self.pacer = pacer
        self.takers = takers
        self.lulls = lulls

    def step(self, now: float) -> tuple[bool, float]:
        """Whether it sends now, and when it wants to be asked again."""
        for begin, end in self.lulls:
            if begin <= now < end:
                return False, end
        self.pacer.lease_ahead(self.takers - 1)
        instant = self.pacer.next_instant(self.takers - 1)
        if instant > now:
            return False, instant
        self.pacer.spend()
        return True, now + 0.0005


def simulate(
    processes: list[Process], clock: SetClock, seconds: float, latency: float, seed: int
) -> list[float]:
    """Instants at which requests reach Genesys, in order; each travels for a random part of `latency`."""
    chance = random.Random(seed)
    arrivals = []
    agenda = [(chance.random() * 0.1, number) for number in range(len(processes))]
    heapq.heapify(agenda)
    while agenda and agenda[0][0] < seconds:
        now, number = heapq.heappop(agenda)
        clock.advance(now - clock.monotonic())
        sent, again = processes[number].step(now)
        if sent:
            arrivals.append(now + chance.random() * latency)
        heapq.heappush(agenda, (again + chance.random() * 0.02, number))
    return sorted(arrivals)


def fullest_sliding_window(arrivals: list[float]) -> int:
    return max((bisect_left(arrivals, begin + 60.0) - i for i, begin in enumerate(arrivals)), default=0)


def fullest_fixed_window(arrivals: list[float], phase: float) -> int:
    windows = Counter(int((arrival + phase) // 60) for arrival in arrivals)
    return max(windows.values(), default=0)


def build(
    limit: int, takers: list[int], lulls: list[list[tuple[float, float]]]
) -> tuple[list[Process], SetClock]:
    clock = SetClock(NOW)
    timetable = LocalSlotAllocator(clock)
    pacers = [Pacer("token:1", limit, timetable, clock) for _ in takers]
    return [Process(*parts) for parts in zip(pacers, takers, lulls, strict=True)], clock


@pytest.mark.parametrize("takers", [[1], [16], [16, 16, 16], [1, 3, 64]])
@pytest.mark.parametrize("limit", [10, 100, 300, 1200])
def test_at_least_95_percent_is_used_and_no_window_is_overdrawn(limit: int, takers: list[int]) -> None:
    processes, clock = build(limit, takers, [[] for _ in takers])

    arrivals = simulate(processes, clock, 600.0, latency=0.5, seed=7)

    assert fullest_sliding_window(arrivals) <= limit
    assert max(fullest_fixed_window(arrivals, phase) for phase in range(0, 60, 7)) <= limit
    assert len(arrivals) / 10 >= 0.95 * limit


@settings(max_examples=tries(25), deadline=None)
@given(
    limit=st.integers(20, 600),
    takers=st.lists(st.integers(1, 64), min_size=1, max_size=3),
    pauses=st.lists(st.tuples(st.floats(0, 200), st.floats(0, 90)), max_size=6),
    seed=st.integers(0, 1000),
)
def test_a_lull_is_never_made_up_for_by_a_burst(
    limit: int, takers: list[int], pauses: list[tuple[float, float]], seed: int
) -> None:
    lulls = [
        [(begin, begin + length) for begin, length in pauses[number::3]] for number in range(len(takers))
    ]
    processes, clock = build(limit, takers, lulls)

    arrivals = simulate(processes, clock, 240.0, latency=0.5, seed=seed)

    assert fullest_sliding_window(arrivals) <= limit
    assert fullest_fixed_window(arrivals, seed % 60) <= limit


def test_slots_in_hand_that_grew_old_are_dropped() -> None:
    processes, clock = build(300, [16], [[]])
    pacer = processes[0].pacer
    pacer.next_instant(15)
    pacer.spend()
    clock.advance(5.0)

    assert pacer.next_instant() >= clock.monotonic()


def test_a_429_stops_everybody_until_its_time_and_the_rate_comes_back_gradually() -> None:
    processes, clock = build(300, [8, 8], [[], []])
    simulate(processes, clock, 30.0, latency=0.0, seed=1)

    processes[0].pacer.refuse(20.0)
    resumed = clock.monotonic() + 20.0
    arrivals = simulate(processes[:1], clock, resumed + 120.0, latency=0.0, seed=1)

    assert [a for a in arrivals if a < resumed] == []
    first, last = ([a for a in arrivals if low <= a - resumed < low + 10] for low in (0, 110))
    assert 20 <= len(first) <= 32
    assert 47 <= len(last) <= 50


def test_a_429_also_stops_the_processes_that_did_not_see_it() -> None:
    processes, _ = build(300, [8, 8], [[], []])
    processes[0].pacer.refuse(20.0)

    assert processes[1].pacer.next_instant() >= 20.0


def test_somebody_else_spending_the_same_token_makes_us_wait_for_the_next_window() -> None:
    processes, _ = build(300, [8], [[]])
    pacer = processes[0].pacer
    pacer.observe(count=298, allowed=300, reset=25)

    assert pacer.next_instant() >= 25.0


def test_our_own_spending_does_not_make_us_wait() -> None:
    processes, _ = build(300, [8], [[]])
    pacer = processes[0].pacer
    pacer.observe(count=293, allowed=300, reset=25)

    assert pacer.next_instant() == 0.0


def test_a_lower_allowance_than_the_setting_is_believed() -> None:
    processes, clock = build(300, [8], [[]])
    processes[0].pacer.observe(count=1, allowed=60, reset=50)

    assert len(simulate(processes, clock, 60.0, latency=0.0, seed=1)) <= 60


@pytest.mark.parametrize("limit", [None, 0])
def test_no_limit_waits_for_nothing_but_a_429(limit: int | None) -> None:
    clock = SetClock(NOW)
    pacer = Pacer("token:1", limit, LocalSlotAllocator(clock), clock)

    assert sum(acquire(pacer).waited for _ in range(1000)) == 0.0
    pacer.refuse(7.0)
    assert acquire(pacer).waited == pytest.approx(7.0)
    assert acquire(pacer).waited == 0.0


def test_without_a_limit_a_429_that_is_over_makes_nobody_wait_in_line() -> None:
    clock = SetClock(NOW)
    pacer = Pacer("token:1", None, LocalSlotAllocator(clock), clock)
    pacer.refuse(7.0)
    acquire(pacer)
    waited: list[float] = []

    with pacer._turns.turn(0):  # somebody stands in it
        other = threading.Thread(target=lambda: waited.append(acquire(pacer).waited), daemon=True)
        other.start()
        other.join(30)

    assert waited == [0.0]


def test_a_wait_beyond_patience_is_told_instead_of_waited_for() -> None:
    clock = SetClock(NOW)
    pacer = Pacer("token:1", 300, LocalSlotAllocator(clock), clock)
    pacer.refuse(3600.0)

    with pytest.raises(RateLimited) as caught:
        acquire(pacer)
    assert caught.value.retry_after > PATIENCE
    assert clock.monotonic() == 0.0


def test_keys_do_not_show_the_client_id() -> None:
    assert "my-client" not in token_key("my-client")
    assert token_key("a") != token_key("b")
    assert creations_key("acme") == "creations:acme"


class Broken:
    """A shared timetable whose place is away, until it isn't."""

    def __init__(self, clock: SetClock) -> None:
        self.inner = LocalSlotAllocator(clock)
        self.away = True

    def change(self, key: str, make: Callable[[Timetable, float], Result]) -> Result:
        if self.away:
            raise OSError("no such host")
        return self.inner.change(key, make)


def test_a_shared_budget_that_is_away_leaves_a_safe_share_and_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = SetClock(NOW)
    broken = Broken(clock)
    pacer = Pacer("token:1", 300, FallbackSlotAllocator(broken, clock, share=0.5), clock)
    with caplog.at_level(logging.WARNING):
        away = simulate([Process(pacer, 8, [])], clock, 120.0, latency=0.0, seed=1)
    broken.away = False
    back = simulate([Process(pacer, 8, [])], clock, 240.0, latency=0.0, seed=1)

    assert 0.9 * 300 <= len(away) <= 300
    assert len(back) >= 0.9 * 600
    assert [record.levelno for record in caplog.records if record.levelno > logging.INFO] == [logging.WARNING]
    assert "no such host" not in caplog.text


def test_going_away_after_a_block_was_taken_does_not_spend_it_twice() -> None:
    clock = SetClock(NOW)
    shared = Broken(clock)
    shared.away = False
    timetable = FallbackSlotAllocator(shared, clock)
    take(timetable, "k", 0.2, 5)
    shared.away = True

    assert take(timetable, "k", 0.2, 1)[0] >= 1.0


def test_going_away_it_goes_on_behind_what_other_processes_had_taken() -> None:
    clock = SetClock(NOW)
    shared = Broken(clock)
    shared.away = False
    timetable = FallbackSlotAllocator(shared, clock)
    take(shared, "k", 1.0, 5)
    take(timetable, "k", 1.0, 1)
    shared.away = True

    assert take(timetable, "k", 1.0, 2) == pytest.approx([6.0, 8.0])


def test_the_lowest_number_goes_first_and_equals_go_in_their_order() -> None:
    turnstile, order = PriorityLock(), []

    def go(priority: int, name: str) -> None:
        with turnstile.turn(priority):
            order.append(name)

    threads = []
    with turnstile.turn(0):
        for priority, name in [(5, "late"), (1, "first"), (5, "last"), (2, "second")]:
            thread = threading.Thread(target=go, args=(priority, name))
            thread.start()
            threads.append(thread)
            while turnstile.waiting < len(threads):
                SystemClock().sleep(0.001)
    for thread in threads:
        thread.join(60)

    assert order == ["first", "second", "late", "last"]


def test_threads_of_one_process_keep_the_spacing() -> None:
    clock = SystemClock()
    pacer = Pacer("token:1", 6000, LocalSlotAllocator(clock), clock)
    sent: list[float] = []

    def work() -> None:
        for _ in range(5):
            acquire(pacer)
            sent.append(clock.monotonic())

    threads = [threading.Thread(target=work) for _ in range(8)]
    began = clock.monotonic()  # on a busy machine the first may note late when it went
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    sent.sort()
    assert len(sent) == 40
    assert sent[-1] - began >= 39 * (60 / 5850) - 0.05
    assert min(later - earlier for earlier, later in pairwise(sent)) >= 0.0


def test_who_waits_for_a_turn_gives_up_at_once_when_the_run_is_stopped() -> None:
    clock = SystemClock()
    pacer = Pacer("token:slow", 1, LocalSlotAllocator(clock), clock)
    acquire(pacer)
    codes: list[str] = []

    def wait() -> None:
        with pytest.raises(NotSent) as refused:
            acquire(pacer)
        codes.append(refused.value.code)

    line = [threading.Thread(target=wait) for _ in range(5)]
    for each in line:
        each.start()
    pacer.give_up()
    for each in line:
        each.join(30)
    assert codes == [GIVEN_UP] * 5

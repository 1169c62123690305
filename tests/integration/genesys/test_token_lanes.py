"""Ten tokens: each its own limit, all of them used; and a limit above them that nobody had told of."""

from __future__ import annotations

import heapq
import math
import random
import threading
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.clock import SystemClock
from outreach.genesys.rate_limit.pacer import ABOVE, Pacer, Turn
from outreach.genesys.rate_limit.slots import LocalSlotAllocator, SlotAllocator
from outreach.ledger.rate_slots import LedgerSlotAllocator
from outreach.timetable import Timetable
from tests.support.clocks import SetClock
from tests.support.fuzzing import tries
from tests.support.ledgers import new_ledger
from tests.support.timetables import acquire

Result = TypeVar("Result")

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=timezone.utc)


class Genesys:
    """Counts as Genesys does, in sliding or fixed windows: by token, and above them if there is a cap."""

    def __init__(self, limit: int, cap: int | None, kind: str, *, headers: bool = False) -> None:
        self.limits: dict[object, int] = defaultdict(lambda: limit, {"cap": cap or 10**9})
        self.kind = kind
        self.headers = headers
        self.seen: dict[object, deque[float]] = defaultdict(deque)
        self.opened: dict[object, float] = defaultdict(lambda: -math.inf)
        self.arrivals: dict[int, list[float]] = defaultdict(list)
        self.refused: list[float] = []

    def take(self, pacer: Pacer, lane: int, now: float, turn: Turn) -> None:
        keys: tuple[object, object] = (lane, "cap")
        for key in keys:
            seen = self.seen[key]
            if self.kind == "fixed" and now - self.opened[key] >= 60:
                seen.clear()
                self.opened[key] = now
            while self.kind == "sliding" and seen and now - seen[0] >= 60:
                seen.popleft()
            if len(seen) >= self.limits[key]:
                if pacer.key == "token:1":
                    self.refused.append(now)
                start = seen[0] if self.kind == "sliding" else self.opened[key]
                pacer.refuse(max(1, math.ceil(start + 60 - now)), turn)
                return
        for key in keys:
            self.seen[key].append(now)
        self.arrivals[lane].append(now)
        if self.headers:
            told = min(keys, key=lambda key: self.limits[key] - len(self.seen[key]))
            start = self.seen[told][0] if self.kind == "sliding" else self.opened[told]
            reset = max(1, math.ceil(start + 60 - now))
            pacer.observe(len(self.seen[told]), self.limits[told], reset, lane)

    def all(self) -> list[float]:
        return sorted(each for lane in self.arrivals.values() for each in lane)


def play(
    pacers: list[Pacer], clock: SetClock, genesys: Genesys, seconds: float, takers: int = 16, seed: int = 1
) -> None:
    chance = random.Random(seed)
    agenda = [(clock.monotonic() + chance.random() * 0.1, number) for number in range(len(pacers))]
    heapq.heapify(agenda)
    while agenda[0][0] < seconds:
        now, number = heapq.heappop(agenda)
        clock.advance(max(now - clock.monotonic(), 0.0))
        pacer = pacers[number]
        pacer.lease_ahead(takers - 1)
        instant = pacer.next_instant(takers - 1)
        now = max(now, clock.monotonic())  # a slow ledger takes its time
        again = max(instant, now + 0.0005)
        if instant <= now:
            slot = pacer.spend()
            bound = ABOVE if slot.above else pacer.name
            turn = Turn(slot.lane, now, 0.0, bound)
            genesys.take(pacer, slot.lane, now + chance.random() * 0.02, turn)
            again = now + 0.0005
        heapq.heappush(agenda, (again + chance.random() * 0.01, number))


class Slow(LocalSlotAllocator):
    """A ledger that is busy: each lease waits for it before and after."""

    def __init__(self, clock: SetClock, seconds: float = 0.0) -> None:
        super().__init__(clock)
        self.clock = clock
        self.seconds = seconds
        self.leases = 0

    def change(self, key: str, make: Callable[[Timetable, float], Result]) -> Result:
        chance = random.Random(self.leases)
        self.leases += 1
        self.clock.advance(self.seconds * chance.random())
        result = super().change(key, make)
        self.clock.advance(self.seconds * chance.random())
        return result


def new_pacers(
    lanes: int, processes: int, limit: int = 300, timetable: SlotAllocator | None = None
) -> tuple[list[Pacer], SetClock]:
    clock = timetable.clock if isinstance(timetable, Slow) else SetClock(NOW)
    timetable = timetable or LocalSlotAllocator(clock)
    return [Pacer("token:1", limit, timetable, clock, lanes) for _ in range(processes)], clock


def fullest(times: list[float]) -> int:
    return max((bisect_left(times, begin + 60.0) - i for i, begin in enumerate(times)), default=0)


@pytest.mark.parametrize("headers", [False, True])
@pytest.mark.parametrize("kind", ["fixed", "sliding"])
@pytest.mark.parametrize("lanes", [1, 10])
@pytest.mark.parametrize("processes", [1, 3])
def test_985_of_1000_of_every_token_is_used_and_no_window_of_it_is_overdrawn(
    kind: str, lanes: int, processes: int, *, headers: bool
) -> None:
    pacers, clock = new_pacers(lanes, processes)
    genesys = Genesys(300, None, kind, headers=headers)

    play(pacers, clock, genesys, 130.0)

    assert genesys.refused == []
    assert max(fullest(times) for times in genesys.arrivals.values()) <= 300
    assert len(genesys.arrivals) == lanes
    assert len(genesys.all()) / 130 * 60 >= 0.985 * 300 * lanes


@pytest.mark.parametrize("lanes", [1, 10, 20])
def test_a_ledger_that_is_busy_costs_no_slot_and_overdraws_no_token(lanes: int) -> None:
    pacers, clock = new_pacers(lanes, 1, timetable=Slow(SetClock(NOW), 0.1))
    genesys = Genesys(300, None, "sliding")

    play(pacers, clock, genesys, 190.0)

    assert genesys.refused == []
    assert len(genesys.all()) / 190 * 60 >= 0.985 * 300 * lanes


def test_a_lease_that_takes_long_keeps_nobody_waiting_who_could_go() -> None:
    clock = SystemClock()

    class Sluggish(LocalSlotAllocator):
        """Busy for longer than a fast ledger's slots in hand last."""

        def change(self, key: str, make: Callable[[Timetable, float], Result]) -> Result:
            clock.sleep(0.4)
            result = super().change(key, make)
            clock.sleep(0.4)
            return result

    pacer = Pacer("token:1", 300, Sluggish(clock), clock, 10)
    sent: list[float] = []

    def work() -> None:
        while not sent or sent[-1] < sent[0] + 8.0:
            acquire(pacer)
            sent.append(clock.monotonic())

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    steady = [at for at in sent if sent[0] + 4.0 <= at < sent[0] + 8.0]
    assert len(steady) >= 0.95 * 4 * 300 * 0.987 * 10 / 60


@pytest.mark.parametrize("takers", [2, 16])
def test_slots_are_leased_a_second_at_a_time_while_some_stand_in_line(takers: int) -> None:
    timetable = Slow(SetClock(NOW))
    pacers, clock = new_pacers(10, 1, timetable=timetable)

    play(pacers, clock, Genesys(300, None, "sliding"), 60.0, takers)

    assert timetable.leases <= 60 * 2


def test_a_turn_is_of_the_token_that_is_free_first() -> None:
    (pacer,), clock = new_pacers(3, 1)
    turns = [acquire(pacer).lane for _ in range(7)]
    assert turns == [0, 1, 2, 0, 1, 2, 0]
    assert clock.monotonic() == pytest.approx(2 * 60 / (300 * 0.987))


def test_a_429_rests_one_token_and_the_others_go_on() -> None:
    (pacer,), clock = new_pacers(4, 1)
    pacer.refuse(20.0, acquire(pacer))
    genesys = Genesys(300, None, "sliding")

    play([pacer], clock, genesys, 20.0)

    assert 0 not in genesys.arrivals
    assert len(genesys.all()) == pytest.approx(3 * 20 * 5 * 0.987, rel=0.03)
    play([pacer], clock, genesys, 120.0)
    assert len([at for at in genesys.arrivals[0] if at < 30]) == pytest.approx(25, abs=4)
    assert len([at for at in genesys.arrivals[0] if at >= 110]) == pytest.approx(49, abs=3)


def test_another_tokens_429_within_the_rest_is_a_limit_above_them_and_all_rest() -> None:
    pacers, clock = new_pacers(4, 2)
    first, second = acquire(pacers[0]), acquire(pacers[0])
    pacers[0].refuse(20.0, first)
    pacers[0].refuse(15.0, second)

    assert pacers[1].next_instant() >= clock.monotonic() + 15.0


def test_a_limit_above_the_tokens_is_found_though_their_429s_came_to_two_processes() -> None:
    pacers, clock = new_pacers(4, 2)
    first, second = acquire(pacers[0]), acquire(pacers[1])
    assert first.lane != second.lane
    pacers[0].refuse(20.0, first)
    pacers[1].refuse(15.0, second)

    assert all(pacer.next_instant() >= clock.monotonic() + 15.0 for pacer in pacers[1:])
    clock.advance(3)
    assert pacers[0].next_instant() >= clock.monotonic() + 12.0


def test_a_second_429_of_the_same_token_is_its_own() -> None:
    (pacer,), clock = new_pacers(4, 1)
    turn = acquire(pacer)
    pacer.refuse(20.0, turn)
    pacer.refuse(20.0, turn)

    assert pacer.next_instant() < clock.monotonic() + 1.0


@pytest.mark.parametrize("kind", ["fixed", "sliding"])
@pytest.mark.parametrize(("cap", "processes"), [(2000, 3), (1000, 1)])
def test_97_of_100_of_a_limit_above_the_tokens_is_used_with_a_429_a_minute_at_most(
    kind: str, cap: int, processes: int
) -> None:
    pacers, clock = new_pacers(10, processes)
    genesys = Genesys(300, cap, kind)

    play(pacers, clock, genesys, 480.0)

    assert len(genesys.all()) / 8 >= 0.97 * cap
    assert len(genesys.refused) <= 8


@pytest.mark.parametrize("kind", ["fixed", "sliding"])
@pytest.mark.parametrize("cap", [300, 2000])
def test_headers_that_count_all_tokens_together_are_believed(kind: str, cap: int) -> None:
    (pacer,), clock = new_pacers(10, 1)
    genesys = Genesys(300, cap, kind, headers=True)

    play([pacer], clock, genesys, 240.0)

    assert len(genesys.refused) <= 1
    assert len(genesys.all()) / 4 >= 0.95 * cap


@pytest.mark.parametrize("kind", ["fixed", "sliding"])
@pytest.mark.parametrize("theirs", [60, 150, 240])
def test_another_program_on_the_same_token_is_made_room_for(
    kind: str, theirs: int, caplog: pytest.LogCaptureFixture
) -> None:
    (pacer,), clock = new_pacers(1, 1)
    genesys = Genesys(300, None, kind, headers=True)

    class Other(Pacer):
        """Paces, and heeds nothing."""

        def refuse(self, retry_after: float, turn: Turn | None = None) -> None:
            pass

        def observe(self, count: int, allowed: int, reset: float, lane: int = 0) -> None:
            pass

    other = Other("token:theirs", theirs, LocalSlotAllocator(clock), clock)
    play([pacer, other], clock, genesys, 600.0)

    assert "another program" in caplog.text
    assert len(genesys.all()) / 10 >= 0.95 * 300
    assert len(genesys.refused) <= (10 if kind == "fixed" else 30)  # of 3,000


@settings(max_examples=tries(8), deadline=None)
@given(
    lanes=st.integers(1, 20),
    limit=st.integers(30, 600),
    processes=st.integers(1, 3),
    takers=st.integers(1, 64),
    seed=st.integers(0, 1000),
)
def test_no_token_is_overdrawn_whatever_their_number(
    lanes: int, limit: int, processes: int, takers: int, seed: int
) -> None:
    pacers, clock = new_pacers(lanes, processes, limit)
    genesys = Genesys(limit, None, "sliding")

    play(pacers, clock, genesys, 70.0, takers, seed)

    assert genesys.refused == []


def test_what_a_dead_process_had_taken_comes_back(tmp_path: Path) -> None:
    clock = SetClock(NOW)
    with new_ledger(tmp_path, clock) as dead, new_ledger(tmp_path, clock) as alive:
        Pacer("token:1", 300, LedgerSlotAllocator(dead), clock, 10).next_instant(64)  # and dies
        pacer = Pacer("token:1", 300, LedgerSlotAllocator(alive), clock, 10)
        assert pacer.next_instant() <= 1.25


def test_a_limit_that_one_process_found_holds_for_the_others(tmp_path: Path) -> None:
    clock = SetClock(NOW)
    with new_ledger(tmp_path, clock) as ledger, new_ledger(tmp_path, clock) as other:
        for slots in (LedgerSlotAllocator(ledger), LedgerSlotAllocator(other)):
            slots.change("token:1", lambda table, now: table.narrow(3000, 0.5, now))  # the second: the same
        lanes = dict.fromkeys(range(10), 300)
        taken, now = LedgerSlotAllocator(other).change(
            "token:1", lambda table, now: (table.take(lanes, 11, now), now)
        )

    assert taken[-1].at - now == pytest.approx(10 * 60 / (1500 * 0.987), rel=1e-3)
    assert {slot.above for slot in taken[1:]} == {True}


def test_who_waits_longest_goes_first_though_it_came_from_another_line() -> None:
    clock = SystemClock()
    timetable: SlotAllocator = LocalSlotAllocator(clock)
    pacer = Pacer("token:1", 600, timetable, clock)
    order: list[str] = []

    def go(name: str, since: float) -> None:
        with pacer.turn(0, since):
            order.append(name)

    threads = []
    with pacer._turns.turn(0):
        for name, since in (("late", 2.0), ("early", 1.0)):
            threads.append(threading.Thread(target=go, args=(name, since)))
            threads[-1].start()
            while pacer._turns.waiting < len(threads):
                clock.sleep(0.001)
    for thread in threads:
        thread.join(5)
    assert order == ["early", "late"]

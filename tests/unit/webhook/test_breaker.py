"""A receiver that is down is left alone."""

from __future__ import annotations

import threading

from outreach.webhook.breaker import Breaker, State


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(10):
        breaker.record(at, delivered=False)
    return breaker


def test_ten_failures_in_half_a_minute_open_it() -> None:
    breaker = opened(at=5.0)
    assert breaker.state is State.OPEN
    assert not breaker.allows(6.0)
    assert breaker.seconds_to_wait(6.0) == 29.0


def test_nine_failures_do_not() -> None:
    breaker = Breaker()
    for _ in range(9):
        breaker.record(0.0, delivered=False)
    assert breaker.allows(0.0)


def test_failures_that_lie_further_apart_do_not() -> None:
    breaker = Breaker()
    for number in range(100):
        breaker.record(number * 4.0, delivered=False)
    assert breaker.allows(400.0)


def test_a_receiver_that_takes_a_third_is_kept() -> None:
    breaker = Breaker()
    for number in range(300):
        breaker.record(number * 0.01, delivered=number % 3 == 0)
    assert breaker.allows(3.0)


def test_seven_failures_in_ten_open_it() -> None:
    breaker = Breaker()
    for number in range(10):
        breaker.record(0.0, delivered=number < 3)
    assert breaker.state is State.OPEN


def test_after_its_rest_one_probe_is_let_through() -> None:
    breaker = opened()
    assert [breaker.allows(30.0), breaker.allows(30.0)] == [True, False]


def test_a_probe_that_gets_through_closes_it() -> None:
    breaker = opened()
    breaker.allows(30.0)
    breaker.record(31.0, delivered=True)
    assert breaker.state is State.CLOSED


def test_every_probe_that_fails_doubles_the_rest_up_to_five_minutes() -> None:
    breaker, now, rests = opened(), 0.0, []
    for _ in range(6):
        rest = breaker.seconds_to_wait(now)
        rests.append(rest)
        now += rest
        assert breaker.allows(now)
        breaker.record(now, delivered=False)
    assert rests == [30, 60, 120, 240, 300, 300]


def test_an_answer_to_an_earlier_attempt_does_not_judge_the_probe() -> None:
    breaker = opened()
    breaker.allows(30.0)
    stranger = threading.Thread(target=breaker.record, args=(30.0,), kwargs={"delivered": True})
    stranger.start()
    stranger.join()
    assert breaker.state is State.PROBING

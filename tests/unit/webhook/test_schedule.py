"""When a message is tried again."""

from __future__ import annotations

from datetime import datetime, timezone
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.webhook.attempt import Attempt
from outreach.webhook.outbox import Message, Settlement
from outreach.webhook.schedule import DELAYS, next_step

NOW = datetime(2025, 11, 22, tzinfo=timezone.utc)
FAILED = Attempt("failed", 500, "E_HTTP")


def settle(number: int, attempt: Attempt, seed: int = 0) -> Settlement:
    """What follows the message's attempt of this number."""
    return next_step(Message("msg_1", "event", "EXT-1", b"{}", number - 1, NOW), attempt, NOW, Random(seed))


def wait(number: int, attempt: Attempt, seed: int = 0) -> float:
    step = settle(number, attempt, seed)
    assert step.result == "retry"
    assert step.next_at is not None
    return (step.next_at - NOW).total_seconds()


def test_all_delays_sum_to_75_hours_35_minutes_and_5_seconds() -> None:
    assert sum(DELAYS) == 75 * 3600 + 35 * 60 + 5


@pytest.mark.parametrize(("number", "delay"), list(enumerate(DELAYS, start=1)))
def test_every_attempt_waits_its_delay_and_up_to_a_fifth_more(number: int, delay: float) -> None:
    waits = [wait(number, FAILED, seed) for seed in range(50)]
    assert delay <= min(waits) < max(waits) <= 1.2 * delay
    assert len(set(waits)) > 40


def test_the_same_seed_gives_the_same_wait() -> None:
    assert wait(3, FAILED, 5) == wait(3, FAILED, 5)


@pytest.mark.parametrize("attempt", [Attempt("failed", 0, "E_TIMEOUT"), Attempt("failed", 429, "E_HTTP")])
def test_a_timeout_or_a_429_waits_a_minute_at_least(attempt: Attempt) -> None:
    assert 60 <= wait(1, attempt) <= 72


@pytest.mark.parametrize(("asked", "least", "most"), [(1, 300, 360), (400, 400, 400), (9e8, 600, 720)])
def test_retry_after_is_obeyed_between_the_delay_and_twice_the_delay(
    asked: float, least: float, most: float
) -> None:
    assert least <= wait(2, Attempt("failed", 503, "E_HTTP", retry_after=asked)) <= most


@given(st.integers(1, 9), st.floats(0, 1e9), st.integers(0, 99), st.sampled_from([429, 503]))
def test_no_receiver_can_make_us_hurry_or_wait_for_ever(
    number: int, asked: float, seed: int, status: int
) -> None:
    least = max(DELAYS[number - 1], 60 if status == 429 else 0)
    waited = wait(number, Attempt("failed", status, "E_HTTP", retry_after=asked), seed)
    assert least <= waited + 1e-3
    assert waited <= 2.4 * least + 1e-3


def test_after_the_tenth_attempt_a_message_is_dead_with_its_reason() -> None:
    assert settle(9, FAILED).result == "retry"
    assert settle(10, FAILED) == Settlement("msg_1", "dead", None, 500, "E_HTTP")


@pytest.mark.parametrize("number", [1, 10, 11])
def test_a_410_waits_as_it_was_and_a_2xx_delivers_whatever_the_attempt(number: int) -> None:
    gone = Attempt("gone", 410, "E_GONE", response_excerpt="bye")
    assert settle(number, gone) == Settlement("msg_1", "retry", NOW, 410, "E_GONE", "bye")
    assert settle(number, Attempt("delivered", 204)) == Settlement("msg_1", "delivered", None, 204)

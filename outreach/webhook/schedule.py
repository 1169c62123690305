"""When a message is tried again: a table, not an algorithm.

    attempt       1     2     3      4      5    6    7     8     9    10
    after      at once  5 s  5 min  30 min  2 h  5 h  10 h  14 h  20 h  24 h

75 h 35 min 5 s in all, and jitter, which only adds, up to a fifth, so that what failed together does not come
back together. After a timeout or a 429 the wait is at least 60 s. A `Retry-After` is obeyed between the wait
and twice the wait. After the last attempt the message is dead: it stays, with its reason, until a replay.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from outreach.webhook.attempt import Attempt

# The example schedule of Standard Webhooks.
DELAYS: tuple[float, ...] = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds between an attempt and the next; one attempt more than entries is made."""

JITTER = 0.2
"""The largest share that is added to a delay."""

THROTTLED_SECONDS = 60.0
"""The least wait after a timeout or a 429."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again, not before `at` (aware)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Dead:
    """No further attempt by itself; `reason` is the last attempt's code."""

    reason: str


@dataclass(frozen=True, slots=True)
class Disabled:
    """The receiver answered 410: the endpoint takes nothing more, the message waits for another word."""


Step = Delivered | Retry | Dead | Disabled


def next_step(attempt_number: int, attempt: Attempt, now: datetime, random: Random) -> Step:
    """What follows an attempt.

    Args:
        attempt_number: 1 for the first attempt of a message.
        attempt: what it came to.
        now: aware.
        random: where the jitter comes from.
    """
    if attempt.outcome == "delivered":
        return Delivered()
    if attempt.outcome == "gone":
        return Disabled()
    if attempt_number > len(DELAYS):
        return Dead(attempt.code)
    return Retry(now + timedelta(seconds=_wait(attempt_number, attempt, random)))


def _wait(attempt_number: int, attempt: Attempt, random: Random) -> float:
    delay = DELAYS[attempt_number - 1]
    if attempt.code == "E_TIMEOUT" or attempt.status == 429:
        delay = max(delay, THROTTLED_SECONDS)
    delay *= 1 + JITTER * random.random()
    if attempt.retry_after is None:
        return delay
    # As Svix does: a receiver may ask for patience, not for silence.
    return min(max(attempt.retry_after, delay), 2 * delay)

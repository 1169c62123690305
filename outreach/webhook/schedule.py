"""When a message is tried again: a table, not an algorithm.

    attempt       1     2     3      4      5    6    7     8     9    10
    after      at once  5 s  5 min  30 min  2 h  5 h  10 h  14 h  20 h  24 h

75 h 35 min 5 s in all, and jitter, which only adds, up to a fifth, so that what failed together does not come
back together. After a timeout or a 429 the wait is at least 60 s. A `Retry-After` is obeyed between the wait
and twice the wait. After the last attempt the message is dead: it stays, with its reason, until a replay.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Literal

from outreach.webhook.attempt import Attempt
from outreach.webhook.outbox import Message, Settlement

# The example schedule of Standard Webhooks.
DELAYS: tuple[float, ...] = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds between an attempt and the next; one attempt more than entries is made."""

JITTER = 0.2
"""The largest share that is added to a delay."""

THROTTLED_SECONDS = 60.0
"""The least wait after a timeout or a 429."""


def next_step(message: Message, attempt: Attempt, now: datetime, random: Random) -> Settlement:
    """What follows an attempt at a message: delivered, another attempt, or dead.

    Args:
        message: what was sent; its `attempts` are those before this one.
        attempt: what it came to. After a 410 the message waits for another word, due as it was.
        now: aware.
        random: where the jitter comes from.
    """
    result: Literal["delivered", "retry", "dead"] = "retry"
    next_at = None
    if attempt.outcome == "delivered":
        result = "delivered"
    elif attempt.outcome == "gone":
        next_at = now
    elif message.attempts >= len(DELAYS):
        result = "dead"
    else:
        next_at = now + timedelta(seconds=_wait(DELAYS[message.attempts], attempt, random))
    said, answer = attempt.response_excerpt, attempt.answer
    return Settlement(message.id, result, next_at, attempt.status, attempt.code, said, answer)


def _wait(delay: float, attempt: Attempt, random: Random) -> float:
    if attempt.code == "E_TIMEOUT" or attempt.status == 429:
        delay = max(delay, THROTTLED_SECONDS)
    delay *= 1 + JITTER * random.random()
    if attempt.retry_after is None:
        return delay
    # As Svix does: a receiver may ask for patience, not for silence.
    return min(max(attempt.retry_after, delay), 2 * delay)

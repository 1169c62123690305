"""Whatever a receiver sends back, an attempt is a value, and soon.

FUZZ=20000 tries so many; without it, as many as fit into a test run.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from outreach.webhook import Endpoint, Message, new_secret
from outreach.webhook.attempt import Attempt
from tests.support.fuzzing import tries
from tests.support.parrot import Parrot, parrot_at_work

ANSWERS = tries(2000)
NOW = datetime.now(timezone.utc)
MESSAGE = Message("msg_1", "ping", "", b"{}", 0, NOW)


@pytest.fixture(scope="module")
def parrot() -> Iterator[Parrot]:
    with parrot_at_work() as server:
        yield server


@pytest.fixture(scope="module")
def endpoint(parrot: Parrot) -> Iterator[Endpoint]:
    url = f"{parrot.url}/"
    with Endpoint(url, new_secret(), allow_private=True, limit_seconds=5) as endpoint:
        yield endpoint


HEADERS = (
    b"content-length: 5",
    b"content-length: -1",
    b"content-length: 99999999999999999999",
    b"content-length: 5\r\ncontent-length: 6",
    b"transfer-encoding: chunked",
    b"transfer-encoding: gzip, chunked",
    b"content-encoding: gzip",
    b"connection: upgrade\r\nupgrade: h2c",
    b"retry-after: 10",
    b"retry-after: " + b"9" * 400,
    b"retry-after: Mon, 99 Foo 0000",
    b"retry-after: Thu, 01 Jan 1970 00:00:00 -9999",
    b"location: http://169.254.169.254/",
    b"set-cookie: \xff\xfe",
    b"x: " + b"y" * 200_000,
    b": no name",
    b" folded",
)
BODIES = (
    b"",
    b"hello",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"zz\r\n",
    b"ffffffffffffffffff\r\n",
    b"\x00" * 100,
    b"{" * 10_000,
    b'{"suppress": true}',
    b"\xf0\x9f\x98\x80" * 2000,
)


def make_answer(chance: random.Random) -> bytes:
    """Noise; or an answer of which any part may be strange, cut somewhere, or with a few bytes changed."""
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(300))
    status = b"%03d" % chance.randrange(1000) if chance.random() < 0.9 else chance.randbytes(3)
    head = b"\r\n".join(chance.choices(HEADERS, k=chance.randrange(4)))
    whole = b"HTTP/1.1 " + status + b" X\r\n" + head + b"\r\n\r\n" + chance.choice(BODIES)
    if chance.random() < 0.4:
        whole = whole[: chance.randrange(len(whole))]
    for _ in range(chance.choice((0, 0, 0, 1, 5))):
        place = chance.randrange(len(whole) + 1)
        whole = whole[:place] + chance.randbytes(1) + whole[place + 1 :]
    return whole


def test_any_answer_is_a_value_within_a_second(parrot: Parrot, endpoint: Endpoint) -> None:
    chance = random.Random(410)
    outcomes: Counter[str] = Counter()
    for _ in range(ANSWERS):
        parrot.answer = make_answer(chance)
        began = time.thread_time()
        attempt = endpoint.post(MESSAGE, NOW)
        assert time.thread_time() - began < 1, parrot.answer[:2000]
        _check(attempt, parrot.answer)
        outcomes[attempt.code or attempt.outcome] += 1
    assert {"delivered", "E_HTTP", "E_CONNECTION"} <= set(outcomes)
    assert not outcomes["E_TIMEOUT"], "the other side had hung up"


def _check(attempt: Attempt, answer: bytes) -> None:
    assert isinstance(attempt, Attempt), answer[:2000]
    assert len(attempt.response_excerpt.encode()) <= 4096, answer[:2000]
    assert (attempt.outcome == "delivered") == (200 <= attempt.status < 300), answer[:2000]
    assert attempt.retry_after is None or attempt.retry_after >= 0, answer[:2000]

"""Whatever a receiver sends back, an attempt is a value, and soon."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.webhook import Endpoint, Message, new_secret
from outreach.webhook.attempt import Attempt

NOW = datetime.now(timezone.utc)
MESSAGE = Message("msg_1", "ping", "", b"{}", 0, NOW)


class Parrot(socketserver.ThreadingTCPServer):
    """Sends the bytes it was told to, and hangs up."""

    daemon_threads = True
    request_queue_size = 64
    answer = b""


class Line(socketserver.StreamRequestHandler):
    server: Parrot

    def handle(self) -> None:
        while self.rfile.readline() not in {b"\r\n", b""}:
            pass
        self.rfile.read(len(MESSAGE.body))
        self.wfile.write(self.server.answer)


@pytest.fixture(scope="module")
def parrot() -> Iterator[Parrot]:
    with Parrot(("127.0.0.1", 0), Line) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def endpoint(parrot: Parrot) -> Iterator[Endpoint]:
    url = f"http://127.0.0.1:{parrot.server_address[1]}/"
    with Endpoint(url, new_secret(), allow_private=True, limit_seconds=5) as endpoint:
        yield endpoint


HEADERS = st.sampled_from(
    [
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
        b"location: http://169.254.169.254/",
        b"set-cookie: \xff\xfe",
        b"x: " + b"y" * 200_000,
        b": no name",
        b" folded",
    ]
)
BODIES = st.sampled_from([b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"\x00" * 100, b"{" * 10_000])
STATUS = st.one_of(st.integers(0, 999).map(lambda n: b"%03d" % n), st.binary(max_size=4))


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    head = b"\r\n".join(draw(st.lists(HEADERS, max_size=3)))
    whole = b"HTTP/1.1 " + draw(STATUS) + b" X\r\n" + head + b"\r\n\r\n" + draw(BODIES)
    return whole[: draw(st.integers(0, len(whole)))] if draw(st.booleans()) else whole


@settings(max_examples=1500, deadline=None)
@given(answer=st.one_of(answers(), st.binary(max_size=300)))
def test_any_answer_is_a_value_within_a_second(parrot: Parrot, endpoint: Endpoint, answer: bytes) -> None:
    parrot.answer = answer
    began = time.monotonic()
    attempt = endpoint.post(MESSAGE, NOW)
    assert time.monotonic() - began < 1
    assert isinstance(attempt, Attempt)
    assert len(attempt.response_excerpt.encode()) <= 4096
    assert (attempt.outcome == "delivered") == (200 <= attempt.status < 300)

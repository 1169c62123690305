"""The socket under a request: whose it is, and when it gives up."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import httpcore
import pytest

from outreach.connections import Passage, WholeBackend, WholeStream


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize("first", [None, 30.0, 0.05])
def test_each_wait_ends_in_its_own_time_whatever_the_one_before_was(silent: int, first: float | None) -> None:
    passage = Passage()
    stream = WholeBackend(passage).connect_tcp("127.0.0.1", silent, 5.0)
    passage.start(0.05)
    with pytest.raises(httpcore.ReadTimeout):
        stream.read(1, first)
    passage.start(5.0)
    began = time.monotonic()
    with pytest.raises(httpcore.ReadTimeout):
        stream.read(1, 0.3)
    assert 0.3 <= time.monotonic() - began < 5
    stream.close()


class Within(httpcore.NetworkStream):
    """TLS within a proxy's TLS, as httpcore has it: what its socket holds is not what was said."""

    def __init__(self, outer: socket.socket) -> None:
        self._outer = outer

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._outer.recv(max_bytes).swapcase()

    def get_extra_info(self, info: str) -> object:
        return {"socket": self._outer, "ssl_object": object()}.get(info)


def test_what_is_encrypted_twice_is_not_read_from_the_socket() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"hello")
        assert WholeStream(Within(ours)).read(5) == b"HELLO"


def test_a_connection_that_was_closed_is_an_error_of_the_network(silent: int) -> None:
    stream = WholeBackend().connect_tcp("127.0.0.1", silent, 5.0)
    stream.close()
    with pytest.raises(httpcore.ReadError):
        stream.read(1, 1.0)

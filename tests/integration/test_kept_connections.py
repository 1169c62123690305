"""Connections that are kept: how many there are, which is used, and what becomes of those that ended."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpcore
import pytest

from outreach.kept_connections import KeptConnections


class Far(ThreadingHTTPServer):
    """Answers with the number of the connection that asked, once `may_answer`; hangs up when told."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        self.opened = self.closed = 0
        self.hangs_up = False
        self.padding = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: object) -> None:
        """Who asked was cut off, as some tests want it."""

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Far

    def setup(self) -> None:
        super().setup()
        self.server.opened += 1
        self.number = self.server.opened

    def finish(self) -> None:
        super().finish()
        self.server.closed += 1

    def do_GET(self) -> None:
        self.server.may_answer.wait(10)
        body = str(self.number).encode() + b" " * self.server.padding
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.server.hangs_up

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def far() -> Iterator[Far]:
    with Far() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.may_answer.set()
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def kept(seconds: float = 20.0) -> Iterator[KeptConnections]:
    connections = KeptConnections(kept_seconds=seconds)
    with contextlib.closing(connections):
        yield connections


def ask(connections: KeptConnections, far: Far) -> int:
    """The number of the connection that carried the request."""
    request = httpcore.Request("GET", far.url(), headers={"Host": "far"})
    with connections.exchange(request) as response:
        return int(response.read())


def wait_until(holds: Callable[[], bool]) -> bool:
    for _ in range(500):
        if holds():
            return True
        time.sleep(0.01)
    return False


def test_a_connection_is_used_again_as_long_as_nobody_else_needs_it(far: Far) -> None:
    with kept() as connections:
        assert [ask(connections, far) for _ in range(5)] == [1] * 5


@pytest.mark.parametrize("count", [3, 150])
def test_requests_at_once_have_a_connection_each_however_many_they_are(far: Far, count: int) -> None:
    with kept() as connections:
        ask(connections, far)
        far.may_answer.clear()
        numbers: list[int] = []
        threads = [
            threading.Thread(target=lambda: numbers.append(ask(connections, far))) for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        assert wait_until(lambda: far.opened == count)
        far.may_answer.set()
        for thread in threads:
            thread.join()
        assert sorted(numbers) == [*range(1, count + 1)]
        assert len({ask(connections, far) for _ in range(5)}) == 1


def test_a_connection_that_the_far_end_closed_is_not_used_again(far: Far) -> None:
    with kept() as connections:
        far.hangs_up = True
        for number in (1, 2, 3):
            assert ask(connections, far) == number
            assert wait_until(lambda: far.closed == far.opened)


def test_a_connection_that_waited_too_long_is_not_used_again(far: Far) -> None:
    with kept(seconds=0.05) as connections:
        first = ask(connections, far)
        time.sleep(0.1)
        assert ask(connections, far) != first


def test_after_requests_that_failed_the_next_is_carried(far: Far) -> None:
    with kept() as connections:
        nowhere = httpcore.Request("GET", "http://127.0.0.1:1/", headers={"Host": "nowhere"})
        for _ in range(3):
            with pytest.raises(httpcore.ConnectError), connections.exchange(nowhere):
                pass
        assert ask(connections, far) == 1


def test_an_answer_that_was_not_read_to_its_end_costs_its_connection_and_nothing_else(far: Far) -> None:
    with kept() as connections:
        far.padding = 1_000_000  # more than one look at the socket brings
        request = httpcore.Request("GET", far.url(), headers={"Host": "far"})
        with connections.exchange(request) as response:
            assert response.status == 200
        assert ask(connections, far) == 2


def test_a_url_of_another_kind_is_refused() -> None:
    with kept() as connections:
        request = httpcore.Request("GET", "ftp://127.0.0.1/", headers={"Host": "far"})
        with pytest.raises(httpcore.UnsupportedProtocol), connections.exchange(request):
            pass


def test_closing_closes_what_waits_for_its_next_request(far: Far) -> None:
    with kept() as connections:
        ask(connections, far)
        assert far.closed == 0
    assert wait_until(lambda: far.closed == 1)


def test_who_is_still_at_it_when_all_is_closed_leaves_nothing_open(far: Far) -> None:
    with kept() as connections:
        far.may_answer.clear()

        def be_cut_off() -> None:
            with contextlib.suppress(httpcore.ReadError):
                ask(connections, far)

        thread = threading.Thread(target=be_cut_off)
        thread.start()
        assert wait_until(lambda: far.opened == 1)
    far.may_answer.set()
    thread.join(10)
    assert wait_until(lambda: far.closed == 1)

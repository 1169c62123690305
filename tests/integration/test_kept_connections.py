"""Connections that are kept: how many there are, which is used, and what becomes of those that ended."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpcore
import pytest

from outreach.connections import Passage, WholeBackend, WholeStream
from outreach.kept_connections import KeptConnections


class Far(ThreadingHTTPServer):
    """Answers with the number of the connection that asked, once `may_answer`; hangs up when told."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        self.opened = self.closed = 0
        self.hangs_up = self.says_so = False
        self.status, self.correlation_id = 200, ""
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
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        if self.server.correlation_id:
            self.send_header("inin-correlation-id", self.server.correlation_id)
        if self.server.says_so:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.server.hangs_up

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "Wed, 04 Mar 2026 15:00:00 GMT"

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


def test_nobody_is_told_that_they_were_refused_by_what_was_said_to_another(far: Far) -> None:
    with kept() as connections:
        far.status = 429  # a gateway may say it twice, the second time when the next request is on its way
        assert [ask(connections, far) for _ in range(3)] == [1, 2, 3]


def test_an_answer_that_comes_twice_is_not_the_next_ones(far: Far) -> None:
    with kept() as connections:
        far.correlation_id = "one"
        assert ask(connections, far) == 1
        with pytest.raises(httpcore.RemoteProtocolError):
            ask(connections, far)
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


class NarrowDoor(WholeBackend):
    """Lets so many connections through, as a proxy may."""

    def __init__(self, passage: Passage, width: int) -> None:
        super().__init__(passage)
        self.free = threading.Semaphore(width)

    def connect_tcp(self, *to: Any, **how: Any) -> WholeStream:
        if not self.free.acquire(blocking=False):
            raise httpcore.ConnectError("too many")
        return super().connect_tcp(*to, **how)


class Narrow:
    """Connections of which so many can be made."""

    def __init__(self, far: Far, width: int) -> None:
        self._far = far
        self._passage = Passage()
        self.door = NarrowDoor(self._passage, width)
        self.connections = KeptConnections(kept_seconds=20, backend=self.door, passage=self._passage)

    def ask(self) -> int:
        self._passage.start(20)
        return ask(self.connections, self._far)

    def ask_at_once(self, count: int) -> list[Future[int]]:
        """So many; all but as many as there is room for wait."""
        self._far.may_answer.clear()
        pool = ThreadPoolExecutor(count)
        asked = [pool.submit(self.ask) for _ in range(count)]
        pool.shutdown(wait=False)
        time.sleep(0.2)
        return asked


@contextlib.contextmanager
def narrowed(far: Far, width: int) -> Iterator[Narrow]:
    narrow = Narrow(far, width)
    with contextlib.closing(narrow.connections):
        yield narrow


def test_where_no_more_connections_can_be_made_requests_wait_for_those_there_are(far: Far) -> None:
    with narrowed(far, 3) as narrow:
        asked = narrow.ask_at_once(40)
        far.may_answer.set()
        assert {each.result(10) for each in asked} == {1, 2, 3}
    assert far.opened == 3


def test_nobody_waits_in_line_where_no_connection_is_at_work(far: Far) -> None:
    with narrowed(far, 0) as narrow, pytest.raises(httpcore.ConnectError):
        narrow.ask()


def test_whoever_waits_in_line_gives_up_when_told_and_nothing_of_theirs_has_left(far: Far) -> None:
    with narrowed(far, 2) as narrow:
        asked = narrow.ask_at_once(10)
        narrow.connections.give_up()
        assert wait_until(lambda: sum(each.done() for each in asked) == 8)
        refused = [each for each in asked if each.done()]
        assert all(isinstance(each.exception(), httpcore.ConnectError) for each in refused)
        far.may_answer.set()
        assert sorted(each.result(10) for each in asked if each not in refused) == [1, 2]


def test_a_request_that_waited_makes_a_connection_where_the_other_was_closed(far: Far) -> None:
    far.says_so = True
    with narrowed(far, 1) as narrow:
        asked = narrow.ask_at_once(2)
        narrow.door.free.release()
        far.may_answer.set()
        assert sorted(each.result(10) for each in asked) == [1, 2]

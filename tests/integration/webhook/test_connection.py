"""The address that was vetted is the address that is connected to, and TLS is still checked by the name."""

from __future__ import annotations

import select
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path

import httpcore
import pytest

from outreach.connections import Passage
from outreach.errors import WebhookError
from outreach.webhook import Endpoint, Message, new_secret
from outreach.webhook.connection import PinnedBackend
from tests.support.certificates import contexts
from tests.support.webhook_receiver import Receiver

NOW = datetime.now(timezone.utc)
MESSAGE = Message("msg_1", "ping", "", b"{}", 0, NOW)
HOST = "crm.example.test"


class Names:
    """A resolver that answers differently each time, as an attacker's does."""

    def __init__(self, *answers: Sequence[str] | OSError) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        answer = self._answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer


class Sockets(httpcore.NetworkBackend):
    """Remembers where sockets would have been opened; some addresses do not answer."""

    def __init__(self, *silent: str) -> None:
        self.opened: list[str] = []
        self._silent = silent

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self.opened.append(host)
        if host in self._silent:
            raise httpcore.ConnectTimeout
        return httpcore.NetworkStream()


def backend(names: Names, sockets: Sockets, *, allow_private: bool = False) -> PinnedBackend:
    deadline = Passage()
    deadline.start(10)
    pinned = PinnedBackend(names, deadline, allow_private=allow_private)
    pinned._sockets = sockets  # type: ignore[assignment]  # the real one would leave this machine
    return pinned


def test_the_socket_goes_to_the_address_that_was_vetted_and_nobody_asks_again() -> None:
    names, sockets = Names(["93.184.216.34"], ["127.0.0.1"]), Sockets()
    backend(names, sockets).connect_tcp(HOST, 443)
    assert sockets.opened == ["93.184.216.34"]
    assert names.asked == [(HOST, 443)]


def test_a_name_that_changes_its_answer_is_refused_at_its_next_connection() -> None:
    names, sockets = Names(["93.184.216.34"], ["127.0.0.1"]), Sockets()
    pinned = backend(names, sockets)
    pinned.connect_tcp(HOST, 443)
    with pytest.raises(WebhookError, match="loopback"):
        pinned.connect_tcp(HOST, 443)
    assert sockets.opened == ["93.184.216.34"]


def test_an_answer_with_one_private_address_opens_no_socket_at_all() -> None:
    sockets = Sockets()
    with pytest.raises(WebhookError, match="private"):
        backend(Names(["93.184.216.34", "10.0.0.5"]), sockets).connect_tcp(HOST, 443)
    assert sockets.opened == []


def test_the_next_vetted_address_is_tried_when_one_does_not_answer() -> None:
    sockets = Sockets("2606:4700:4700::1111")
    backend(Names(["2606:4700:4700::1111", "93.184.216.34"]), sockets).connect_tcp(HOST, 443)
    assert sockets.opened == ["2606:4700:4700::1111", "93.184.216.34"]


def test_an_address_in_the_url_is_vetted_without_asking_anybody() -> None:
    names, sockets = Names(), Sockets()
    with pytest.raises(WebhookError, match="loopback"):
        backend(names, sockets).connect_tcp("127.0.0.1", 443)
    assert not names.asked
    assert not sockets.opened


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (OSError("no such host"), "E_DNS"),
        ([], "E_INVALID_TARGET"),
        (["169.254.169.254"], "E_INVALID_TARGET"),
        (["93.184.216.34", "::ffff:127.0.0.1"], "E_INVALID_TARGET"),
    ],
)
def test_an_attempt_says_what_was_wrong_with_the_name(answer: Sequence[str] | OSError, code: str) -> None:
    with Endpoint(f"https://{HOST}/", new_secret(), resolve=Names(answer)) as endpoint:
        attempt = endpoint.post(MESSAGE, NOW)
    assert (attempt.outcome, attempt.code) == ("failed", code)


def test_a_look_up_that_hangs_ends_with_the_attempt() -> None:
    released = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        released.wait(30)
        return []

    with Endpoint(f"https://{HOST}/", new_secret(), resolve=hang, limit_seconds=0.3) as endpoint:
        began = time.monotonic()
        assert endpoint.post(MESSAGE, NOW).code == "E_DNS"
    assert time.monotonic() - began < 10
    released.set()


class Tunnel(socketserver.StreamRequestHandler):
    """A proxy that knows one name: every CONNECT leads to the loopback, at the port asked for."""

    def handle(self) -> None:
        port = int(self.rfile.readline().split()[1].rsplit(b":", 1)[1])
        while self.rfile.readline() not in {b"\r\n", b""}:
            pass
        with socket.create_connection(("127.0.0.1", port)) as far:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ends = {self.connection: far, far: self.connection}
            while True:
                for near in select.select(list(ends), [], [], 5)[0]:
                    data = near.recv(65536)
                    if not data:
                        return
                    ends[near].sendall(data)


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Receiver]:
    server, _ = contexts(tmp_path, HOST)
    receiver = Receiver(server)
    yield receiver
    receiver.close()


def client(tmp_path: Path, receiver: Receiver, host: str) -> Endpoint:
    return Endpoint(
        f"https://{host}:{receiver.port}/",
        receiver.secret,
        allow_private=True,
        resolve=Names(["127.0.0.1"]),
        ssl_context=ssl.create_default_context(cafile=str(tmp_path / "authority.pem")),
    )


def test_the_certificate_is_checked_by_the_name_though_the_socket_went_to_an_address(
    tmp_path: Path, secure: Receiver
) -> None:
    with client(tmp_path, secure, HOST) as endpoint:
        assert endpoint.post(MESSAGE, NOW).outcome == "delivered"
    assert secure.deliveries[0].headers["host"] == f"{HOST}:{secure.port}"


def test_a_certificate_of_another_name_is_refused(tmp_path: Path, secure: Receiver) -> None:
    with client(tmp_path, secure, "other.example.test") as endpoint:
        attempt = endpoint.post(MESSAGE, NOW)
    assert attempt.code == "E_TLS"
    assert "mismatch" in attempt.response_excerpt
    assert not secure.deliveries


def test_an_authority_that_nobody_knows_is_refused(secure: Receiver) -> None:
    url = f"https://{HOST}:{secure.port}/"
    with Endpoint(url, secure.secret, allow_private=True, resolve=Names(["127.0.0.1"])) as endpoint:
        attempt = endpoint.post(MESSAGE, NOW)
    assert attempt.code == "E_TLS"


def test_through_a_proxy_the_certificate_is_still_checked_by_the_name(
    tmp_path: Path, secure: Receiver
) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        for host, code in ((HOST, ""), ("other.example.test", "E_TLS")):
            endpoint = Endpoint(
                f"https://{host}:{secure.port}/",
                secure.secret,
                proxy=f"http://127.0.0.1:{proxy.server_address[1]}",
                resolve=Names(),
                ssl_context=ssl.create_default_context(cafile=str(tmp_path / "authority.pem")),
            )
            with endpoint:
                assert endpoint.post(MESSAGE, NOW).code == code
        proxy.shutdown()


def test_a_plain_server_where_tls_was_expected_is_a_tls_failure(receiver: Receiver) -> None:
    url = f"https://{HOST}:{receiver.port}/"
    with Endpoint(url, receiver.secret, allow_private=True, resolve=Names(["127.0.0.1"])) as endpoint:
        assert endpoint.post(MESSAGE, NOW).code == "E_TLS"

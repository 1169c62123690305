"""A receiver with state: remembers what it got, and misbehaves as it is told."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from outreach.webhook import new_secret, verify


@dataclass
class Delivery:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    peer: tuple[str, int]
    answered: int = 0

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Answer:
    """What to say. `how`: plainly, hang, drip_head, drip_body, huge, hang_up, garbage, cut."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    how: str = "plainly"


Script = Callable[[Delivery], Answer]


class Receiver:
    """Listens on a free port of the loopback until it is closed."""

    def __init__(self, ssl_context: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.secret = new_secret()
        self.deliveries: list[Delivery] = []
        self.events: list[dict[str, Any]] = []
        self.script: Script = lambda _: Answer()
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.receiver = self
        if ssl_context:
            self._server.socket = ssl_context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if ssl_context else 'http'}://127.0.0.1:{self.port}/hooks?team=crm"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def always(self, answer: Answer) -> None:
        self.script = lambda _: answer

    def note(self, delivery: Delivery) -> Answer:
        event = verify(delivery.body, delivery.headers, self.secret, tolerance_seconds=float("inf"))
        answer = self.script(delivery)
        with self._lock:
            delivery.answered = answer.status
            self.deliveries.append(delivery)
            if 200 <= answer.status < 300 and answer.how == "plainly":
                self.events.append(event)
        return answer

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    receiver: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        chunked = self.headers["transfer-encoding"] == "chunked"
        body = b"".join(self._chunks()) if chunked else self.rfile.read(int(self.headers["content-length"]))
        delivery = Delivery(self.path, dict(self.headers.items()), body, self.client_address)
        answer = self.server.receiver.note(delivery)
        getattr(self, answer.how)(answer)

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def plainly(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def hang(self, answer: Answer) -> None:
        self.server.receiver.released.wait(60)
        self.close_connection = True

    def drip_head(self, answer: Answer) -> None:
        self._drip(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 10_000)

    def drip_body(self, answer: Answer) -> None:
        self._drip(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", 0)
        self._drip(b"z" * 10_000)

    def huge(self, answer: Answer) -> None:
        self.wfile.write(b"HTTP/1.1 %d X\r\ncontent-length: 1000000000\r\n\r\n" % answer.status)
        while not self.server.receiver.released.is_set():
            self.wfile.write(b"h\x00\x1b" * 20_000)

    def hang_up(self, answer: Answer) -> None:
        self.close_connection = True

    def garbage(self, answer: Answer) -> None:
        self.wfile.write(b"220 mail.example.com ESMTP ready\r\n\r\n")
        self.close_connection = True

    def cut(self, answer: Answer) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhalf")
        self.close_connection = True

    def _drip(self, data: bytes, pause: float = 0.05) -> None:
        for byte in data:
            if self.server.receiver.released.is_set():
                return
            self.wfile.write(bytes([byte]))
            if pause:
                time.sleep(pause)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
        pass

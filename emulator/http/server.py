"""HTTP/1.1 on a socket, byte by byte, so that an answer can also be lost, cut, late or garbled.

Requests of one connection are answered in their order (keep-alive, pipelining). A request's effect happens
when it arrives; a delay only holds the answer back.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from email.utils import formatdate
from http import HTTPStatus
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, cast

import httptools

from emulator.application import Application, Reply
from emulator.http.messages import Request, Response

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_LONGEST_REQUEST = 16_000_000
_MOST_WAITING = 1000


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, application: Application, open_connections: set[Connection]) -> None:
        self._application = application
        self._open = open_connections
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._begin()

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._parser: Any = httptools.HttpRequestParser(self)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's
        """The client is gone, or we have closed."""
        self._open.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Bytes have come in."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._stay(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(400, "bad.request", "The request is not well-formed HTTP")

    def _stay(self, rest: bytes) -> None:
        """An offer to upgrade is not taken up: the request was answered, and HTTP/1.1 goes on."""
        self._parser = httptools.HttpRequestParser(self)
        if rest:
            self.data_received(rest)

    # what the parser calls

    def on_message_begin(self) -> None:
        """A request starts."""
        self._begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The head is there; curl waits for a word before it sends a big body."""
        if self._headers.get("expect", "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._size += len(body)
        if self._size <= _LONGEST_REQUEST:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        method = self._parser.get_method().decode("latin-1")
        target = self._target.decode("utf-8", "replace")
        request = Request(method, target, self._headers, b"".join(self._body))
        self._waiting.append((request, self._parser.should_keep_alive()))
        if len(self._waiting) > _MOST_WAITING:
            self._transport.abort()
        self._go_on()

    # answering

    def _begin(self) -> None:
        self._target = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = 0

    def _go_on(self) -> None:
        while self._waiting and not self._busy and not self._transport.is_closing():
            request, keep_alive = self._waiting.popleft()
            self._busy = True
            reply = self._application.answer(request)
            if reply.delay > 0:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(reply.delay, self._late, reply, request.method, keep_alive)
            else:
                self._deliver(reply, request.method, keep_alive)

    def _late(self, reply: Reply, method: str, keep_alive: bool) -> None:  # noqa: FBT001  a callback
        self._timer = None
        if not self._transport.is_closing():
            self._deliver(reply, method, keep_alive)
            self._go_on()

    def _deliver(self, reply: Reply, method: str, keep_alive: bool) -> None:  # noqa: FBT001  hot path
        manner = reply.manner
        if manner == "act_then_hang":
            return
        if manner in ("reset_before", "act_then_reset") or reply.response is None:
            self._reset()
            return
        message = self._encode(reply.response, method, keep_alive)
        if not manner:
            self._send(message, keep_alive)
        elif manner == "slow_drip":
            self._drip(message, reply.drip_seconds or 0.05, keep_alive)
        else:
            self._cut(message, manner)

    def _send(self, message: bytes, keep_alive: bool) -> None:  # noqa: FBT001  hot path
        self._transport.write(message)
        if keep_alive:
            self._busy = False
        else:
            self._transport.close()

    def _drip(self, message: bytes, seconds: float, keep_alive: bool) -> None:  # noqa: FBT001  a callback
        """About twenty pieces, that many seconds apart."""
        piece = max(1, len(message) // 20)
        self._transport.write(message[:piece])
        if len(message) > piece:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(seconds, self._drip, message[piece:], seconds, keep_alive)
            return
        self._send(b"", keep_alive)
        self._go_on()

    def _cut(self, message: bytes, manner: str) -> None:
        """Part of the answer, then the end: after the head (a reset) or within the body (a close)."""
        head = message.index(b"\r\n\r\n") + 4
        if manner == "reset_after_headers":
            self._transport.write(message[:head])
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(0.01, self._reset)
            return
        self._transport.write(message[: head + (len(message) - head) // 2])
        self._transport.close()

    def _reset(self) -> None:
        """Close with RST: the client sees `connection reset by peer`."""
        socket = self._transport.get_extra_info("socket")
        if socket is not None:
            socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _refuse(self, status: int, code: str, message: str) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._encode(self._application.broken(status, code, message), "GET", False))
            self._transport.close()

    def _encode(self, response: Response, method: str, keep_alive: bool) -> bytes:  # noqa: FBT001  hot path
        status, body = response.status, response.body
        lines = [
            f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}",
            f"Date: {formatdate(self._application.org.clock.shown(), usegmt=True)}",
        ]
        if status != 204:
            lines.append(f"Content-Length: {len(body)}")
        if body:
            lines.append(f"Content-Type: {response.content_type}")
        lines += [f"{name}: {value}" for name, value in response.headers]
        if not keep_alive:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        return head if method == "HEAD" or status == 204 else head + body

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

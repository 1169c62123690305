"""A server of bytes: it answers each request with a script, and remembers what reached it.

A script is a function of the connected socket, called when a whole request has been read; it may send
anything and close or reset. `Seen` holds the requests, so that a test can count what arrived.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Script = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class ByteServer:
    """Answers `/oauth/token` with a token, all else with the scripts in turn; the last one stays."""

    port: int
    scripts: list[Script] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    tokens: int = 0
    token_script: Script | None = None
    wrap: ssl.SSLContext | None = None
    greeting: bytes = b""
    valid_token: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def answer(
    status: int = 200,
    body: bytes | Any = b"",
    headers: dict[str, str] | None = None,
    *,
    content_type: str = "application/json",
    length: int | None = None,
) -> Script:
    """A whole answer; `length` lies about the body's."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = {"Content-Type": content_type, "Content-Length": str(len(content) if length is None else length)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in (head | (headers or {})).items())
    return raw(f"HTTP/1.1 {status} Any\r\n{lines}\r\n".encode() + content, then_close=length is not None)


def raw(content: bytes, *, then_close: bool = True) -> Script:
    """These bytes, and then the end of the connection."""

    def run(connection: socket.socket) -> None:
        connection.sendall(content)
        if then_close:
            connection.close()

    return run


def close(connection: socket.socket) -> None:
    """Close without a word."""
    connection.close()


def reset(connection: socket.socket) -> None:
    """Reset without a word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_after(content: bytes) -> Script:
    """Some bytes, then a reset."""

    def run(connection: socket.socket) -> None:
        connection.sendall(content)
        reset(connection)

    return run


def never(connection: socket.socket) -> None:
    """No answer at all, until the client goes away."""
    with contextlib.suppress(OSError):
        while connection.recv(65536):
            pass


@contextlib.contextmanager
def serve_bytes(*scripts: Script) -> Iterator[ByteServer]:
    """A byte server on a free port of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = ByteServer(listener.getsockname()[1], list(scripts))
    thread = threading.Thread(target=_accept, args=(listener, server), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _accept(listener: socket.socket, server: ByteServer) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_talk, args=(connection, server), daemon=True).start()


def _talk(connection: socket.socket, server: ByteServer) -> None:
    buffered = b""
    with contextlib.suppress(OSError), connection:
        if server.wrap:
            connection = server.wrap.wrap_socket(connection, server_side=True)
        connection.sendall(server.greeting)
        while True:
            while (request := _split(buffered)) is None:
                if not (received := connection.recv(65536)):
                    return
                buffered += received
            seen, buffered = request
            _script(server, seen)(connection)


def _script(server: ByteServer, seen: Seen) -> Script:
    if seen.path == "/oauth/token":
        server.tokens += 1
        token = {"access_token": f"token-{server.tokens}", "token_type": "bearer", "expires_in": 86400}
        return server.token_script or answer(200, token)
    server.seen.append(seen)
    if server.valid_token and seen.headers["authorization"] != f"Bearer {server.valid_token}":
        return answer(401)
    return server.scripts.pop(0) if len(server.scripts) > 1 else server.scripts[0]


def _split(buffered: bytes) -> tuple[Seen, bytes] | None:
    head, found, rest = buffered.partition(b"\r\n\r\n")
    if not found:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", "0"))
    if len(rest) < length:
        return None
    method, path, _ = first.split(" ")
    return Seen(method, path, headers, rest[:length]), rest[length:]

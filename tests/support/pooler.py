"""A pooler in transaction mode between a ledger and its PostgreSQL: PgBouncer, or a small one of our own.

Ours does what breaks sessions, at its hardest: a transaction gets the connection that was used longest ago.
"""

from __future__ import annotations

import contextlib
import pwd
import queue
import select
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, make_url

CONNECTIONS = 3
"""To the server, for all clients together."""

_SSL, _GSS, _STARTUP = 80877103, 80877104, 196608
_READY, _PARAMETER, _END = b"Z", b"S", b"X"
_ANSWERED_WITH_READY = (b"Q", b"S")


def find_bouncer() -> str | None:
    """Where this machine has PgBouncer."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")


@contextlib.contextmanager
def pooler_to(url: str, folder: Path, bouncer: str | None = None) -> Iterator[str]:
    """The URL that leads through a pooler: through PgBouncer, if it is told where that is."""
    there = make_url(url)
    with _serve_bouncer(there, folder, bouncer) if bouncer else _serve_ours(there) as port:
        here = there.set(host="127.0.0.1", port=port).difference_update_query(["host"])
        yield here.render_as_string(hide_password=False)


@contextlib.contextmanager
def _serve_bouncer(there: URL, folder: Path, program: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    home = Path(str(there.query["host"]))
    lines = [
        "[databases]", f"* = host={home} port={there.port or 5432} user={there.username}", "[pgbouncer]",
        "listen_addr = 127.0.0.1", f"listen_port = {port}", "unix_socket_dir =", "auth_type = any",
        "pool_mode = transaction", f"default_pool_size = {CONNECTIONS}", "server_round_robin = 1",
    ]  # fmt: skip
    (folder / "bouncer.ini").write_text("\n".join(lines))
    owner = pwd.getpwuid(home.stat().st_uid).pw_name  # PgBouncer does not run as root
    with (folder / "bouncer.ini").open() as settings:
        command = [program, "-q", "-u", owner, "/dev/stdin"]
        process = subprocess.Popen(command, stdin=settings, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise TimeoutError


@contextlib.contextmanager
def _serve_ours(there: URL) -> Iterator[int]:
    pooler = _Pooler(there)
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=pooler.accept, args=(listener,), daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        pooler.close()


@dataclass
class _Pooler:
    there: URL
    greeting: bytes = b""
    """What the server tells of itself, for clients."""
    free: queue.Queue[socket.socket] = field(default_factory=queue.Queue)
    opened: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        for _ in range(CONNECTIONS):
            self.free.put(self._open())

    def close(self) -> None:
        for server in self.opened:
            server.close()

    def accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms
                threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _open(self) -> socket.socket:
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{self.there.query['host']}/.s.PGSQL.{self.there.port or 5432}")
        told = f"user\0{self.there.username}\0database\0{self.there.database}\0\0".encode()
        server.sendall(struct.pack("!ii", len(told) + 8, _STARTUP) + told)
        greeting = b""
        while (message := _read_message(server))[:1] != _READY:
            greeting += message if message[:1] == _PARAMETER else b""
        self.greeting = greeting
        self.opened.append(server)
        return server

    def _talk(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            while _read_startup(client) in {_SSL, _GSS}:
                client.sendall(b"N")
            key = b"K" + struct.pack("!iii", 12, 1, 1)  # of a process that is none of the server's
            client.sendall(b"R" + struct.pack("!ii", 8, 0) + self.greeting + key + b"Z\0\0\0\5I")
            while (message := _read_message(client))[:1] != _END:
                server = self.free.get()
                is_over = False
                try:
                    is_over = self._carry(client, server, message)
                finally:
                    self.free.put(server if is_over else self._open())

    def _carry(self, client: socket.socket, server: socket.socket, message: bytes) -> bool:
        """One transaction; False when the client goes away within it."""
        server.sendall(message)
        waits = int(message[:1] in _ANSWERED_WITH_READY)
        while True:
            for end in select.select([client, server], [], [])[0]:
                message = _read_message(end)
                if end is client:
                    if message[:1] == _END:
                        return False
                    server.sendall(message)
                    waits = waits + (message[:1] in _ANSWERED_WITH_READY)
                else:
                    client.sendall(message)
                    waits = waits - (message[:1] == _READY)
                    if not waits and message == b"Z\0\0\0\5I":
                        return True


def _read_startup(client: socket.socket) -> int:
    length, code = struct.unpack("!ii", _read_bytes(client, 8))
    _read_bytes(client, length - 8)
    return int(code)


def _read_message(end: socket.socket) -> bytes:
    head = _read_bytes(end, 5)
    return head + _read_bytes(end, int(struct.unpack("!i", head[1:])[0]) - 4)


def _read_bytes(end: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        if not (piece := end.recv(count - len(found))):
            raise ConnectionResetError
        found += piece
    return found

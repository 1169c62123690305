"""A line to a database that can be cut: packets are dropped, or the other end is away."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterator

CHUNK = 65536


class CutLine:
    """Forwards TCP connections on `port` to whatever `connect` opens, until it is cut."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._flows = threading.Event()
        self._flows.set()
        self._refuses = False
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="line", daemon=True).start()

    @contextlib.contextmanager
    def silent(self, *, severed: bool) -> Iterator[None]:
        """Not a byte passes; afterwards it goes on, or old connections are gone as behind a new route."""
        self._flows.clear()
        try:
            yield
        finally:
            if severed:
                self._sever()
            self._flows.set()

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """The other end is away: open connections break, and new ones are refused."""
        self._refuses = True
        self._sever()
        try:
            yield
        finally:
            self._refuses = False

    def close(self) -> None:
        """No more connections."""
        self._listener.close()
        self._sever()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, contextlib.suppress(OSError, ValueError):
            self._flows.wait()
            if self._refuses:
                return
            with self._connect() as far:
                pair = (near, far)
                self._pairs.add(pair)
                try:
                    self._forward(near, far)
                finally:
                    self._pairs.discard(pair)

    def _forward(self, near: socket.socket, far: socket.socket) -> None:
        while True:
            ready, _, _ = select.select([near, far], [], [], 1.0)
            self._flows.wait()
            for one in ready:
                data = one.recv(CHUNK)
                if not data:
                    return
                (far if one is near else near).sendall(data)

    def _sever(self) -> None:
        for pair in list(self._pairs):
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

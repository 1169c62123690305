"""The way to a database, which a test can cut: connections refused, dropped in silence, or slow."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from sqlalchemy import make_url


class Way(Enum):
    """What becomes of what is sent."""

    OPEN = "open"
    REFUSED = "refused"
    """Connections end at once, new ones too: a server that was stopped."""
    SILENT = "silent"
    """Everything is taken and nothing arrives, in either direction: packets are dropped."""


@dataclass
class Wire:
    """A wire on a port of this machine; `url` leads over it."""

    url: str
    way: Way = Way.OPEN
    delay: float = 0.0
    """Seconds that each piece takes."""
    _ends: set[socket.socket] = field(default_factory=set)

    def cut(self, way: Way) -> None:
        """From now on; a refusal ends what is open."""
        self.way = way
        for end in list(self._ends) if way is Way.REFUSED else ():
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """New connections get through; what was swallowed is lost."""
        self.cut(Way.REFUSED)
        self.way = Way.OPEN

    @contextlib.contextmanager
    def cut_for(self, seconds: float, way: Way = Way.REFUSED) -> Iterator[None]:
        """Cut it now and mend it by itself after so many seconds."""
        self.cut(way)
        mending = threading.Timer(seconds, self.mend)
        mending.start()
        try:
            yield
        finally:
            mending.join()

    def carry(self, client: socket.socket, far: tuple[int, str | tuple[str, int]]) -> None:
        """One connection, until an end of it closes."""
        kind, address = far
        with contextlib.suppress(OSError), client, socket.socket(kind) as server:
            if self.way is Way.REFUSED:
                return
            server.connect(address)
            self._ends |= {client, server}
            back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
            back.start()
            self._pump(client, server)
            back.join()
            self._ends -= {client, server}

    def _pump(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := near.recv(65536):
                time.sleep(self.delay)
                if self.way is Way.OPEN:
                    far.sendall(piece)
        for end in (near, far):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def wire_to(url: str) -> Iterator[Wire]:
    """A wire to the PostgreSQL of a URL, by socket file or port."""
    there = make_url(url)
    folder = there.query.get("host")
    port = there.port or 5432
    far: tuple[int, str | tuple[str, int]] = (
        (socket.AF_UNIX, f"{folder}/.s.PGSQL.{port}")
        if isinstance(folder, str)
        else (socket.AF_INET, (there.host or "127.0.0.1", port))
    )
    listener = socket.create_server(("127.0.0.1", 0))
    here = there.set(host="127.0.0.1", port=listener.getsockname()[1]).difference_update_query(["host"])
    wire = Wire(here.render_as_string(hide_password=False))
    threading.Thread(target=_accept, args=(listener, wire, far), daemon=True).start()
    try:
        yield wire
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        wire.cut(Way.REFUSED)


def _accept(listener: socket.socket, wire: Wire, far: tuple[int, str | tuple[str, int]]) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=wire.carry, args=(client, far), daemon=True).start()

"""A far end that answers with any bytes: what was set last, to every request, and hangs up."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator


class Parrot(socketserver.ThreadingTCPServer):
    """Its `answer` may be changed between two requests."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128
    answer = b""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Line(socketserver.StreamRequestHandler):
    server: Parrot

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            length = 0
            while (line := self.rfile.readline(65_536)) not in {b"\r\n", b""}:
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            self.rfile.read(length)
            self.wfile.write(self.server.answer)


@contextlib.contextmanager
def parrot_at_work() -> Iterator[Parrot]:
    """One, in a thread of its own."""
    with Parrot(("127.0.0.1", 0), Line) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()

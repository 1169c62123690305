"""A quick receiver for the bench, in a process of its own: prints its port, then its count on SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from typing import Any

import httptools

from outreach.webhook import verify

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Connection(asyncio.Protocol):
    """One connection; every request is verified before it is answered."""

    ids: set[str] = set()  # noqa: RUF012 - shared on purpose
    secret = sys.argv[1]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._parser = httptools.HttpRequestParser(self)
        self._begin()

    def _begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._body = b""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        verify(self._body, self._headers, self.secret)
        self.ids.add(self._headers["webhook-id"])
        self._transport.write(ANSWER)
        self._begin()


async def main() -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    server = await loop.create_server(Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stopped.wait()
    print(len(Connection.ids), flush=True)
    server.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())

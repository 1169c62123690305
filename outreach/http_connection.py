"""One straight connection to one host: a request leaves in one piece, and llhttp reads its answer.

httpcore's own reads with h11, in Python, which took a third of the processor's time of a whole run. Sockets,
TLS, errors, and the way through a proxy are httpcore's.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpcore
import httptools

MOST_HEAD = 100 * 1024
"""Bytes: an answer whose head is longer is broken."""

READ = 16 * 1024
"""Bytes at once, more than nearly any answer has. Each waiting thread holds as many: 64 KB of each of 128."""

_UNSAFE = re.compile(rb"[ \r\n\0]")


class PlainRequest(httpcore.Request):
    """A request whose parts are bytes already, with seconds for each of its steps.

    httpcore would look at each of them again, which took 20 of the 150 microseconds of a request.
    """

    stream: tuple[bytes]

    def __init__(
        self,
        method: bytes,
        url: httpcore.URL,
        headers: list[tuple[bytes, bytes]],
        content: bytes,
        timeouts: Mapping[str, float],
    ) -> None:
        self.method, self.url, self.headers, self.stream = method, url, headers, (content,)
        self.extensions = {"timeout": timeouts}


class HttpConnection(httpcore.ConnectionInterface):
    """A connection that is opened by its first request; whoever uses it has it alone.

    Args:
        origin: where it leads.
        tls: whom to trust, for https.
        kept_seconds: how long it waits for its next request.
        backend: opens the socket.
    """

    def __init__(
        self,
        origin: httpcore.Origin,
        tls: ssl.SSLContext,
        kept_seconds: float,
        backend: httpcore.NetworkBackend,
    ) -> None:
        self._origin = origin
        self._tls = tls
        self._kept_seconds = kept_seconds
        self._backend = backend
        self._stream: httpcore.NetworkStream | None = None
        self._is_idle = self._is_closed = False
        self._expires_at = 0.0

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """The answer's head; its body is read from the response, which whoever gets it closes.

        Raises httpcore's NetworkError, TimeoutException, or ProtocolError: RemoteProtocolError, with a cause
        where an answer began but is no HTTP; LocalProtocolError for a request that is none.
        """
        self._is_idle = False
        try:
            return self._exchange(request)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the socket."""
        self._is_idle, self._is_closed = False, True
        if self._stream is not None:
            self._stream.close()

    def is_idle(self) -> bool:
        """Whether it waits for its next request."""
        return self._is_idle

    def is_closed(self) -> bool:
        """Whether it takes no further request."""
        return self._is_closed

    def has_expired(self) -> bool:
        """Whether it waited for too long, or the far end hung up: only that can be read from an idle one."""
        if not self._is_idle or self._stream is None:
            return False
        return time.monotonic() > self._expires_at or bool(self._stream.get_extra_info("is_readable"))

    def settle(self, *, is_reusable: bool) -> None:
        """An answer is read, or nobody wants to read on."""
        if not is_reusable:
            self.close()
        elif not self._is_closed:
            self._is_idle = True
            self._expires_at = time.monotonic() + self._kept_seconds

    def _exchange(self, request: httpcore.Request) -> httpcore.Response:
        sent = _to_bytes(request)
        timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        if self._stream is None:
            self._stream = self._connect(timeouts.get("connect"))
        self._stream.write(sent, timeouts.get("write"))
        answer = _Answer(self, self._stream, timeouts.get("read"))
        answer.read_head()
        return answer

    def _connect(self, timeout: float | None) -> httpcore.NetworkStream:
        host = self._origin.host.decode("ascii")
        stream = self._backend.connect_tcp(host, self._origin.port, timeout)
        if self._origin.scheme != b"https":
            return stream
        self._tls.set_alpn_protocols(["http/1.1"])
        return stream.start_tls(self._tls, host, timeout)


class _Answer(httpcore.Response):
    """An answer as it comes in: first its head, then its body, piece by piece."""

    def __init__(
        self, connection: HttpConnection, stream: httpcore.NetworkStream, timeout: float | None
    ) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.extensions, self.stream = {}, ()
        self._connection, self._stream, self._timeout = connection, stream, timeout
        self._parser: Any = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)  # as h11 has it
        self._body: list[bytes] = []
        self._size = 0
        self._has_head = self._is_whole = self._is_reusable = self._ends_with_connection = False

    def read_head(self) -> None:
        """Read until the head is there; raises RemoteProtocolError when it never comes."""
        while not self._has_head:
            self._read()
            if self._size > MOST_HEAD and not self._has_head:
                raise httpcore.RemoteProtocolError("the answer's head is too long")

    def iter_stream(self) -> Iterator[bytes]:
        """The body, piece by piece."""
        while True:
            while self._body:
                yield self._body.pop(0)
            if self._is_whole:
                return
            self._read()

    def close(self) -> None:
        """Leave the connection, for the next request when all was read."""
        self._connection.settle(is_reusable=self._is_whole and self._is_reusable)
        self._parser = None  # it holds us: 12 objects an answer would wait for the search for garbage

    def _read(self) -> None:
        data = self._stream.read(READ, self._timeout)
        if not data:
            self._end()
            return
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._is_reusable = False
            if not self._is_whole:
                raise httpcore.RemoteProtocolError("the answer is not HTTP") from error

    def _end(self) -> None:
        if not self._size:
            raise httpcore.RemoteProtocolError("the far end hung up without an answer")
        if not (self._has_head and self._ends_with_connection):
            raise httpcore.RemoteProtocolError("the answer was cut short") from EOFError()
        self._is_whole = True

    # What llhttp calls, in this order:

    def on_message_begin(self) -> None:
        """An answer begins; a second one, which nobody asked for, spoils the connection."""
        self._is_reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; those after the body are left out."""
        if not self._has_head:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is whole, unless it only says that the answer will come."""
        if self._is_whole:
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self.headers.clear()
            return
        self.status, self._has_head = status, True
        names = {name.lower() for name, _ in self.headers}
        self._ends_with_connection = names.isdisjoint({b"content-length", b"transfer-encoding"})

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if not self._is_whole:
            self._body.append(data)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self._has_head and not self._is_whole:
            self._is_whole, self._is_reusable = True, bool(self._parser.should_keep_alive())


def _to_bytes(request: httpcore.Request) -> bytes:
    """The whole request; raises LocalProtocolError where a part of it would be read as something else."""
    target = request.url.target
    if _UNSAFE.search(target):
        raise httpcore.LocalProtocolError("the request's target is none")
    begin = b"%s %s HTTP/1.1" % (request.method, target)
    head = b"\r\n".join((begin, *map(b": ".join, request.headers)))
    ends = {
        head.count(b"\r\n"),
        head.count(b"\r"),
        head.count(b"\n"),
    }  # half as long as a search, line by line
    if ends != {len(request.headers)} or b"\0" in head:
        raise httpcore.LocalProtocolError("a header of the request is none")
    return b"".join((head, b"\r\n\r\n", *request.stream))  # type: ignore[misc]  # a list of bytes, as we make it

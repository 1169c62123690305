"""Connections to Genesys and to receivers: whom they trust, how a request leaves, when again.

    KeptConnections ──> straight, or through a proxy ──> httpcore's connection ──> WholeStream

httpcore, which carries httpx, without httpx's client and answers: these cost as much again as the exchange.
"""

from __future__ import annotations

import functools
import math
import select
import socket
import ssl
import struct
import sys
import threading
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

CONNECTION_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
)
"""What a connection raises when the far end, or the way to it, fails."""


@functools.cache
def trusted() -> ssl.SSLContext:
    """The authorities we trust, as httpx has them: certifi's, or those of SSL_CERT_FILE and SSL_CERT_DIR.

    Safe for threads. Read once, for that takes 27 milliseconds.
    """
    return httpx.create_ssl_context()


class Passage(threading.local):
    """Of the calling thread's request: when it must be over, and whether any of it has left."""

    def __init__(self) -> None:
        self._at = 0.0
        self.has_left = False

    def start(self, seconds: float) -> None:
        """Begin a request that may last so long, to the end of its answer."""
        self._at = time.monotonic() + seconds
        self.has_left = False

    def remaining(self) -> float:
        """Seconds left; raises httpcore.ReadTimeout when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the request's time is up")
        return left


SLACK_SECONDS = 0.05
"""So much later than asked for a socket gives up, and at the most twice that."""


class WholeStream(httpcore.NetworkStream):
    """A socket on which a request leaves when its answer is asked for.

    Head and body in one piece: one system call, mostly one packet, and one change of threads less.
    """

    def __init__(self, stream: httpcore.NetworkStream, passage: Passage | None = None) -> None:
        self._stream = stream
        self._passage = passage
        self._socket: socket.socket | None = _socket_of(stream)
        self._arrivals = _watch(self._socket)
        self._gives_up_after = math.nan
        self._unsent = b""
        self._write_timeout: float | None = None

    def limit(self, timeout: float | None) -> float | None:
        """The seconds that a step may take, when httpcore would have it take `timeout`."""
        if self._passage is None:
            return timeout
        # httpcore's own limits begin anew at each read: a byte every 14 seconds would last for ever.
        left = self._passage.remaining()
        return left if timeout is None else min(timeout, left)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Send what is unsent; bytes, or httpcore.ReadTimeout."""
        unsent, self._unsent = self._unsent, b""
        if unsent:
            if self._passage and not unsent.startswith(b"CONNECT "):  # that is for the proxy alone
                self._passage.has_left = True
            # Who hangs up on what we send may have answered before, and that counts: httpcore does the same.
            try:  # noqa: SIM105 - it takes half a microsecond
                self._send(unsent)
            except httpcore.WriteError:
                pass
        return self._receive(max_bytes, self.limit(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Take all of the buffer."""
        self._unsent += buffer
        self._write_timeout = timeout

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> WholeStream:
        """The same, encrypted."""
        stream = self._stream.start_tls(ssl_context, server_hostname, self.limit(timeout))
        return WholeStream(stream, self._passage)

    def get_extra_info(self, info: str) -> object:
        """What httpcore asks of a stream."""
        if info == "is_readable" and self._arrivals:
            return bool(self._arrivals.poll(0))
        return self._stream.get_extra_info(info)

    def _send(self, content: bytes) -> None:
        if self._socket is None:
            self._stream.write(content, self.limit(self._write_timeout))
            return
        left = memoryview(content)
        try:
            while left:
                left = left[self._patient(self._socket, self.limit(self._write_timeout)).send(left) :]
        except (TimeoutError, BlockingIOError) as error:
            raise httpcore.WriteTimeout(*error.args) from error
        except OSError as error:
            raise httpcore.WriteError(*error.args) from error

    def _receive(self, max_bytes: int, timeout: float | None) -> bytes:
        if self._socket is None:
            return self._stream.read(max_bytes, timeout)
        try:
            return self._patient(self._socket, timeout).recv(max_bytes)
        except (TimeoutError, BlockingIOError) as error:
            raise httpcore.ReadTimeout(*error.args) from error
        except OSError as error:
            raise httpcore.ReadError(*error.args) from error

    def _patient(self, opened: socket.socket, timeout: float | None) -> socket.socket:
        """The socket, giving up after so long."""
        # Told only where it must change: httpcore tells it at each step, with a system call that gives the
        # interpreter away, twice a request.
        wanted = math.inf if timeout is None else timeout
        if not wanted <= self._gives_up_after <= wanted + 2 * SLACK_SECONDS:
            self._gives_up_after = wanted + SLACK_SECONDS
            _limit(opened, None if timeout is None else self._gives_up_after)
        return opened


def _limit(opened: socket.socket, seconds: float | None) -> None:
    """Have it give up after so long: with TimeoutError, or BlockingIOError."""
    if sys.platform != "linux" or isinstance(opened, ssl.SSLSocket):
        opened.settimeout(seconds)
        return
    # By the kernel: Python's own limit first asks whether a step would wait, and gives the interpreter away
    # for it. Of 15 changes of threads a contact, 4 came of that.
    opened.settimeout(None)
    limit = struct.pack("@ll", *divmod(int((seconds or 0.0) * 1_000_000), 1_000_000))  # 0: none
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def _watch(opened: socket.socket | None) -> select.poll | None:
    """What tells whether something has arrived; made once, for it took httpcore 2 microseconds a request."""
    if opened is None or not hasattr(select, "poll"):
        return None
    arrivals = select.poll()
    arrivals.register(opened, select.POLLIN)
    return arrivals


def _socket_of(stream: httpcore.NetworkStream) -> socket.socket | None:
    """What httpcore's stream reads from; none where that is TLS within a proxy's TLS."""
    opened: socket.socket | None = stream.get_extra_info("socket")
    is_own = getattr(opened, "_sslobj", None) is stream.get_extra_info("ssl_object")
    return opened if is_own else None


class WholeBackend(httpcore.SyncBackend):
    """Opens sockets that are `WholeStream`s."""

    def __init__(self, passage: Passage | None = None) -> None:
        super().__init__()
        self._passage = passage

    def connect_tcp(self, *to: Any, **how: Any) -> WholeStream:  # noqa: ANN401 - httpcore's own arguments
        """A connection, or httpcore.ConnectError or ConnectTimeout."""
        return WholeStream(super().connect_tcp(*to, **how), self._passage)


def environment_proxy(url: str) -> str | None:
    """By HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, unless NO_PROXY excepts the host."""
    parts = urlsplit(url)
    if proxy_bypass(parts.netloc.rpartition("@")[2]):  # it knows no user and password
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"  # host and port alone are common


LONGEST_WAIT = 7 * 86400.0
"""Seconds: nobody is asked to wait longer than a week."""


def read_retry_after(header: str | None, now: datetime, date: str | None = None) -> float | None:
    """Seconds that `Retry-After` asks to wait, 0 to a week; None when it says nothing that can be read.

    A date is counted from the answer's own `Date`, where it has one: their clock against their clock.
    """
    try:
        seconds = float(header or "")  # it takes nan and inf, too: refused below
    except ValueError:
        until = read_date(header)
        return (
            min(max((until - (read_date(date) or now)).total_seconds(), 0.0), LONGEST_WAIT) if until else None
        )
    return min(seconds, LONGEST_WAIT) if math.isfinite(seconds) and seconds >= 0 else None


def read_date(value: str | None) -> datetime | None:
    """An HTTP date as aware UTC, or None."""
    try:
        found = parsedate_to_datetime(value or "")
        return found.replace(tzinfo=timezone.utc) if found.tzinfo is None else found.astimezone(timezone.utc)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None

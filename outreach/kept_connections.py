"""Connections that are kept: each carries one request at a time, and the last used is used first.

As many are open as requests were in the air at once: whoever asks bounds them, by its threads. With a bound
of their own below that, some threads found no place for 15 s, while others took one after another.

httpcore's pool looks at each of its connections twice a request, with a system call, which took an eighth of
the processor's time of a whole run.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

import httpcore
import httpx

from outreach.connections import CONNECTION_ERRORS, WholeBackend, trusted
from outreach.http_connection import HttpConnection

_Host = tuple[bytes, bytes, int | None]  # scheme, name, port: httpcore's Origin can be no key


class KeptConnections:
    """Connections to any hosts, straight or through a proxy. Safe for threads; close them in the end.

    Args:
        kept_seconds: how long a connection waits for its next request.
        proxy: an HTTP proxy's URL, with user and password where it wants them.
        tls: whom to trust; `trusted()` unless given.
        backend: opens the sockets.

    Raises httpcore.UnsupportedProtocol for a proxy of another kind, or a URL that is none.
    """

    def __init__(
        self,
        *,
        kept_seconds: float,
        proxy: str | None = None,
        tls: ssl.SSLContext | None = None,
        backend: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._open = _maker(kept_seconds, proxy, tls or trusted(), backend or WholeBackend())
        self._kept_seconds = kept_seconds
        self._free: defaultdict[_Host, list[httpcore.ConnectionInterface]] = defaultdict(list)
        self._all: set[httpcore.ConnectionInterface] = set()
        self._look_at = time.monotonic() + kept_seconds
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def exchange(self, request: httpcore.Request) -> Iterator[httpcore.Response]:
        """Send a request; its answer's head, and its body to be read within the block.

        Raises what httpcore raises.
        """
        url = request.url
        if url.scheme not in {b"http", b"https"}:
            raise httpcore.UnsupportedProtocol("the URL is neither http nor https")
        host = (url.scheme, url.host, url.port)
        connection = self._take(host) or self._make(url.origin)
        try:
            response = connection.handle_request(request)
            try:
                yield response
            finally:
                try:  # `suppress` takes a microsecond
                    response.close()
                except (*CONNECTION_ERRORS, OSError):  # the answer counts all the same
                    pass
        finally:
            self._give_back(host, connection)

    def close(self) -> None:
        """Close all, also those on which somebody waits."""
        with self._lock:
            every, self._all = list(self._all), set()
            self._free.clear()
        for connection in every:
            connection.close()

    def _make(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        connection = self._open(origin)
        with self._lock:
            self._all.add(connection)
        return connection

    def _take(self, host: _Host) -> httpcore.ConnectionInterface | None:
        with self._lock:
            free, stale = self._free[host], self._find_expired()
            while free and _is_stale(free[-1]):
                stale.append(free.pop())
            self._all.difference_update(stale)
            found = free.pop() if free else None
        for each in stale:
            each.close()
        return found

    def _give_back(self, host: _Host, connection: httpcore.ConnectionInterface) -> None:
        with self._lock:
            if connection in self._all and connection.is_idle() and not connection.is_closed():
                self._free[host].append(connection)
                return
            self._all.discard(connection)
        connection.close()

    def _find_expired(self) -> list[httpcore.ConnectionInterface]:
        """Those that nobody needed for too long; looked for now and then, as each look is a system call."""
        now = time.monotonic()
        if now < self._look_at:
            return []
        self._look_at = now + self._kept_seconds
        every = [(free, each) for free in self._free.values() for each in free if _is_stale(each)]
        for free, each in every:
            free.remove(each)
        return [each for _, each in every]


def _is_stale(connection: httpcore.ConnectionInterface) -> bool:
    return connection.is_closed() or connection.has_expired()


def _maker(
    kept_seconds: float, proxy: str | None, tls: ssl.SSLContext, backend: httpcore.NetworkBackend
) -> Callable[[httpcore.Origin], httpcore.ConnectionInterface]:
    if proxy is None:
        return lambda origin: HttpConnection(origin, tls, kept_seconds, backend)
    way = _read_proxy(proxy)
    return httpcore.HTTPProxy(
        str(way.url), way.raw_auth, ssl_context=tls, keepalive_expiry=kept_seconds, network_backend=backend
    ).create_connection


def _read_proxy(url: str) -> httpx.Proxy:
    try:
        proxy = httpx.Proxy(url)
    except (ValueError, httpx.InvalidURL):
        proxy = None
    if proxy is None or proxy.url.scheme not in {"http", "https"}:  # httpx takes SOCKS, HTTPProxy does not
        raise httpcore.UnsupportedProtocol("the proxy's URL is not one of an HTTP proxy")
    return proxy

"""Connections that are kept: each carries one request at a time, and the last used is used first.

As many are open as requests were in the air at once: whoever asks bounds them, by its threads. With a bound
of their own below that, some threads found no place for 15 s, while others took one after another.

    no connection to be made, others at work ──> in line for the next that is free, first come first served
    refused, or told what the call before was told ──> closed: the next call must hear of itself alone

Through a proxy that let 5 in, most of 128 calls were refused three times, and the run ended in an error.

httpcore's pool looks at each of its connections twice a request, with a system call, which took an eighth of
the processor's time of a whole run.
"""

from __future__ import annotations

import contextlib
import queue
import ssl
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator

import httpcore
import httpx

from outreach.connections import CONNECTION_ERRORS, Passage, WholeBackend, trusted
from outreach.http_connection import HttpConnection

_Host = tuple[bytes, bytes, int | None]  # scheme, name, port: httpcore's Origin can be no key

_Headers = list[tuple[bytes, bytes]]
_Place = queue.SimpleQueue[httpcore.ConnectionInterface | None]

_OWN_ID = b"-correlation-id"

PATIENCE_SECONDS = 15.0
"""So long a request waits in line: with the 20 s for which a decision stands, less than the hours' safety
minute.
"""


class KeptConnections:
    """Connections to any hosts, straight or through a proxy. Safe for threads; close them in the end.

    Args:
        kept_seconds: how long a connection waits for its next request.
        proxy: an HTTP proxy's URL, with user and password where it wants them.
        tls: whom to trust; `trusted()` unless given.
        backend: opens the sockets.
        passage: tells that nothing of a request has left, so that it may wait in line; else it never does.

    Raises httpcore.UnsupportedProtocol for a proxy of another kind, or a URL that is none.
    """

    def __init__(
        self,
        *,
        kept_seconds: float,
        proxy: str | None = None,
        tls: ssl.SSLContext | None = None,
        backend: httpcore.NetworkBackend | None = None,
        passage: Passage | None = None,
    ) -> None:
        self._open = _maker(kept_seconds, proxy, tls or trusted(), backend or WholeBackend())
        self._kept_seconds = kept_seconds
        self._free: defaultdict[_Host, list[httpcore.ConnectionInterface]] = defaultdict(list)
        self._all: dict[httpcore.ConnectionInterface, _Headers] = {}  # of the last answer
        self._passage = passage
        self._begun: Counter[_Host] = Counter()
        self._lines: defaultdict[_Host, deque[_Place]] = defaultdict(deque)
        self._given_up = threading.Event()
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
            try:
                response = connection.handle_request(request)
            except (*CONNECTION_ERRORS, OSError):
                freed = self._wait_in_line(host, url.origin)
                if freed is None:
                    raise
                self._drop(connection)
                connection = freed
                response = connection.handle_request(request)
            self._check_own(connection, response)
            try:
                yield response
            finally:
                try:  # `suppress` takes a microsecond
                    response.close()
                except (*CONNECTION_ERRORS, OSError):  # the answer counts all the same
                    pass
                # Of 300 people 57 were called again: a gateway said each 429 twice, and the next call on the
                # connection took the second for its own.
                if response.status >= 400:
                    connection.close()
        finally:
            self._give_back(host, connection)

    def close(self) -> None:
        """Close all, also those on which somebody waits."""
        with self._lock:
            every, self._all = list(self._all), {}
            self._free.clear()
        for connection in every:
            connection.close()

    def give_up(self) -> None:
        """Nobody waits in line any more, now or later: they get the errors that sent them there."""
        self._given_up.set()
        with self._lock:
            waiting = [place for line in self._lines.values() for place in line]
            self._lines.clear()
        for place in waiting:
            place.put(None)

    def _check_own(self, connection: httpcore.ConnectionInterface, response: httpcore.Response) -> None:
        """Raise RemoteProtocolError where it is the answer before, to which Genesys gave an id of its own."""
        with self._lock:
            before = self._all.get(connection)
            if before is not None:
                self._all[connection] = response.headers
        if before == response.headers and any(name.lower().endswith(_OWN_ID) for name, _ in before):
            raise httpcore.RemoteProtocolError("the answer before came once more")

    def _wait_in_line(self, host: _Host, origin: httpcore.Origin) -> httpcore.ConnectionInterface | None:
        """What another is done with, or a new one where that was closed; or None."""
        place: _Place = queue.SimpleQueue()
        with self._lock:
            line = self._lines[host]
            may_wait = self._passage is not None and not self._passage.has_left
            # All who have begun are in line, but for us: nobody would hand us anything.
            if not may_wait or self._given_up.is_set() or self._begun[host] <= len(line) + 1:
                return None
            line.append(place)
        try:
            freed = place.get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            with self._lock:
                if place in line:
                    line.remove(place)
                    return None
            freed = place.get()  # it came just now
        return None if self._given_up.is_set() else freed or self._make(origin)

    def _make(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        connection = self._open(origin)
        with self._lock:
            self._all[connection] = []
        return connection

    def _take(self, host: _Host) -> httpcore.ConnectionInterface | None:
        with self._lock:
            self._begun[host] += 1
            free, stale = self._free[host], self._find_expired()
            while free and _is_stale(free[-1]):
                stale.append(free.pop())
            for each in stale:
                self._all.pop(each, None)
            found = free.pop() if free else None
        for each in stale:
            each.close()
        return found

    def _give_back(self, host: _Host, connection: httpcore.ConnectionInterface) -> None:
        with self._lock:
            self._begun[host] -= 1
            is_kept = connection in self._all and connection.is_idle() and not connection.is_closed()
            if line := self._lines[host]:
                line.popleft().put(connection if is_kept else None)
            elif is_kept:
                self._free[host].append(connection)
        if not is_kept:
            self._drop(connection)

    def _drop(self, connection: httpcore.ConnectionInterface) -> None:
        with self._lock:
            self._all.pop(connection, None)
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

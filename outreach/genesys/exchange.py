"""One request and its answer, both bounded: in time, in size, and never to another address than asked."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass

import httpx
import orjson

from outreach.certificates import trusted
from outreach.clock import Clock
from outreach.genesys.foreign import Json
from outreach.proxies import environment_proxy

MOST_BYTES = 32 * 1024 * 1024
"""An answer that is longer than this is cut off and counts as broken."""

TIMEOUTS = {"connect": 5.0, "read": 30.0, "write": 30.0, "pool": 60.0}
"""Seconds, per step, as httpx counts them."""

_LIMITED = {"timeout": TIMEOUTS}

MOST_SECONDS = 90.0
"""An answer that is still dripping after this counts as broken."""

NO_AUTH = httpx.Auth()
"""Adds nothing to a request."""

THREADS = 64
"""So many requests can be in the air at once."""


@dataclass(frozen=True, slots=True)
class Received:
    """An answer as it came: `broken` says why its body isn't whole ("" when it is)."""

    status: int
    headers: httpx.Headers
    content: bytes
    milliseconds: float
    broken: str = ""

    def json(self) -> Json:
        """The body; None when it is empty. Raises ValueError (broken or not JSON)."""
        if self.broken:
            raise ValueError(self.broken)
        return orjson.loads(self.content) if self.content.strip() else None


class Transport(httpx.BaseTransport):
    """The way to Genesys: connections that are kept, straight or through the proxy of the environment.

    httpx's transports without its client, whose cookies, redirects and defaults we don't want and which cost
    about 100 microseconds a call.
    """

    def __init__(self) -> None:
        self._ways: dict[str | None, httpx.HTTPTransport] = {}
        self._proxies: dict[tuple[str, str], str | None] = {}
        self._opening = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it; raises what httpx raises."""
        host = (request.url.scheme, request.url.host)
        if host not in self._proxies:
            self._proxies[host] = environment_proxy(str(request.url))
        return self._way(self._proxies[host]).handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        for way in self._ways.values():
            way.close()

    def _way(self, proxy: str | None) -> httpx.HTTPTransport:
        way = self._ways.get(proxy)
        if way is None:
            with self._opening:
                way = self._ways.get(proxy) or self._ways.setdefault(proxy, _open(proxy))
        return way


def _open(proxy: str | None) -> httpx.HTTPTransport:
    limits = httpx.Limits(max_connections=THREADS, max_keepalive_connections=THREADS, keepalive_expiry=20.0)
    return httpx.HTTPTransport(verify=trusted(), limits=limits, proxy=proxy)


def exchange(
    transport: httpx.BaseTransport, request: httpx.Request, clock: Clock, most_bytes: int | None = None
) -> Received:
    """Send one request, with our time limits, and read its answer.

    Raises whatever httpx raises before the answer's head is there; after that, what goes wrong with the
    body is told by `Received.broken`, since the status already says what happened.
    """
    request.extensions = _LIMITED
    begun = clock.monotonic()
    response = transport.handle_request(request)
    try:
        content, broken = _read(response, clock, begun + MOST_SECONDS, most_bytes or MOST_BYTES)
    finally:
        with contextlib.suppress(httpx.HTTPError, OSError):
            response.close()
    return Received(
        response.status_code, response.headers, content, (clock.monotonic() - begun) * 1000.0, broken
    )


def _read(response: httpx.Response, clock: Clock, deadline: float, most_bytes: int) -> tuple[bytes, str]:
    parts: list[bytes] = []
    size = 0
    try:
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > most_bytes:
                return b"", "too_large"
            if clock.monotonic() > deadline:
                return b"", "too_slow"
    except (httpx.HTTPError, OSError) as error:
        return b"", "decoding" if isinstance(error, httpx.DecodingError) else "truncated"
    return b"".join(parts), ""

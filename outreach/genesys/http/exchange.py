"""One request and its answer, both bounded: in time, in size, and never to another address than asked."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import httpcore
import httpx
import orjson

from outreach import connections
from outreach.clock import Clock
from outreach.connections import Passage, WholeBackend, environment_proxy
from outreach.genesys.http.call_outcome import Outcome, of_failure
from outreach.genesys.http.untrusted_json import Json, read_code
from outreach.http_connection import PlainRequest
from outreach.kept_connections import KeptConnections

MOST_BYTES = 32 * 1024 * 1024
"""An answer that is longer than this is cut off and counts as broken."""

TIMEOUTS = {"connect": 5.0, "read": 30.0, "write": 30.0}
"""Seconds, per step, as httpx counts them."""

MOST_SECONDS = 90.0  # the "read" above begins anew with each piece
"""An answer that is not whole after this, head and all, counts as broken."""

EXCHANGE_ERRORS = (*connections.CONNECTION_ERRORS, OSError, UnicodeError)
"""What an exchange raises when there is no answer."""

KEPT_SECONDS = 20.0
"""How long a connection waits for its next request."""

MakeBackend = Callable[[Passage, "str | None"], httpcore.NetworkBackend]


@dataclass(slots=True)
class Received:
    """An answer as it came, its headers by their names in lower case.

    `milliseconds` is the call's time without the waiting. `broken` says why its body isn't whole ("" when it
    is), `json` what it says, once it was read.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    milliseconds: float
    broken: str = ""
    json: Json = None

    def read(self) -> None:
        """Fill `json` with the body, None when it is empty. Raises ValueError (broken or not JSON)."""
        if self.broken:
            raise ValueError(self.broken)
        self.json = orjson.loads(self.content) if self.content.strip() else None

    @property
    def correlation_id(self) -> str:
        """Genesys' id of this exchange by the headers (not trusted either); "" when there is none."""
        headers = self.headers  # the newer one first (platform fact sheet 2.1)
        return read_code(headers, "genesys-correlation-id") or read_code(headers, "inin-correlation-id")


class Transport:
    """The way to Genesys: connections that are kept, straight or through the proxy of the environment.

    `make_backend` gives what opens their sockets, by the way's passage and its proxy.
    """

    def __init__(self, make_backend: MakeBackend = lambda passage, _: WholeBackend(passage)) -> None:
        self._make_backend = make_backend
        self._kept: dict[str | None, KeptConnections] = {}
        self._proxies: dict[tuple[bytes, bytes], str | None] = {}
        self._opening = threading.Lock()
        self.passage = Passage()

    def __enter__(self) -> Transport:  # noqa: PYI034 - typing.Self needs Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        for kept in self._kept.values():
            kept.close()

    def give_up(self) -> None:
        """Nobody waits for another's connection any more."""
        for kept in list(self._kept.values()):
            kept.give_up()

    @contextlib.contextmanager
    def send(self, request: PlainRequest) -> Iterator[httpcore.Response]:
        """The answer's head, and its body to be read within the block. Raises what httpcore raises.

        A failure while the connection was still being made, by a proxy or by TLS, is a ConnectError.
        """
        self.passage.start(MOST_SECONDS)
        try:
            with self._way(request.url).exchange(request) as response:
                yield response
        except EXCHANGE_ERRORS as error:
            if self.passage.has_left or of_failure(error)[0] is Outcome.REFUSED:
                raise
            raise httpcore.ConnectError("nothing of the request had left") from error

    def _way(self, url: httpcore.URL) -> KeptConnections:
        host = (url.scheme, url.host)
        if host not in self._proxies:
            self._proxies[host] = environment_proxy(bytes(url).decode("ascii"))
        proxy = self._proxies[host]
        kept = self._kept.get(proxy)
        if kept is None:
            with self._opening:
                kept = self._kept.get(proxy) or self._kept.setdefault(proxy, self._open(proxy))
        return kept

    def _open(self, proxy: str | None) -> KeptConnections:
        backend = self._make_backend(self.passage, proxy)
        return KeptConnections(kept_seconds=KEPT_SECONDS, proxy=proxy, backend=backend, passage=self.passage)


def exchange(
    transport: Transport, request: PlainRequest, clock: Clock, most_bytes: int | None = None
) -> Received:
    """Send one request, with our time limits, and read its answer.

    Raises one of EXCHANGE_ERRORS before the answer's head is there; after that, what goes wrong with the body
    is told by `Received.broken`, since the status already says what happened.
    """
    begun = clock.monotonic()
    with transport.send(request) as response:
        headers = _read_headers(response.headers)
        content, broken = _read(response, headers, clock, begun + MOST_SECONDS, most_bytes or MOST_BYTES)
    return Received(response.status, headers, content, (clock.monotonic() - begun) * 1000.0, broken)


def from_httpx(request: httpx.Request) -> PlainRequest:
    """The same request, as its parts leave."""
    method, headers = request.method.encode("ascii"), request.headers.raw
    return PlainRequest(method, target_of(request.url), headers, request.content, TIMEOUTS)


def target_of(url: httpx.URL) -> httpcore.URL:
    """The same URL, in bytes."""
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _read_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """By their names in lower case; a name that comes twice has both values, with a comma."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.lower().decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _read(
    response: httpcore.Response, headers: Mapping[str, str], clock: Clock, deadline: float, most_bytes: int
) -> tuple[bytes, str]:
    parts: list[bytes] = []
    size = 0
    try:
        for part in _parts(response, headers):
            parts.append(part)
            size += len(part)
            if size > most_bytes:
                return b"", "too_large"
            if clock.monotonic() > deadline:
                return b"", "too_slow"
    except httpx.DecodingError:
        return b"", "decoding"
    except EXCHANGE_ERRORS:
        return b"", "too_slow" if clock.monotonic() > deadline else "truncated"
    return b"".join(parts), ""


def _parts(response: httpcore.Response, headers: Mapping[str, str]) -> Iterator[bytes]:
    if "content-encoding" not in headers:  # httpcore unpacks nothing; httpx does
        return response.iter_stream()
    packed = httpx.Response(response.status, headers=response.headers, content=response.iter_stream())
    return packed.iter_bytes()

"""The one funnel to Genesys: pace, send, read, and translate everything that can go wrong.

    request ── retrying ── pacers ── token ── exchange ── Answer
                                                └───── NotSent | Refused | Ambiguous   (outreach/errors.py)

Reads and convergent writes are tried three times. A creating call is tried again only after a proof that
nothing happened (outcome.py): it never left, 429, or 503 with `Retry-After`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urljoin

import httpx
import orjson

from outreach.clock import Clock
from outreach.errors import GenesysError, Invalid, RateLimited
from outreach.genesys.http import error_mapping
from outreach.genesys.http.exchange import EXCHANGE_ERRORS, NO_AUTH, Received, Transport, exchange
from outreach.genesys.http.hosts import may_be_asked
from outreach.genesys.http.retries import policy, retry
from outreach.genesys.http.retry_after import read_date
from outreach.genesys.http.untrusted_json import Json
from outreach.genesys.http.usage import Usage
from outreach.genesys.rate_limit.pacer import Pacer

_URGENT = -1_000_000_000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx. `json` is None for an empty body; `milliseconds` is the time of the call without the waiting."""

    status: int
    json: Json
    correlation_id: str
    headers: Mapping[str, str]
    milliseconds: float


class Connection:
    """One organisation's API for one client id. Safe for threads. Raises only GenesysError.

    Args:
        transport: the way there; whoever opened it closes it.
        url: of the API, without a slash at the end.
        auth: puts the token on requests.
        pacer: the token's budget.
        usage: counts.
        clock: measures and waits.
        permissions: what each operation needs, for advice.
        more_pacers: further budgets that an operation spends, waited for before the token's.
    """

    def __init__(
        self,
        transport: Transport,
        url: str,
        auth: httpx.Auth,
        pacer: Pacer,
        usage: Usage,
        clock: Clock,
        permissions: Mapping[str, tuple[str, ...]],
        more_pacers: Mapping[str, Sequence[Pacer]] | None = None,
    ) -> None:
        self.url = url
        self.usage = usage
        self.clock = clock
        self._transport = transport
        self._auth = auth
        self._pacer = pacer
        self._permissions = permissions
        self._more_pacers = more_pacers or {}
        self._headers = httpx.Headers(
            {
                "Host": httpx.URL(url).netloc.decode(),
                "User-Agent": "genesys-outreach",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "Content-Type": "application/json",
            }
        )
        self._at = functools.lru_cache(maxsize=256)(lambda path: httpx.URL(url + path))
        self._last_date: tuple[str, datetime] | None = None
        self._reading = policy(clock, creates=False)
        self._creating = policy(clock, creates=True)

    def request(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        json: Json = None,
        params: Mapping[str, str | int] | None = None,
        creates: bool = False,
        priority: int = 0,
        depart: Callable[[], None] | None = None,
    ) -> Answer:
        """Call an operation until it succeeds or may not be tried again.

        `path` starts with a slash; ids in it must have gone through `quoted`. `creates` marks a call that
        must not happen twice. The lower `priority` gets the budget first. `depart` is called when it is its
        turn and a token is there, before anything leaves, each time that it is sent.
        """
        content = _encode(operation, json)
        url = self._at(path).copy_merge_params(params) if params else self._at(path)
        attempt = functools.partial(self._attempt, operation, method, url, content, priority, depart)
        return retry(self._creating if creates else self._reading, attempt)

    @property
    def clock_skew(self) -> timedelta:
        """How far Genesys' clock is ahead of ours, by the last answer's `Date`; zero when unknown."""
        if self._last_date is None:
            return timedelta()
        date, received_at = self._last_date
        theirs = read_date(date)
        return theirs - received_at if theirs else timedelta()

    def download(self, operation: str, url: str, most_bytes: int) -> bytes:
        """Fetch a file whose address an answer named. Not paced.

        One redirect is followed, to the store where such files lie; our token only goes to our own host.
        """
        return retry(self._reading, functools.partial(self._download, operation, url, most_bytes))

    def _attempt(
        self,
        operation: str,
        method: str,
        url: httpx.URL,
        content: bytes | None,
        priority: int,
        depart: Callable[[], None] | None,
    ) -> Answer:
        self._wait_for_turn(operation, priority)
        request = httpx.Request(method, url, headers=self._headers, content=content)
        received = self._send(operation, request, self._auth, depart=depart)
        self._observe(received.headers)
        if not 200 <= received.status <= 299:
            raise self._refused(operation, received)
        try:
            body = received.json()
        except ValueError as error:
            raise error_mapping.unreadable(operation, received) from error
        found = error_mapping.correlation_id(received.headers)
        return Answer(received.status, body, found, received.headers, received.milliseconds)

    def _send(
        self,
        operation: str,
        request: httpx.Request,
        auth: httpx.Auth,
        most_bytes: int | None = None,
        *,
        depart: Callable[[], None] | None = None,
    ) -> Received:
        """Through the token's flow: at most twice, and the second time only after a 401."""
        flow = auth.sync_auth_flow(request)
        outgoing = next(flow)
        while True:
            if depart:
                depart()  # a login may have taken its time
            try:
                received = exchange(self._transport, outgoing, self.clock, most_bytes)
            except EXCHANGE_ERRORS as error:
                raise error_mapping.from_failure(operation, error) from error
            if received.status != 401:
                return received
            try:
                outgoing = flow.send(httpx.Response(401))
            except StopIteration:
                return received

    def _wait_for_turn(self, operation: str, priority: int) -> None:
        waited = 0.0
        for pacer in self._more_pacers.get(operation, ()):
            waited += pacer.acquire(priority)
            priority = _URGENT  # the slot in hand must not grow old while others go first
        waited += self._pacer.acquire(priority)
        self.usage.sent(operation, waited)

    def _observe(self, headers: Mapping[str, str]) -> None:
        if "date" in headers:
            self._last_date = (headers["date"], self.clock.now())
        if self._pacer.limit is not None and "inin-ratelimit-count" in headers:
            try:
                count = int(headers["inin-ratelimit-count"])
                allowed = int(headers.get("inin-ratelimit-allowed", "0"))
                reset = float(headers.get("inin-ratelimit-reset", "0"))
            except ValueError:
                return
            self._pacer.observe(count, allowed, reset)

    def _refused(self, operation: str, received: Received) -> GenesysError:
        error = error_mapping.from_answer(
            operation, received, self.clock.now(), self._permissions.get(operation, ())
        )
        if isinstance(error, RateLimited) and error.status == 429:
            self.usage.refused()
            for pacer in (*self._more_pacers.get(operation, ()), self._pacer):
                pacer.refuse(error.retry_after)
        return error

    def _download(self, operation: str, url: str, most_bytes: int) -> bytes:
        received = self._fetch(operation, url, most_bytes)
        if received.status in _REDIRECTS and "location" in received.headers:
            received = self._fetch(operation, urljoin(url, received.headers["location"]), most_bytes)
        if not 200 <= received.status <= 299:
            raise self._refused(operation, received)
        if received.broken:
            raise error_mapping.unreadable(operation, received)
        return received.content

    def _fetch(self, operation: str, url: str, most_bytes: int) -> Received:
        if not may_be_asked(url):
            advice = "Genesys named an address for the file that is not https; it was not asked."
            raise Invalid(operation, 0, "unsafe_address", "", advice)
        auth = self._auth if url.startswith(f"{self.url}/") else NO_AUTH
        try:
            request = httpx.Request("GET", url)
        except httpx.InvalidURL as error:
            raise error_mapping.from_failure(operation, error) from error
        return self._send(operation, request, auth, most_bytes)


def quoted(segment: str) -> str:
    """A foreign id as one segment of a path."""
    return quote(segment, safe="")


def _encode(operation: str, json: Json) -> bytes | None:
    try:
        return orjson.dumps(json) if json is not None else None
    except TypeError as error:  # half a surrogate pair, which is no text
        advice = "Mend the name, message or metadata: it holds characters that aren't text."
        raise Invalid(operation, 0, "not_text", "", advice) from error

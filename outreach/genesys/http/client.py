"""The one funnel to Genesys: pace, send, read, and translate everything that can go wrong.

    wait_for_turn ── pacers ── token ──> ReadyRequest ── send ── exchange ──> Received
                                                                    └──> NotSent | Refused | Ambiguous
    request: the two in one, for what may be repeated

Reads and convergent writes are tried three times (retries.py). A creating call is never repeated in here: who
makes it waits for its turn, looks again whether it may still be made, and sends it, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, urljoin

import httpcore
import httpx
import orjson

from outreach.clock import Clock, pause
from outreach.connections import read_date
from outreach.errors import GenesysError, Invalid, RateLimited
from outreach.genesys.http import error_mapping
from outreach.genesys.http.exchange import (
    EXCHANGE_ERRORS,
    TIMEOUTS,
    Received,
    Transport,
    exchange,
    from_httpx,
    target_of,
)
from outreach.genesys.http.hosts import may_be_asked
from outreach.genesys.http.retries import repeat
from outreach.genesys.http.store import fetch, unsafe
from outreach.genesys.http.token_pool import TokenPool
from outreach.genesys.http.untrusted_json import Json
from outreach.genesys.http.usage import Usage
from outreach.genesys.rate_limit.budgets import Budgets
from outreach.genesys.rate_limit.pacer import Turn
from outreach.http_connection import PlainRequest

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(slots=True)
class ReadyRequest:
    """A request whose turn has come, with a token in hand. Nothing of it has left yet."""

    operation: str
    request: PlainRequest = field(repr=False)
    bearer: str = field(repr=False)
    turn: Turn
    budget: str = ""


@dataclass(eq=False, repr=False)
class Connection:
    """One organisation's API for one client id. Safe for threads. Raises only GenesysError.

    Args:
        transport: the way there; whoever opened it closes it.
        url: of the API, without a slash at the end.
        budgets: of `tokens`, and what binds some calls more narrowly.
        permissions: what each operation needs, for advice.
        allow_private: whether files may lie in our own network, at addresses that an answer names.
    """

    transport: Transport
    url: str
    tokens: TokenPool
    budgets: Budgets
    usage: Usage
    clock: Clock
    permissions: Mapping[str, tuple[str, ...]]
    allow_private: bool = False

    def __post_init__(self) -> None:
        url = httpx.URL(self.url)
        self._headers = [
            (b"Host", url.netloc),
            (b"User-Agent", b"genesys-outreach"),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", b"gzip"),
            (b"Content-Type", b"application/json"),
        ]
        self._host = target_of(url)
        self._root = self._host.target.rstrip(b"/")
        self._last_date: tuple[str, datetime] | None = None
        self._given_up = False

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
    ) -> Received:
        """Call an operation until it succeeds or may not be tried again, three times at the most.

        `path` starts with a slash; ids in it must have gone through `quoted`. `creates` marks a call that is
        not repeated in doubt. The lower `priority` gets the budget first.
        """

        def attempt() -> Received:
            ready = self.wait_for_turn(operation, method, path, json=json, params=params, priority=priority)
            return self.send(ready)

        return repeat(attempt, self._pause, creates=creates)

    def wait_for_turn(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        json: Json = None,
        params: Mapping[str, str | int] | None = None,
        priority: int = 0,
        budget: str = "",
    ) -> ReadyRequest:
        """Wait for the budgets and the token. Raises GenesysError, and nothing was sent.

        `budget` names one that this request spends beside its operation's.
        """
        content = _encode(operation, json)  # first: what cannot be sent must spend no slot
        bearer = ""
        while not bearer:  # where a token is left out, the next turn is another's
            turn = self.budgets.wait((budget, operation), priority)
            self.usage.sent(operation, turn.waited, turn.bound)
            bearer = self.tokens.bearer(turn.lane)  # after the turn: a login may take its time
        request = self._write(method, path, bearer, content, params)
        return ReadyRequest(operation, request, bearer, turn, budget)

    def send(self, ready: ReadyRequest) -> Received:
        """Send it, once: a 2xx. Raises GenesysError; after Unauthorized the next turn has another token."""
        received = self._exchange(ready.operation, ready.request)
        if "date" in received.headers:
            self._last_date = (received.headers["date"], self.clock.now())
        self.budgets.observe(received.headers, ready.turn.lane)  # a refusal's headers tell of the window too
        if not 200 <= received.status <= 299:
            raise self._refused(ready.operation, received, ready)
        self.tokens.accepted(ready.turn.lane, ready.turn.at)
        try:
            received.read()
        except ValueError as error:
            raise error_mapping.unreadable(ready.operation, received) from error
        return received

    def request_at_once(self, operation: str, method: str, path: str) -> None:
        """One request that waits for no budget, and goes although all others have given up. Not repeated."""
        turn, bearer = self.tokens.turn_at_once()
        self.send(ReadyRequest(operation, self._write(method, path, bearer), bearer, turn))

    def ask_with_each_token(self, operation: str, path: str) -> list[Received | None]:
        """The same read with each token in turn; None where it could not log in. Not paced."""
        answers: list[Received | None] = []
        for lane in range(len(self.tokens)):
            bearer = self.tokens.bearer(lane)
            request = self._write("GET", path, bearer)
            answers.append(self._exchange(operation, request) if bearer else None)
        return answers

    def give_up(self) -> None:
        """Nobody waits any more, for a turn, a connection or another try: whoever does gets its error now."""
        self._given_up = True
        self.transport.give_up()
        self.budgets.give_up()

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
        return repeat(lambda: self._download(operation, url, most_bytes), self._pause, creates=False)

    def _pause(self, seconds: float) -> None:
        pause(self.clock, seconds, lambda: self._given_up)

    def _write(
        self,
        method: str,
        path: str,
        bearer: str,
        content: bytes | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> PlainRequest:
        """By hand: httpx takes 36 microseconds for a request whose headers are known, most for its URL."""
        if params:
            url = target_of(httpx.URL(self.url + path).copy_merge_params(params))
        else:
            host, target = self._host, self._root + path.encode("ascii")
            url = httpcore.URL(scheme=host.scheme, host=host.host, port=host.port, target=target)
        headers = [*self._headers, _authorization(bearer)]
        if content or method in _WITH_BODY:
            headers.append((b"Content-Length", b"%d" % len(content or b"")))
        return PlainRequest(method.encode("ascii"), url, headers, content or b"", TIMEOUTS)

    def _exchange(self, operation: str, request: PlainRequest, most_bytes: int | None = None) -> Received:
        try:
            return exchange(self.transport, request, self.clock, most_bytes)
        except EXCHANGE_ERRORS as error:
            raise error_mapping.from_failure(operation, error) from error

    def _refused(self, operation: str, received: Received, ready: ReadyRequest | None = None) -> GenesysError:
        needed = self.permissions.get(operation, ())
        error = error_mapping.from_answer(operation, received, self.clock.now(), needed)
        if ready and received.status == 401:
            return self.tokens.turned_down(ready.turn.lane, ready.bearer, error)
        if isinstance(error, RateLimited) and error.status == 429:  # a 503 is not about our budget
            self.usage.refused()
            spent = (ready.budget if ready else "", operation)
            self.budgets.refuse(spent, error.retry_after, ready.turn if ready else None)
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
        ours = url.startswith(f"{self.url}/")
        if not ours and not may_be_asked(url, allow_private=self.allow_private):
            raise unsafe(operation)
        try:
            request = from_httpx(httpx.Request("GET", url))
        except httpx.InvalidURL as error:
            raise error_mapping.from_failure(operation, error) from error
        if not ours:  # the store's own address is signed: our token stays here
            return fetch(operation, request, most_bytes, self.clock, allow_private=self.allow_private)
        turn, bearer = self.tokens.turn_at_once()
        request.headers.append(_authorization(bearer))
        received = self._exchange(operation, request, most_bytes)
        if received.status == 401:
            raise self._refused(operation, received, ReadyRequest(operation, request, bearer, turn))
        return received


def quoted(segment: str) -> str:
    """A foreign id as one segment of a path."""
    return quote(segment, safe="")  # no slash either: an id must not lead to another path


def _authorization(bearer: str) -> tuple[bytes, bytes]:
    return b"Authorization", b"Bearer " + bearer.encode("ascii")


def _encode(operation: str, json: Json) -> bytes | None:
    try:
        return orjson.dumps(json) if json is not None else None
    except TypeError as error:  # half a surrogate pair, which is no text
        advice = "Mend the name, message or metadata: it holds characters that aren't text."
        raise Invalid(operation, 0, "not_text", "", advice) from error

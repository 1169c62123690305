"""The token: fetched when needed, renewed 30 seconds before it dies and once on a 401, sealed for storage.

platform  POST <login>/oauth/token   Basic id:secret, form `grant_type`        (platform fact sheet 1.2)
guide     POST <host>/oauth/token    form `grant_type`, `client_id`, `client_secret`      (guide sheet)
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Literal, TypeGuard

import httpx
import orjson
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from outreach.clock import Clock
from outreach.genesys.http import error_mapping, untrusted_json
from outreach.genesys.http.exchange import EXCHANGE_ERRORS, Received, Transport, exchange
from outreach.genesys.http.untrusted_json import instant, text


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and the instant it dies, aware UTC. Its repr doesn't show it."""

    value: str = field(repr=False)
    expires_at: datetime


def seal(token: str, expires_at: datetime, client_secret: str) -> str:
    """The token as text that is safe to cache anywhere."""
    content = orjson.dumps({"token": token, "expires_at": expires_at.astimezone(timezone.utc).isoformat()})
    return _cipher(client_secret).encrypt(content).decode()


def unseal(sealed: str, client_secret: str) -> Token | None:
    """The token again, or None when it was sealed with another secret or isn't ours at all."""
    try:
        content = orjson.loads(_cipher(client_secret).decrypt(sealed.encode()))
    except (InvalidToken, ValueError):
        return None
    value, expires_at = text(content, "token"), instant(content, "expires_at")
    return Token(value, expires_at) if value and expires_at else None


def _cipher(client_secret: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"genesys-outreach sealed token").derive(
        client_secret.encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))


__all__ = ["Login", "SealedToken", "TokenAuth", "seal", "unseal"]

RENEW_BEFORE = timedelta(seconds=30)
"""So long before its end a token is renewed; a quarter of its life, if that is shorter."""

_PRINTABLE = re.compile(r"[\x21-\x7e]+\Z")
_MOST_BYTES = 256 * 1024
_LONGEST_LIFE = 172_800.0  # 48 hours, the longest that an OAuth client can be given


@dataclass(frozen=True, slots=True)
class SealedToken:
    """A token that may be cached anywhere: `text` for `open_genesys(sealed_token=...)`, and when it dies."""

    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are, and where tokens come from. Its repr shows no secret."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    style: Literal["platform", "guide"] = "platform"

    def request(self) -> httpx.Request:
        """The token request."""
        form = {"grant_type": "client_credentials"}
        if self.style == "guide":
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        request = httpx.Request(
            "POST", f"{self.url}/oauth/token", data=form, headers={"Accept": "application/json"}
        )
        if self.style == "platform":
            request = next(httpx.BasicAuth(self.client_id, self.client_secret).auth_flow(request))
        return request


class TokenAuth(httpx.Auth):
    """Puts the bearer token on requests. Safe for threads: one of them fetches, the others wait for it.

    Raises Unauthorized, RateLimited or NotSent when there is no token to be had: the request itself has
    then not been sent.
    """

    def __init__(self, transport: Transport, login: Login, clock: Clock, sealed: str | None = None) -> None:
        self._transport = transport
        self._login = login
        self._clock = clock
        self._lock = threading.Lock()
        self._token = unseal(sealed, login.client_secret) if sealed else None
        self._renew_at = self._token.expires_at - RENEW_BEFORE if self._token else clock.now()

    def __repr__(self) -> str:
        return f"TokenAuth({self._login.url!r})"

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request with a token; once more with a new one if the first was turned down."""
        token = self._current()
        request.headers["Authorization"] = f"Bearer {token.value}"
        response = yield request
        if response.status_code == 401:
            request.headers["Authorization"] = f"Bearer {self._current(instead_of=token).value}"
            yield request

    def sealed(self) -> SealedToken:
        """A token that lives for more than 30 seconds, sealed with the client secret."""
        token = self._current()
        return SealedToken(seal(token.value, token.expires_at, self._login.client_secret), token.expires_at)

    def _current(self, instead_of: Token | None = None) -> Token:
        token = self._token
        if self._is_good(token, instead_of):
            return token
        with self._lock:
            token = self._token
            if not self._is_good(token, instead_of):
                token = self._fetch()
                life = token.expires_at - self._clock.now()
                self._renew_at = token.expires_at - min(RENEW_BEFORE, life / 4)
                self._token = token
            return token

    def _is_good(self, token: Token | None, instead_of: Token | None) -> TypeGuard[Token]:
        return token is not None and token is not instead_of and self._clock.now() < self._renew_at

    def _fetch(self) -> Token:
        begun = self._clock.now()
        try:
            received = exchange(self._transport, self._login.request(), self._clock, _MOST_BYTES)
        except (*EXCHANGE_ERRORS, httpx.InvalidURL) as error:
            raise error_mapping.login_unreachable(error) from error
        value, seconds = _read(received)
        if not value:
            raise error_mapping.login_failed(received, self._clock.now())
        return Token(value, begun + timedelta(seconds=seconds))


def _read(received: Received) -> tuple[str, float]:
    """Token and life in seconds, or "" when the answer isn't one."""
    try:
        body = received.json() if 200 <= received.status <= 299 else None
    except ValueError:
        return "", 0.0
    value = untrusted_json.text(body, "access_token")
    seconds = untrusted_json.number(body, "expires_in") or 3600.0
    return (value if _PRINTABLE.match(value) else ""), min(max(seconds, 0.0), _LONGEST_LIFE)

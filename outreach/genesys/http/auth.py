"""The token: fetched when needed, renewed 30 seconds before it dies and once on a 401, sealed for storage.

platform  POST <login>/oauth/token   Basic id:secret, form `grant_type`        (platform fact sheet 1.2)
guide     POST <host>/oauth/token    form `grant_type`, `client_id`, `client_secret`      (guide sheet)
"""

import base64
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Literal

import httpx
import orjson
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from outreach.clock import Clock
from outreach.genesys.http import error_mapping
from outreach.genesys.http.exchange import EXCHANGE_ERRORS, Received, Transport, exchange, from_httpx
from outreach.genesys.http.untrusted_json import read_instant, read_number, read_text


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A bearer token and the instant it dies, aware UTC. Its repr doesn't show it."""

    value: str = field(repr=False)
    expires_at: datetime


def seal(token: str, expires_at: datetime, client_secret: str) -> str:
    """The token as text that is safe to cache anywhere."""
    content = orjson.dumps({"token": token, "expires_at": expires_at.astimezone(timezone.utc).isoformat()})
    return _cipher(client_secret).encrypt(content).decode()


def unseal(sealed: str, client_secret: str) -> KnownToken | None:
    """The token again, or None when it was sealed with another secret or isn't ours at all."""
    try:
        content = orjson.loads(_cipher(client_secret).decrypt(sealed.encode()))
    except (InvalidToken, ValueError):
        return None
    value, expires_at = read_text(content, "token"), read_instant(content, "expires_at")
    return KnownToken(value, expires_at) if value and expires_at else None


def _cipher(client_secret: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"genesys-outreach sealed token").derive(
        client_secret.encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))  # without a salt: every process must find the same key


RENEW_BEFORE = timedelta(seconds=30)
"""So long before its end a token is renewed; a quarter of its life, if that is shorter."""

_PRINTABLE = re.compile(r"[\x21-\x7e]+\Z")  # a line break in a token would end the header
_MOST_BYTES = 256 * 1024
_LONGEST_LIFE = 172_800.0  # 48 hours, the longest that an OAuth client can be given

SEPARATOR = ","
"""Between the sealed tokens of a pool; nothing stands for one that could not log in."""


@dataclass(frozen=True, slots=True)
class SealedToken:
    """A token that may be cached anywhere: `text` for `open_genesys(sealed_token=...)`, and when it dies.

    Of several tokens all texts, and when the first one dies.
    """

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
        if self.style == "platform":  # not as form fields: no SDK sends them so (platform fact sheet 1.2)
            request = next(httpx.BasicAuth(self.client_id, self.client_secret).auth_flow(request))
        return request


class Token:
    """The bearer token, as long as it lives and then the next. One thread at a time: see `TokenPool`."""

    def __init__(self, transport: Transport, login: Login, clock: Clock, sealed: str | None = None) -> None:
        self._transport = transport
        self._login = login
        self._clock = clock
        self._known = unseal(sealed, login.client_secret) if sealed else None
        self._renew_at = self._known.expires_at - RENEW_BEFORE if self._known else clock.now()
        self.fetched_at = float("-inf")
        """When this process logged in last, monotonic."""

    def bearer(self) -> str:
        """What goes behind `Bearer`; fetched when there is none, or 30 seconds before it dies.

        Raises Unauthorized, RateLimited or NotSent: the request that wants it has then not been sent.
        """
        return self._current().value

    def known(self) -> KnownToken | None:
        """The token at hand, None where one must be fetched. Never waits, and any thread may ask."""
        known = self._known
        return known if known and self._clock.now() < self._renew_at else None

    def renew(self, bearer: str) -> bool:
        """Somebody was turned down with this bearer: fetch another, unless that was done since (False)."""
        if self._known is None or self._known.value != bearer:
            return False
        self._known = None
        return True

    def sealed(self) -> SealedToken:
        """A token that lives for more than 30 seconds, sealed with the client secret."""
        known = self._current()
        return SealedToken(seal(known.value, known.expires_at, self._login.client_secret), known.expires_at)

    def _current(self) -> KnownToken:
        known = self.known()
        if known is None:
            known = self._fetch()
            life = known.expires_at - self._clock.now()
            self._renew_at = known.expires_at - min(RENEW_BEFORE, life / 4)
            self._known = known
        return known

    def _fetch(self) -> KnownToken:
        begun = self._clock.now()  # before the call, so that its life is never overrated
        try:
            received = exchange(self._transport, from_httpx(self._login.request()), self._clock, _MOST_BYTES)
        except (*EXCHANGE_ERRORS, httpx.InvalidURL) as error:
            raise error_mapping.login_unreachable(error) from error
        self.fetched_at = self._clock.monotonic()
        value, seconds = _read(received)
        if not value:
            raise error_mapping.login_failed(received, self._clock.now())
        return KnownToken(value, begun + timedelta(seconds=seconds))


def _read(received: Received) -> tuple[str, float]:
    """Token and life in seconds, or "" when the answer isn't one."""
    body = error_mapping.read_body(received) if 200 <= received.status <= 299 else None
    value = read_text(body, "access_token")
    seconds = read_number(body, "expires_in") or 3600.0  # under the default 24 h (platform fact sheet 1.2)
    return (value if _PRINTABLE.match(value) else ""), min(max(seconds, 0.0), _LONGEST_LIFE)

"""One receiver: signs a message, posts it, says what came of it. Its trouble is never an exception.

The body goes out exactly as it was stored, with the message's id and the attempt's own time and signatures.
A redirect is a failure and never followed; 15 seconds are the limit for all of it: look-up, handshake and the
slowest drip.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType

import httpcore

from outreach.connections import CONNECTION_ERRORS, Passage
from outreach.errors import WebhookError
from outreach.http_connection import PlainRequest
from outreach.kept_connections import KeptConnections
from outreach.webhook import addresses
from outreach.webhook.attempt import Attempt, read_answer, read_failure
from outreach.webhook.connection import PinnedBackend
from outreach.webhook.events import Ping, to_bytes
from outreach.webhook.outbox import Message
from outreach.webhook.signing import parse_secrets, sign_with
from outreach.webhook.target import Target, parse_target

LIMIT_SECONDS = 15.0

_IDLE_SECONDS = (
    4.0  # below the 5 s after which common servers hang up, so that we seldom meet a closed socket
)


class Endpoint:
    """A receiver at an address, with the secrets it knows. Safe for threads; close it in the end.

    Args:
        url: https; http as well with `allow_private`.
        secrets: one or several signing secrets, newest first (signing.py); all sign during a rotation.
        allow_private: for receivers in your own network.
        proxy: an HTTP proxy's URL. It resolves names itself, so only the URL's spelling is guarded then.
        limit_seconds: for one attempt, all in all.
        resolve: where names are looked up.
        ssl_context: which certificates are trusted; the usual ones when left out.

    Raises:
        WebhookError: E_INVALID_TARGET, the URL is not acceptable; the sentence says why.
        SettingsError: a secret is not one.
    """

    def __init__(
        self,
        url: str,
        secrets: str | Sequence[str],
        *,
        allow_private: bool = False,
        proxy: str | None = None,
        limit_seconds: float = LIMIT_SECONDS,
        resolve: addresses.Resolver = addresses.resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._target = parse_target(url, allow_private=allow_private)
        self._keys = parse_secrets(secrets)  # here: a wrong one must not wait for the first message
        self.limit_seconds = limit_seconds
        self._deadline = Passage()
        backend = PinnedBackend(resolve, self._deadline, allow_private=allow_private, guarded=proxy is None)
        self._connections = KeptConnections(
            kept_seconds=_IDLE_SECONDS, proxy=proxy, tls=ssl_context, backend=backend
        )
        self._url = _request_url(self._target)
        self._headers = _fixed_headers(self._target)

    @property
    def label(self) -> str:
        """The receiver's scheme, host and port; safe to log."""
        return self._target.label

    def post(self, message: Message, now: datetime) -> Attempt:
        """Deliver one message once. `now` is aware, and becomes the attempt's timestamp."""
        started = time.monotonic()
        self._deadline.start(self.limit_seconds)
        request = self._request(message, int(now.timestamp()))
        try:
            attempt = self._exchange(request, now)
        except (WebhookError, *CONNECTION_ERRORS) as error:
            attempt = read_failure(error)
        attempt.seconds = time.monotonic() - started
        return attempt

    def ping(self, now: datetime) -> Attempt:
        """Try the way to the receiver with an event that means nothing."""
        body = to_bytes(Ping(timestamp=now))
        message = Message(f"ping_{int(now.timestamp() * 1000)}", "ping", "", body, 0, now)
        return self.post(message, now)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def __enter__(self) -> Endpoint:  # noqa: PYI034 - typing.Self needs Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _request(self, message: Message, timestamp: int) -> PlainRequest:
        signature = sign_with(self._keys, message.id, timestamp, message.body)
        headers = [
            *self._headers,
            (b"content-length", b"%d" % len(message.body)),
            (b"webhook-id", message.id.encode()),
            (b"webhook-timestamp", b"%d" % timestamp),
            (b"webhook-signature", signature.encode()),
        ]
        return PlainRequest(b"POST", self._url, headers, message.body, {})

    def _exchange(self, request: PlainRequest, now: datetime) -> Attempt:
        with self._connections.exchange(request) as response:
            return read_answer(response, now)


def _request_url(target: Target) -> httpcore.URL:
    return httpcore.URL(
        scheme=target.scheme.encode(),
        host=target.host.encode(),
        port=target.port,
        target=target.path.encode(),
    )


def _fixed_headers(target: Target) -> list[tuple[bytes, bytes]]:
    return [
        (b"host", target.authority.encode()),
        (b"content-type", b"application/json"),
        (b"user-agent", b"genesys-outreach"),
        (b"accept-encoding", b"identity"),  # its beginning is kept for people to read
    ]

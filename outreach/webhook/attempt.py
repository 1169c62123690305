"""What one attempt to deliver one message came to.

delivered   2xx
gone        410: the endpoint is disabled, the message waits
failed      all else, by code:

E_HTTP            any other status (a redirect is one of them), or an answer that is not HTTP
E_TIMEOUT         no whole answer in time
E_CONNECTION      refused, reset, unreachable
E_TLS             the certificate or the handshake
E_DNS             the name could not be looked up
E_INVALID_TARGET  the name leads to an address that the guard refuses, or to none
E_GONE            410
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import httpcore

from outreach.connections import read_retry_after
from outreach.errors import WebhookError


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt's result.

    Args:
        outcome: delivered, failed or gone.
        status: the HTTP status, 0 when there was none.
        code: as in this module's table, "" when delivered.
        retry_after: seconds that the receiver asked for, or None.
        response_excerpt: the start of its answer, at most 4 kB, without control characters; or our own
            sentence when there was no answer.
        seconds: how long it took.
    """

    outcome: Literal["delivered", "failed", "gone"]
    status: int = 0
    code: str = ""
    retry_after: float | None = None
    response_excerpt: str = ""
    seconds: float = 0.0


EXCERPT_BYTES = 4096
"""How much of an answer is read and kept."""

_SENTENCES = {
    "E_TIMEOUT": "The receiver did not answer in time.",
    "E_CONNECTION": "The receiver could not be reached, or hung up.",
    "E_HTTP": "The receiver's answer is not HTTP, or was cut short.",
}
_UNPRINTABLE = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")


def read_answer(response: httpcore.Response, now: datetime) -> Attempt:
    """What an answer means: 2xx delivered, 410 gone, everything else failed."""
    excerpt = _excerpt(response)  # of a 2xx as well: it may ask to suppress the person
    if 200 <= response.status < 300:
        return Attempt("delivered", response.status, response_excerpt=excerpt)
    if response.status == 410:
        return Attempt("gone", 410, "E_GONE", response_excerpt=excerpt)
    asked = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
    retry_after = read_retry_after(asked.decode("latin-1"), now)  # it can read any byte
    return Attempt("failed", response.status, "E_HTTP", retry_after, excerpt)


def read_failure(error: Exception) -> Attempt:
    """What an attempt without a whole answer came to; `error` is a WebhookError or a connection's."""
    if isinstance(error, WebhookError):
        return Attempt("failed", code=error.code, response_excerpt=str(error))
    code = _code(error)
    return Attempt("failed", code=code, response_excerpt=_SENTENCES[code])


def _code(error: Exception) -> str:
    if isinstance(error, httpcore.TimeoutException):
        return "E_TIMEOUT"
    # httpcore itself says "disconnected without a response"; what has a context is h11's complaint.
    is_malformed = isinstance(error, httpcore.ProtocolError) and error.__context__ is not None
    return "E_HTTP" if is_malformed else "E_CONNECTION"


def _excerpt(response: httpcore.Response) -> str:
    read = bytearray()
    for chunk in response.iter_stream():  # a receiver may answer without end
        read += chunk
        if len(read) >= EXCERPT_BYTES:
            break
    text = _UNPRINTABLE.sub("", bytes(read[:EXCERPT_BYTES]).decode(errors="replace"))
    # Each bad byte has become the three of U+FFFD: cut once more.
    return text.encode()[:EXCERPT_BYTES].decode(errors="ignore")

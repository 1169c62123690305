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

A 2xx may have E_UNCLEAR beside it: what its answer asks for cannot be read, here because it is packed in a
way that we don't know.
"""

import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import httpcore

from outreach.connections import CONNECTION_ERRORS, read_retry_after
from outreach.errors import WebhookError


@dataclass(slots=True)
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
        answer: all of a 2xx that is longer than the excerpt, at most 64 kB; "" else.
    """

    outcome: Literal["delivered", "failed", "gone"]
    status: int = 0
    code: str = ""
    retry_after: float | None = None
    response_excerpt: str = ""
    seconds: float = 0.0
    answer: str = ""

    @property
    def asks_for_fewer(self) -> bool:
        """Whether the receiver may take fewer at once than it was sent."""
        return self.code in {"E_TIMEOUT", "E_CONNECTION"} or self.status in {429, 503}


EXCERPT_BYTES = 4096
"""How much of an answer is kept."""

ANSWER_BYTES = 64 * 1024
"""How much of a 2xx is read."""

_SENTENCES = {
    "E_TIMEOUT": "The receiver did not answer in time.",
    "E_CONNECTION": "The receiver could not be reached, or hung up.",
    "E_HTTP": "The receiver's answer is not HTTP, or was cut short.",
}
_UNPRINTABLE = r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]"
"""Read when a receiver refuses: that takes 4 ms of every start, and most receivers never do."""


def read_answer(response: httpcore.Response, now: datetime) -> Attempt:
    """What an answer means: 2xx delivered, 410 gone, everything else failed."""
    if 200 <= response.status < 300:
        return _read_success(response)
    excerpt = _excerpt(_clean(_unpack(response, _read(response, EXCERPT_BYTES)) or b""))
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
    # Without a cause nothing came at all; with one something did, and the parser complains.
    is_malformed = isinstance(error, httpcore.ProtocolError) and (error.__cause__ or error.__context__)
    return "E_HTTP" if is_malformed else "E_CONNECTION"


def _read_success(response: httpcore.Response) -> Attempt:
    """All of the answer, which may ask to leave the person alone."""
    content = _unpack(response, _read(response, ANSWER_BYTES))
    if content is None:
        return Attempt("delivered", response.status, "E_UNCLEAR")
    answer = _clean(content)
    excerpt = _excerpt(answer)
    return Attempt(
        "delivered", response.status, response_excerpt=excerpt, answer="" if excerpt == answer else answer
    )


def _read(response: httpcore.Response, most: int) -> bytes:
    read = bytearray()
    try:
        for chunk in response.iter_stream():  # a receiver may answer without end
            read += chunk
            if len(read) >= most:
                break
    except CONNECTION_ERRORS:
        if len(read) < EXCERPT_BYTES:  # else it was answered, and whoever goes on and on is not waited for
            raise
    return bytes(read[:most])


def _unpack(response: httpcore.Response, content: bytes) -> bytes | None:
    """The content as it was before it was packed, though nobody asked for that; None when we cannot."""
    packed = next((value for name, value in response.headers if name.lower() == b"content-encoding"), b"")
    if not content or packed.strip().lower() in (b"", b"identity"):
        return content
    try:
        # 47: gzip or zlib, whichever it is. No more than this comes out, however well it was packed.
        return zlib.decompressobj(wbits=47).decompress(content, ANSWER_BYTES)
    except zlib.error:
        return None


def _clean(content: bytes) -> str:
    # .NET's writers begin with a byte order mark, with which no answer would be JSON.
    return re.sub(_UNPRINTABLE, "", content.decode("utf-8-sig", "replace"))


def _excerpt(text: str) -> str:
    return text.encode()[:EXCERPT_BYTES].decode(errors="ignore")

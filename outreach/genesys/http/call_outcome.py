"""What the end of a creating call proves: nothing happened, it happened, or nobody knows.

| The call ended with | Outcome | Because |
|---|---|---|
| connection refused, no route, DNS, connect time-out | refused | no byte of the request left |
| TLS failure, proxy refused the tunnel | refused | the request is only sent inside the tunnel |
| no free connection, unsupported URL | refused | nothing was opened |
| login failed before the call | refused | the call was never made |
| write error, write time-out | unknown | part of it left; the far end may have had enough |
| read time-out, reset or close before the answer's head | unknown | it was sent, reused connection or not |
| something that isn't HTTP as answer | unknown | it was sent |
| 2xx with a readable id | started | Genesys says so |
| 2xx truncated, not JSON, empty, without an id, too large or slow | unknown | it doesn't say what happened |
| 1xx or 3xx as the last word | unknown | a redirect may follow an act; it is never followed |
| 400, 401, 403, 404, 409, 413, 415, 422 | refused | the request was judged and turned down |
| 429 | refused | turned down before it was looked at |
| 503 with `Retry-After` | refused | the service asks for the same call later |
| 408, every other 4xx | unknown | "client time-out": what had arrived is not said |
| 500, 502, 503, 504 and every other 5xx | unknown | it may have failed after the effect |

A truncated body changes nothing for a status that refuses: the status line is proof enough.
"""

import errno
import socket
import ssl
from enum import Enum

import httpcore
import httpx


class Outcome(str, Enum):
    """What became of a creating call that did not start anything for sure."""

    REFUSED = "refused"
    UNKNOWN = "unknown"


CALL_FAILURES: tuple[tuple[type[Exception], Outcome, str], ...] = (
    (httpcore.ConnectTimeout, Outcome.REFUSED, "connect_timeout"),
    (httpcore.ConnectError, Outcome.REFUSED, "connect"),
    (httpcore.ProxyError, Outcome.REFUSED, "proxy"),
    (httpcore.UnsupportedProtocol, Outcome.REFUSED, "unsupported_protocol"),
    (httpx.InvalidURL, Outcome.REFUSED, "invalid_url"),
    (httpcore.WriteTimeout, Outcome.UNKNOWN, "write_timeout"),
    (httpcore.WriteError, Outcome.UNKNOWN, "write"),
    (httpcore.ReadTimeout, Outcome.UNKNOWN, "read_timeout"),
    (httpcore.ReadError, Outcome.UNKNOWN, "read"),
    (httpcore.RemoteProtocolError, Outcome.UNKNOWN, "disconnected"),
)
"""How a call can end without an answer, the first match counts. Whatever isn't here is unknown."""

REFUSING = frozenset({400, 401, 403, 404, 409, 413, 415, 422, 429})
"""The statuses that prove that nothing happened."""


def of_failure(error: BaseException) -> tuple[Outcome, str]:
    """Outcome and code of a call that got no answer."""
    for kind, outcome, code in CALL_FAILURES:
        if isinstance(error, kind):
            return outcome, _connect_code(error) if code == "connect" else code
    return Outcome.UNKNOWN, "transport"


def of_status(status: int, *, retry_after: bool) -> Outcome:
    """Outcome of a creating call that was answered by another status than a 2xx."""
    if status in REFUSING or (status == 503 and retry_after):
        return Outcome.REFUSED
    return Outcome.UNKNOWN


def _connect_code(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls"
        if isinstance(cause, socket.gaierror):
            return "dns"
        if isinstance(cause, OSError) and cause.errno in {errno.EMFILE, errno.ENFILE}:
            return "open_files"
        cause = cause.__cause__ or cause.__context__  # httpcore wraps what the socket said
    return "connect"

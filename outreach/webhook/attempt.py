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

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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

"""What the courier takes messages from and settles them with: a protocol that the ledger implements, in SQL.

A message's life, as the outbox sees it::

    pending --take--> leased --settle--> delivered
       ^                |-------retry---> pending, not before next_at, one attempt more
       |                |-----release---> pending, as it was: it was not tried
       |                '--------dead---> dead, until somebody replays it
       '--- the lease ran out: its taker died ---'

The id never changes, on no attempt and no replay: it is the receiver's idempotency key. Of each contact only
the oldest undelivered message can be taken, so its events arrive in order; a dead one no longer holds the
next back. Messages whose contact is "" are not ordered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(slots=True)
class Message:
    """One event for one endpoint. `attempts` were made before; `created_at` is aware UTC."""

    id: str
    event: str
    contact: str
    body: bytes
    attempts: int
    created_at: datetime


@dataclass(slots=True)
class Settlement:
    """What became of one attempt.

    Args:
        id: the message's.
        result: delivered; retry (`next_at` says when); dead; or release (it was not tried: drop the lease,
            leave the attempts as they were).
        next_at: aware UTC, only with retry.
        status: the HTTP status, 0 when there was no answer.
        code: "" or E_TIMEOUT, E_CONNECTION, E_TLS, E_DNS, E_HTTP, E_INVALID_TARGET, E_GONE; delivered, ""
            or E_UNCLEAR.
        excerpt: the start of the receiver's answer, at most 4 kB.
        answer: all of a 2xx that is longer, at most 64 kB: it may ask for something; never kept.
    """

    id: str
    result: Literal["delivered", "retry", "dead", "release"]
    next_at: datetime | None = None
    status: int = 0
    code: str = ""
    excerpt: str = ""
    answer: str = ""


class Outbox(Protocol):
    """The messages for one endpoint. Called from one thread at a time; raises LedgerError."""

    def take(
        self, limit: int, now: datetime, lease_seconds: float, *, ignore_schedule: bool = False
    ) -> list[Message]:
        """Lease up to `limit` due messages, oldest first, at most one per contact.

        `ignore_schedule` also takes messages whose time has not come; never one that somebody leases.
        """
        ...

    def settle(self, settlements: Sequence[Settlement], now: datetime) -> None:
        """Record what became of leased messages, in one transaction."""
        ...

    def disable(self) -> None:
        """Send nothing more to the endpoint, which answered 410, until `enable`."""
        ...

    def enable(self) -> None:
        """Give the endpoint another chance, because a person asked for deliveries by hand."""
        ...

    def is_disabled(self) -> bool:
        """Whether the endpoint is disabled."""
        ...

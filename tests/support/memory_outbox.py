"""An outbox in memory that keeps the promises of `outreach.webhook.outbox`."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from outreach.webhook import Message, Settlement


@dataclass
class Row:
    message: Message
    due: datetime
    state: str = "pending"
    leased_until: datetime | None = None
    last: Settlement | None = None


class MemoryOutbox:
    """Rows in the order they were put in; the oldest pending one of a contact is its head."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.settle_calls = 0
        self.disabled = False
        self.failure: Exception | None = None
        self._pending: dict[str, list[str]] = {}
        self._free: dict[str, None] = {}
        self._lock = threading.Lock()

    def put(self, event: str, contact: str, body: bytes, at: datetime) -> str:
        with self._lock:
            message = Message(f"msg_{len(self.rows)}", event, contact, body, 0, at)
            self.rows[message.id] = Row(message, at)
            queue = self._pending.setdefault(contact, []) if contact else [message.id]
            if contact:
                queue.append(message.id)
            if queue[0] == message.id:
                self._free[message.id] = None
            return message.id

    def take(
        self, limit: int, now: datetime, lease_seconds: float, *, ignore_schedule: bool = False
    ) -> list[Message]:
        if self.failure:
            raise self.failure
        with self._lock:
            taken: list[Message] = []
            for row in map(self.rows.__getitem__, self._free):
                if len(taken) == limit:
                    break
                is_leased = row.leased_until is not None and row.leased_until > now
                if not is_leased and (ignore_schedule or row.due <= now):
                    row.leased_until = now + timedelta(seconds=lease_seconds)
                    taken.append(row.message)
            return taken

    def settle(self, settlements: Sequence[Settlement], now: datetime) -> None:
        with self._lock:
            self.settle_calls += 1
            for settlement in settlements:
                self._settle(self.rows[settlement.id], settlement)

    def _settle(self, row: Row, settlement: Settlement) -> None:
        assert row.state == "pending"
        row.leased_until = None
        if settlement.result == "release":
            return
        row.last = settlement
        row.message = replace(row.message, attempts=row.message.attempts + 1)
        if settlement.result == "retry":
            assert settlement.next_at is not None
            row.due = settlement.next_at
            return
        row.state = settlement.result
        del self._free[row.message.id]
        if row.message.contact:
            queue = self._pending[row.message.contact]
            queue.pop(0)
            if queue:
                self._free[queue[0]] = None

    def disable(self) -> None:
        self.disabled = True

    def enable(self) -> None:
        self.disabled = False

    def is_disabled(self) -> bool:
        return self.disabled

    def states(self) -> Counter[str]:
        return Counter(row.state for row in self.rows.values())

    @property
    def leased(self) -> list[str]:
        return [row.message.id for row in self.rows.values() if row.leased_until]

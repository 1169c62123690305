"""What was asked of the emulator: requests by operation and status, and when each token asked."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

WINDOW_SECONDS = 60.0


class Metrics:
    """Running counts. Times are seconds since the epoch of the real clock."""

    def __init__(self) -> None:
        self.started = time.time()
        self.requests = 0
        self.over_limit = 0
        """Requests that a budget refused; 429s of faults are not among them."""
        self.by_operation: Counter[str] = Counter()
        self.by_answer: Counter[tuple[str, int]] = Counter()
        self.tokens: dict[str, TokenTimes] = {}

    def count(self, operation: str, status: int, token: str | None, client_id: str) -> None:
        """Note one answered request."""
        self.requests += 1
        self.by_operation[operation] += 1
        self.by_answer[operation, status] += 1
        if token is not None:
            times = self.tokens.get(token)
            if times is None:
                times = self.tokens[token] = TokenTimes(client_id, f"token-{len(self.tokens) + 1}")
            times.count(status)

    def document(self, *, timestamps: bool = False) -> dict[str, Any]:
        """Everything as JSON; the times of every request only when asked for."""
        statuses: Counter[str] = Counter()
        answers: dict[str, dict[str, int]] = {}
        for (operation, status), number in self.by_answer.items():
            statuses[str(status)] += number
            answers.setdefault(operation, {})[str(status)] = number
        return {
            "started": self.started,
            "requests": self.requests,
            "by_operation": dict(self.by_operation),
            "by_status": dict(statuses),
            "by_operation_and_status": answers,
            "too_many": statuses.get("429", 0),
            "over_limit": self.over_limit,
            "tokens": [times.document(timestamps=timestamps) for times in self.tokens.values()],
        }


@dataclass
class TokenTimes:
    """When one token asked; refused (429) requests are kept apart."""

    client_id: str
    name: str
    accepted: array[float] = field(default_factory=lambda: array("d"))
    refused: int = 0

    def count(self, status: int) -> None:
        """Note one request."""
        if status == 429:
            self.refused += 1
        else:
            self.accepted.append(time.time())

    def document(self, *, timestamps: bool) -> dict[str, Any]:
        """Windows as the budget sees them: fixed from the first request, and the fullest sliding one."""
        times = self.accepted
        body: dict[str, Any] = {
            "token": self.name,
            "client_id": self.client_id,
            "accepted": len(times),
            "refused": self.refused,
            "first": times[0] if times else None,
            "last": times[-1] if times else None,
            "fixed_windows": self._fixed(),
            "sliding_most": self._sliding_most(),
        }
        return body | ({"timestamps": list(times)} if timestamps else {})

    def _fixed(self) -> list[dict[str, float]]:
        windows: list[dict[str, float]] = []
        start = 0
        while start < len(self.accepted):
            opened = self.accepted[start]
            end = bisect_left(self.accepted, opened + WINDOW_SECONDS, start)
            windows.append({"opened": opened, "requests": end - start})
            start = end
        return windows

    def _sliding_most(self) -> int:
        most = first = 0
        for last, moment in enumerate(self.accepted):
            while moment - self.accepted[first] >= WINDOW_SECONDS:
                first += 1
            most = max(most, last - first + 1)
        return most

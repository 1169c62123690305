"""A CRM's end of the webhooks: verifies Standard Webhooks, remembers each attempt, can be difficult."""

import base64
import binascii
import hashlib
import hmac
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from emulator.state.settings import WebhookAnswer

TOLERANCE_SECONDS = 300


@dataclass(frozen=True)
class Attempt:
    """One delivery attempt. `valid` is None when there is no secret to check with."""

    number: int
    at: float
    endpoint: str
    webhook_id: str
    timestamp: str
    event: str
    valid: bool | None
    reason: str
    duplicate: bool
    status: int
    body: bytes

    def document(self) -> dict[str, Any]:
        """As JSON, with the body as it was parsed."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "body"} | {
            "body": _parsed(self.body)
        }


class Receiver:
    """Remembers attempts, and answers by its script (`webhook_answers`) or 204; 401 when invalid."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.by_event: Counter[str] = Counter()
        self.by_status: Counter[int] = Counter()
        self.invalid = 0
        self._ids: set[tuple[str, str]] = set()
        self._answered: set[tuple[str, str]] = set()

    def configure(self, secrets: Sequence[str], answers: Sequence[WebhookAnswer], seed: int) -> None:
        """Set the secrets that are accepted and the script of answers."""
        self.secrets = list(secrets)
        self._answers = [entry.model_copy() for entry in answers]
        self._chance = random.Random(f"webhooks/{seed}")

    def receive(
        self, endpoint: str, secret: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[WebhookAnswer, str]:
        """The answer to one delivery, and what is wrong with it.

        `secret` (from the URL) takes precedence over the configured ones.
        """
        secrets = [secret] if secret else self.secrets
        reason = objection(secrets, headers, body, time.time()) if secrets else None
        told = WebhookAnswer(status=401) if reason else self._scripted(endpoint)
        status = 0 if told.hang else told.status
        self._remember(endpoint, headers, body, status, reason)
        return told, reason or ""

    def _scripted(self, endpoint: str) -> WebhookAnswer:
        """The first entry of the script that still applies; one applies `times` times (1 if not said)."""
        for entry in self._answers:
            if entry.times == 0 or entry.endpoint not in (None, endpoint):
                continue
            if self._chance.random() >= entry.probability:
                continue
            if entry.times is not None:
                entry.times -= 1
            return entry
        return WebhookAnswer()

    def _remember(
        self, endpoint: str, headers: Mapping[str, str], body: bytes, status: int, reason: str | None
    ) -> None:
        webhook_id = headers.get("webhook-id", "")
        key = (endpoint, webhook_id)
        valid = None if reason is None else not reason
        document = _parsed(body)
        event = str(document.get("event", "")) if isinstance(document, dict) else ""
        self.attempts.append(
            Attempt(
                len(self.attempts) + 1,
                time.time(),
                endpoint,
                webhook_id,
                headers.get("webhook-timestamp", ""),
                event,
                valid,
                reason or "",
                key in self._answered,
                status,
                body,
            )
        )
        self.by_event[event] += 1
        self.by_status[status] += 1
        self.invalid += valid is False
        self._ids.add(key)
        if 200 <= status < 300:
            self._answered.add(key)

    def summary(self) -> dict[str, Any]:
        """Counts: attempts, distinct ids, accepted ids, invalid signatures, by event and by status."""
        return {
            "count": len(self.attempts),
            "distinct": len(self._ids),
            "accepted": len(self._answered),
            "invalid": self.invalid,
            "duplicates": sum(attempt.duplicate for attempt in self.attempts),
            "by_event": dict(self.by_event),
            "by_status": {str(status): number for status, number in self.by_status.items()},
        }


def objection(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: float) -> str:
    """Why a delivery is not authentic by Standard Webhooks 1.0.0; "" when it is."""
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not webhook_id or not timestamp or "webhook-signature" not in headers:
        return "a webhook header is missing"
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return "the timestamp is not within five minutes"
    given = [part[3:] for part in headers["webhook-signature"].split() if part.startswith("v1,")]
    content = f"{webhook_id}.{timestamp}.".encode() + body
    expected = [signature(secret, content) for secret in secrets]
    if any(hmac.compare_digest(mine.encode(), theirs.encode()) for mine in expected for theirs in given):
        return ""
    return "no signature matches"


def signature(secret: str, content: bytes) -> str:
    """HMAC-SHA256 with a `whsec_` secret, in base64; "" for a secret that is not base64."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def _parsed(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError):
        return body.decode("utf-8", "replace")

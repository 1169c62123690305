"""Standard Webhooks 1.0.0 signatures: making them, and checking them at the receiver.

    webhook-id          the same on every attempt: the receiver's idempotency key
    webhook-timestamp   Unix seconds of this attempt
    webhook-signature   v1,<base64 HMAC-SHA256 of "{id}.{timestamp}.{body}">, one per secret, space separated

A secret is 24 to 64 random bytes in base64, with or without the prefix `whsec_`. During a rotation there are
several, newest first: a text with spaces between them, or a sequence.
"""

import base64
import binascii
import functools
import hashlib
import hmac
import json
import re
import secrets as random_bytes
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any, Protocol

from outreach.errors import SettingsError, WebhookError

PREFIX = "whsec_"
TOLERANCE_SECONDS = 300
"""How far a timestamp may lie from the receiver's clock, as in the reference libraries."""

_ADVICE = "Make one with `python -c 'from outreach import webhook; print(webhook.new_secret())'`."
# A dot would let id and timestamp run into each other in the signed text.
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_TIMESTAMP = re.compile(r"[0-9]{1,12}\Z", re.ASCII)  # bounded, for int() takes what a stranger sent
_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Headers(Protocol):
    """Any mapping of header names to values: a dict, http.server's, Flask's, Starlette's."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Names, in any case, with their values."""
        ...


def new_secret() -> str:
    """A fresh secret of 32 random bytes, to give to the sender and to the receiver."""
    return PREFIX + base64.b64encode(random_bytes.token_bytes(32)).decode()


def parse_secrets(secrets: str | Sequence[str]) -> tuple[bytes, ...]:
    """The keys behind one secret or several; raises SettingsError that never shows the secret."""
    texts = secrets.split() if isinstance(secrets, str) else list(secrets)
    if not texts:
        raise SettingsError("The webhook has no signing secret.", _ADVICE)
    return tuple(_parse_secret(text.strip()) for text in texts)


def _parse_secret(text: str) -> bytes:
    encoded = text.removeprefix(PREFIX).rstrip("=")  # people copy it with and without its padding
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise SettingsError("The webhook's signing secret is not base64.", _ADVICE) from None
    if not 24 <= len(key) <= 64:
        problem = f"The webhook's signing secret has {len(key)} bytes; Standard Webhooks asks for 24 to 64."
        raise SettingsError(problem, _ADVICE)
    return key


def sign(secrets: str | Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one `v1,...` per secret, in their order.

    Args:
        secrets: one or several, as in this module's description.
        message_id: letters, digits, `_` and `-`, at most 64.
        timestamp: Unix seconds of this attempt.
        body: exactly the bytes that are sent.
    """
    return sign_with(parse_secrets(secrets), message_id, timestamp, body)


def sign_with(keys: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """As `sign`, with secrets parsed before; raises ValueError for an id that would blur the signed text."""
    if not _MESSAGE_ID.match(message_id):
        raise ValueError("a message id holds 1 to 64 letters, digits, '_' and '-'")
    # Whole seconds: standardwebhooks 1.1.0 signs one instant differently in another offset.
    return " ".join(_signature(key, message_id, str(timestamp), body) for key in keys)


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    signing = _begin(key).copy()
    signing.update(_encoded(f"{message_id}.{timestamp}.") + body)
    return "v1," + base64.b64encode(signing.digest()).decode()


# Copied, not computed at once: `hmac.digest` hands the interpreter to another thread each time.
@functools.lru_cache(maxsize=16)
def _begin(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod=hashlib.sha256)


def verify(
    body: bytes | str,
    headers: Headers,
    secrets: str | Sequence[str],
    *,
    now: datetime | None = None,
    tolerance_seconds: float = TOLERANCE_SECONDS,
) -> dict[str, Any]:
    """Check a received message and return its body, parsed. Only then is it the sender's, whole and recent.

    Args:
        body: the request's body exactly as it came, before any parsing.
        headers: the request's headers.
        secrets: one or several; any of them may have signed.
        now: aware; the machine's clock when left out.
        tolerance_seconds: how old or how far ahead a message may be.

    Raises:
        WebhookError: `code` is missing_header, bad_timestamp, too_old, too_new, bad_signature or bad_body.
        SettingsError: a secret is not one.
    """
    raw = _encoded(body) if isinstance(body, str) else body
    message_id, timestamp, signatures = _required(headers)
    _check_age(timestamp, now or datetime.now(timezone.utc), tolerance_seconds)
    _check_signature(parse_secrets(secrets), message_id, timestamp, raw, signatures)
    return _parsed(raw)


def _required(headers: Headers) -> tuple[str, str, str]:
    found = {name.lower(): value for name, value in headers.items()}
    for name in _HEADERS:
        if not found.get(name):
            raise WebhookError("missing_header", f"The header {name} is missing.")
    return found[_HEADERS[0]], found[_HEADERS[1]], found[_HEADERS[2]]


def _check_age(timestamp: str, now: datetime, tolerance_seconds: float) -> None:
    if not _TIMESTAMP.match(timestamp):
        raise WebhookError("bad_timestamp", "The header webhook-timestamp is not a number of seconds.")
    age = now.timestamp() - int(timestamp)
    if age > tolerance_seconds:
        raise WebhookError("too_old", "The message is too old: a replay, or a clock that is wrong.")
    if age < -tolerance_seconds:
        raise WebhookError("too_new", "The message is from the future: one of the two clocks is wrong.")


def _check_signature(
    keys: Iterable[bytes], message_id: str, timestamp: str, body: bytes, signatures: str
) -> None:
    given = [_encoded(part) for part in signatures.split() if part.startswith("v1,")]
    expected = [_encoded(_signature(key, message_id, timestamp, body)) for key in keys]
    # Every pair is compared, so that the time taken says nothing about which one matched.
    if sum(hmac.compare_digest(one, other) for one in expected for other in given) == 0:
        raise WebhookError("bad_signature", "No signature matches: another secret, or the body was changed.")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")  # a stranger's header may hold half a surrogate


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise WebhookError("bad_body", "The signature is right, but the body is not a JSON object.")
    return parsed

"""A token that may be stored: encrypted with a key that only the holder of the client secret can derive."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime, timezone

import orjson
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from outreach.genesys.foreign import instant, text


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and the instant it dies, aware UTC. Its repr doesn't show it."""

    value: str = field(repr=False)
    expires_at: datetime


def seal(token: str, expires_at: datetime, client_secret: str) -> str:
    """The token as text that is safe to cache anywhere."""
    content = orjson.dumps({"token": token, "expires_at": expires_at.astimezone(timezone.utc).isoformat()})
    return _cipher(client_secret).encrypt(content).decode()


def unseal(sealed: str, client_secret: str) -> Token | None:
    """The token again, or None when it was sealed with another secret or isn't ours at all."""
    try:
        content = orjson.loads(_cipher(client_secret).decrypt(sealed.encode()))
    except (InvalidToken, ValueError):
        return None
    value, expires_at = text(content, "token"), instant(content, "expires_at")
    return Token(value, expires_at) if value and expires_at else None


def _cipher(client_secret: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"genesys-outreach sealed token").derive(
        client_secret.encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))

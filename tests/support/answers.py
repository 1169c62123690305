"""Answers of Genesys as our client holds them, without a Genesys."""

from __future__ import annotations

from outreach.genesys.http.exchange import Received


def received(
    status: int, content: bytes, headers: dict[str, str] | None = None, broken: str = ""
) -> Received:
    """One, its headers named as our client names them."""
    named = {name.lower(): value for name, value in (headers or {}).items()}
    return Received(status, named, content, 1.0, broken)

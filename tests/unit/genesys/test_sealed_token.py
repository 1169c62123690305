"""A token in a cache is of no use to whoever finds it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from outreach.genesys.http.auth import Login, Token, seal, unseal
from outreach.genesys.http.exchange import Transport
from tests.support.clocks import SetClock

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=timezone.utc)
LATER = NOW + timedelta(hours=24)


def test_the_holder_of_the_secret_gets_the_token_back() -> None:
    token = unseal(seal("tok-en", LATER, "s3cret"), "s3cret")

    assert token is not None
    assert (token.value, token.expires_at) == ("tok-en", LATER)


@pytest.mark.parametrize("found", ["", "x", "gAAAA", "ä" * 50, seal("tok-en", LATER, "another")])
def test_anything_else_is_no_token(found: str) -> None:
    assert unseal(found, "s3cret") is None


def test_sealed_text_shows_neither_token_nor_secret_and_differs_each_time() -> None:
    sealed = seal("tok-en", LATER, "s3cret")

    assert "tok-en" not in sealed
    assert "s3cret" not in sealed
    assert sealed != seal("tok-en", LATER, "s3cret")


def test_no_repr_shows_a_secret() -> None:
    login = Login("https://login.mypurecloud.com", "my-client", "s3cret")
    known = unseal(seal("tok-en", LATER, "s3cret"), "s3cret")
    token = Token(Transport(), login, SetClock(NOW), seal("tok-en", LATER, "s3cret"))

    assert not [
        leak for leak in ("s3cret", "tok-en") if leak in f"{login!r} {known!r} {token!r} {vars(token)}"
    ]


def test_a_sealed_token_is_used_until_30_seconds_before_its_end() -> None:
    clock = SetClock(NOW)
    token = Token(Transport(), Login("https://x", "id", "s3cret"), clock, seal("tok-en", LATER, "s3cret"))
    clock.advance(24 * 3600 - 31)

    assert token.bearer() == "tok-en"

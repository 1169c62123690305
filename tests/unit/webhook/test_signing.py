"""Standard Webhooks 1.0.0: the published vector, rotation, and every refusal."""

from __future__ import annotations

import base64
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.errors import SettingsError, WebhookError
from outreach.webhook import new_secret, sign, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIMESTAMP = 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOW = datetime.fromtimestamp(TIMESTAMP, timezone.utc)


def headers(**changes: str | None) -> dict[str, str]:
    given = {"id": ID, "timestamp": str(TIMESTAMP), "signature": SIGNATURE} | changes
    return {f"webhook-{name}": value for name, value in given.items() if value is not None}


def test_the_published_vector_signs() -> None:
    assert sign(SECRET, ID, TIMESTAMP, BODY) == SIGNATURE


def test_the_published_vector_verifies() -> None:
    assert verify(BODY, headers(), SECRET, now=NOW) == {"test": 2432232314}


def test_a_secret_without_its_prefix_signs_the_same() -> None:
    assert sign(SECRET.removeprefix("whsec_"), ID, TIMESTAMP, BODY) == SIGNATURE


def test_during_a_rotation_both_the_old_and_the_new_secret_verify() -> None:
    old, new = new_secret(), new_secret()
    both = sign(f"{new} {old}", ID, TIMESTAMP, BODY)
    assert len(both.split(" ")) == 2
    for known in (old, new, [new_secret(), old]):
        assert verify(BODY, headers(signature=both), known, now=NOW)


def test_header_names_may_come_in_any_case() -> None:
    shouted = {name.title(): value for name, value in headers().items()}
    assert verify(BODY, shouted, SECRET, now=NOW)


def test_signatures_of_other_versions_are_passed_over() -> None:
    signed = headers(signature=f"v1a,AAAA v2,BBBB nonsense {SIGNATURE}")
    assert verify(BODY, signed, SECRET, now=NOW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": None}, "missing_header"),
        ({"timestamp": None}, "missing_header"),
        ({"signature": None}, "missing_header"),
        ({"signature": ""}, "missing_header"),
        ({"timestamp": "now"}, "bad_timestamp"),
        ({"timestamp": "-5"}, "bad_timestamp"),
        ({"timestamp": "1614265330.5"}, "bad_timestamp"),
        ({"timestamp": "\u0661\u0666"}, "bad_timestamp"),
        ({"timestamp": "9" * 40}, "bad_timestamp"),
        ({"timestamp": str(TIMESTAMP - 301)}, "too_old"),
        ({"timestamp": str(TIMESTAMP + 301)}, "too_new"),
        ({"timestamp": str(TIMESTAMP + 1)}, "bad_signature"),
        ({"id": "msg_other"}, "bad_signature"),
        ({"id": "\ud800"}, "bad_signature"),
        ({"signature": "v1,"}, "bad_signature"),
        ({"signature": "v1,\ud800\u20ac"}, "bad_signature"),
        ({"signature": SIGNATURE.replace("v1,", "v2,")}, "bad_signature"),
        ({"signature": SIGNATURE.replace("g0hM", "G0hM")}, "bad_signature"),
    ],
)
def test_a_header_that_is_not_right_is_refused_by_its_code(changes: dict[str, str | None], code: str) -> None:
    with pytest.raises(WebhookError) as refused:
        verify(BODY, headers(**changes), SECRET, now=NOW)
    assert refused.value.code == code


@given(st.binary(max_size=200).filter(lambda body: body != BODY))
def test_another_body_never_verifies(body: bytes) -> None:
    with pytest.raises(WebhookError, match="No signature"):
        verify(body, headers(), SECRET, now=NOW)


def test_another_secret_never_verifies() -> None:
    with pytest.raises(WebhookError, match="No signature"):
        verify(BODY, headers(), new_secret(), now=NOW)


@pytest.mark.parametrize("body", [b"[1]", b"plain", b"\xff", b""])
def test_a_signed_body_that_is_no_object_has_its_own_code(body: bytes) -> None:
    with pytest.raises(WebhookError) as refused:
        verify(body, headers(signature=sign(SECRET, ID, TIMESTAMP, body)), SECRET, now=NOW)
    assert refused.value.code == "bad_body"


@pytest.mark.parametrize("size", [0, 23, 65, 1000])
def test_a_secret_of_another_size_is_refused_and_not_shown(size: int) -> None:
    secret = "whsec_" + base64.b64encode(b"k" * size).decode()
    with pytest.raises(SettingsError, match=f"has {size} bytes") as refused:
        sign(secret, ID, TIMESTAMP, BODY)
    assert base64.b64encode(b"kkk").decode() not in str(refused.value)


@pytest.mark.parametrize(("secret", "problem"), [("", "no signing secret"), ("whsec_#", "not base64")])
def test_a_secret_that_is_none_is_refused_with_advice(secret: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem) as refused:
        sign(secret, ID, TIMESTAMP, BODY)
    assert "new_secret" in refused.value.advice


@pytest.mark.parametrize("message_id", ["", "a.b", "a b", "a\r\nx: y", "é", "x" * 65])
def test_an_id_that_would_blur_the_signed_text_is_a_mistake(message_id: str) -> None:
    with pytest.raises(ValueError, match="message id"):
        sign(SECRET, message_id, TIMESTAMP, BODY)


def test_new_secrets_differ_and_are_accepted() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(sign(secret, ID, TIMESTAMP, BODY).startswith("v1,") for secret in secrets)

"""Whatever an answer holds, one of our errors comes of it, with a code, an id, advice, and nobody's data."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import orjson
import pytest

from outreach.errors import NotFound, RateLimited, Refused
from outreach.genesys.http import error_mapping
from tests.support.answers import received

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=timezone.utc)


SECRETS = "+15551234567 support@acme.com Acme Corp"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503, 504])
def test_an_error_keeps_code_and_correlation_id_and_gives_advice(status: int) -> None:
    body = {
        "message": SECRETS,
        "code": "too.many.requests",
        "contextId": "c-1",
        "messageParams": {"to": SECRETS},
    }
    error = error_mapping.from_answer("start sms", received(status, orjson.dumps(body)), NOW)

    assert (error.status, error.code, error.correlation_id) == (status, "too.many.requests", "c-1")
    assert error.advice
    assert not [word for word in SECRETS.split() if word in str(error)]


def test_a_code_that_holds_an_address_is_not_kept() -> None:
    body = {"code": "no consent of +15551234567", "contextId": "support@acme.com"}
    error = error_mapping.from_answer("start sms", received(400, orjson.dumps(body)), NOW)

    assert (error.code, error.correlation_id) == ("http_400", "")


def test_the_newer_correlation_header_wins() -> None:
    headers = {"ININ-Correlation-Id": "old", "Genesys-Correlation-Id": "new"}
    error = error_mapping.from_answer("read", received(404, b'{"contextId":"body"}', headers), NOW)

    assert error.correlation_id == "new"


@pytest.mark.parametrize(
    "body",
    [
        {"message": "You are missing the following permission(s): sms:phoneNumber:view"},
        {"message": "{permissions}", "messageParams": {"permissions": "[sms:phoneNumber:view]"}},
        {},
    ],
)
def test_a_403_names_the_missing_permission(body: dict[str, Any]) -> None:
    answer = received(403, orjson.dumps(body))
    error = error_mapping.from_answer("check sms sender", answer, NOW, ("sms:phoneNumber:view",))

    assert "sms:phoneNumber:view" in error.advice


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_is_part_of_the_error(status: int) -> None:
    error = error_mapping.from_answer("read", received(status, b"", {"Retry-After": "17"}), NOW)

    assert isinstance(error, RateLimited)
    assert error.retry_after == 17.0


@pytest.mark.parametrize("status", [302, 407, 511])
def test_who_answers_in_between_is_named(status: int) -> None:
    assert "proxy" in error_mapping.from_answer("read", received(status, b""), NOW).advice


def test_a_log_in_page_with_status_200_is_named_as_one() -> None:
    page = received(200, b"<html>", {"Content-Type": "text/html; charset=utf-8"})
    assert "log-in page" in error_mapping.unreadable("read", page).advice


def test_a_page_with_status_404_does_not_say_that_anything_is_not_there() -> None:
    page = received(404, b"<html>", {"Content-Type": "text/html"})
    error = error_mapping.from_answer("read", page, NOW)

    assert isinstance(error, Refused)
    assert not isinstance(error, NotFound)
    assert "proxy" in error.advice

"""The receiver: signatures checked as the Standard Webhooks library makes them, answers as told."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.support.emulation import EmulatorThread

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
PATH = "/_emulator/webhooks"
BODY = '{"event": "contact_interaction_created", "contact_id": "crm-1"}'


def deliver(
    client: httpx.Client, webhook_id: str = "msg_1", secret: str = SECRET, **changes: Any
) -> httpx.Response:
    at = datetime.now(timezone.utc) - timedelta(seconds=changes.pop("age", 0))
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, at, BODY),
    }
    path = changes.pop("path", PATH)
    timeout = changes.pop("timeout", 5)
    return client.post(path, content=changes.pop("body", BODY), headers=headers | changes, timeout=timeout)


def test_an_authentic_delivery_is_taken(anybody: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(webhook_secrets=[SECRET])
    assert deliver(anybody).status_code == 204
    (attempt,) = fresh.webhooks()["attempts"]
    assert (attempt["valid"], attempt["webhook_id"], attempt["body"]["contact_id"]) == (
        True,
        "msg_1",
        "crm-1",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": OTHER},
        {"body": "{}"},
        {"age": 400},
        {"age": -400},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": "now"},
    ],
)
def test_a_forged_or_old_delivery_is_refused(
    anybody: httpx.Client, fresh: EmulatorThread, changes: dict[str, Any]
) -> None:
    fresh.configure(webhook_secrets=[SECRET])
    assert deliver(anybody, **changes).status_code == 401
    webhooks = fresh.webhooks()
    assert (webhooks["invalid"], webhooks["accepted"]) == (1, 0)


def test_both_secrets_are_good_while_one_replaces_the_other(
    anybody: httpx.Client, fresh: EmulatorThread
) -> None:
    fresh.configure(webhook_secrets=[SECRET, OTHER])
    assert [deliver(anybody, secret=secret).status_code for secret in (SECRET, OTHER)] == [204, 204]


def test_the_secret_can_be_in_the_url(anybody: httpx.Client) -> None:
    assert deliver(anybody, path=f"{PATH}?secret={SECRET}").status_code == 204
    assert deliver(anybody, path=f"{PATH}?secret={OTHER.replace('+', '%2B')}").status_code == 401


def test_a_second_accepted_delivery_is_a_duplicate(anybody: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(webhook_answers=[{"status": 503}])
    statuses = [deliver(anybody, webhook_id).status_code for webhook_id in ("a", "a", "a", "b")]
    webhooks = fresh.webhooks()
    assert statuses == [503, 204, 204, 204]
    assert [attempt["duplicate"] for attempt in webhooks["attempts"]] == [False, False, True, False]
    assert (webhooks["count"], webhooks["distinct"], webhooks["accepted"], webhooks["duplicates"]) == (
        4,
        2,
        2,
        1,
    )


def test_the_receiver_answers_as_told(anybody: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(
        webhook_answers=[
            {"status": 500, "times": 2},
            {"status": 429, "retry_after": 9},
            {"status": 302, "location": "http://elsewhere.example/"},
            {"status": 200, "delay_seconds": 0.1},
        ]
    )
    started = time.monotonic()
    answers = [deliver(anybody) for _ in range(6)]
    assert [each.status_code for each in answers] == [500, 500, 429, 302, 200, 204]
    assert answers[2].headers["Retry-After"] == "9"
    assert answers[3].headers["Location"] == "http://elsewhere.example/"
    assert time.monotonic() - started > 0.09


def test_the_receiver_can_never_answer(anybody: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(webhook_answers=[{"hang": True}])
    with pytest.raises(httpx.ReadTimeout):
        deliver(anybody, timeout=0.1)
    assert deliver(anybody).status_code == 204
    assert fresh.webhooks(summary=True)["by_status"] == {"0": 1, "204": 1}


def test_endpoints_can_be_told_apart(anybody: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(webhook_answers=[{"endpoint": "gone", "status": 410, "times": 9}])
    assert [deliver(anybody, path=f"{PATH}/{name}").status_code for name in ("gone", "here", "gone")] == [
        410,
        204,
        410,
    ]


def test_attempts_come_in_pages_and_by_event(anybody: httpx.Client, fresh: EmulatorThread) -> None:
    for number in range(5):
        deliver(anybody, f"msg_{number}")
    page = fresh.webhooks(since=1, limit=2, event="contact_interaction_created")
    assert [attempt["number"] for attempt in page["attempts"]] == [2, 3]
    assert (page["next"], fresh.webhooks(event="other")["attempts"]) == (3, [])

"""Every fault over a real socket: what the caller sees, and whether it happened (issue 4, item 3)."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from tests.support.emulation import EmulatorThread
from tests.support.emulator_clients import AGENTLESS, GRANT, logged_in, open_client, sms

ME = "/api/v2/organizations/me"


def fault(kind: str, **limits: Any) -> dict[str, Any]:
    return {"kind": kind, "operation": "messages.agentless", **limits}


@pytest.mark.parametrize(
    ("kind", "error", "happened"),
    [
        ("reset_before", httpx.ReadError, 0),
        ("drop-before", httpx.ReadError, 0),
        ("act_then_reset", httpx.ReadError, 1),
        ("act-then-drop", httpx.ReadError, 1),
        ("act_then_hang", httpx.ReadTimeout, 1),
        ("reset_after_headers", httpx.ReadError, 1),
        ("truncated_json", httpx.RemoteProtocolError, 1),
    ],
)
def test_an_answer_is_lost(
    platform: httpx.Client, fresh: EmulatorThread, kind: str, error: type[Exception], happened: int
) -> None:
    fresh.configure(faults=[fault(kind, nth=1)])
    with pytest.raises(error):
        platform.post(AGENTLESS, json=sms(), timeout=0.3 if error is httpx.ReadTimeout else 30)
    assert fresh.truth()["count"] == happened
    assert platform.post(AGENTLESS, json=sms(1)).status_code == 200


@pytest.mark.parametrize(
    ("rule", "status", "happened"),
    [
        (fault("error_before_effect"), 500, 0),
        (fault("error_before_effect", status=503, retry_after=7), 503, 0),
        (fault("error_before_effect", status=404), 404, 0),
        (fault("error_after_effect"), 500, 1),
        (fault("5xx-after-effect", status=504), 504, 1),
        (fault("rate_limited"), 429, 0),
        (fault("unauthorized"), 401, 0),
        (fault("wrong_content_type"), 200, 1),
        (fault("empty_body"), 200, 1),
    ],
)
def test_an_answer_is_wrong(
    platform: httpx.Client, fresh: EmulatorThread, rule: dict[str, Any], status: int, happened: int
) -> None:
    fresh.configure(faults=[rule])
    answer = platform.post(AGENTLESS, json=sms())
    assert (answer.status_code, fresh.truth()["count"]) == (status, happened)
    if status >= 400:
        assert answer.json()["status"] == status


def test_a_gateways_page_is_no_json(platform: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(faults=[fault("wrong_content_type")])
    answer = platform.post(AGENTLESS, json=sms())
    assert (answer.headers["Content-Type"], answer.text[:6]) == ("text/html", "<html>")


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("retry_after", [7, "date", "absurd", None])
def test_retry_after_comes_in_every_form(
    platform: httpx.Client, fresh: EmulatorThread, status: int, retry_after: int | str | None
) -> None:
    kind = "rate_limited" if status == 429 else "error_before_effect"
    fresh.configure(faults=[fault(kind, status=status, retry_after=retry_after, seconds=30)])
    value = platform.post(AGENTLESS, json=sms()).headers.get("Retry-After")
    if retry_after == "date":
        assert 25 < parsedate_to_datetime(str(value)).timestamp() - time.time() < 32
    else:
        assert value == {7: "7", "absurd": "86400", None: None}[retry_after]


def test_a_lost_token_stays_lost_until_the_next_log_in(platform: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(faults=[fault("unauthorized", nth=1)])
    platform.post(AGENTLESS, json=sms())
    assert platform.get(ME).status_code == 401
    with logged_in(fresh.url) as again:
        assert again.post(AGENTLESS, json=sms()).status_code == 200


def test_a_slow_drip_arrives_whole(platform: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(faults=[fault("slow_drip", seconds=0.01)])
    started = time.monotonic()
    assert platform.post(AGENTLESS, json=sms()).json()["messengerType"] == "sms"
    assert time.monotonic() - started > 0.15
    assert platform.post(AGENTLESS, json=sms(1)).status_code == 200


@pytest.mark.parametrize(
    "rule",
    [
        fault("latency", seconds=0.1),
        fault("latency", seconds=0.1, most_seconds=0.12),
        fault("latency", seconds=0.15, sigma=0.05),
    ],
)
def test_latency_holds_the_answer_back_not_the_effect(
    platform: httpx.Client, fresh: EmulatorThread, rule: dict[str, Any]
) -> None:
    fresh.configure(faults=[rule])
    with pytest.raises(httpx.ReadTimeout):
        platform.post(AGENTLESS, json=sms(), timeout=0.05)
    assert fresh.truth()["count"] == 1
    started = time.monotonic()
    platform.post(AGENTLESS, json=sms(1))
    assert 0.09 < time.monotonic() - started < 10


def test_latency_can_be_everywhere(platform: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(latency_ms=50)
    started = time.monotonic()
    platform.get(ME)
    assert time.monotonic() - started > 0.045


def test_skewed_clocks_show_in_headers_and_bodies(platform: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(clock_skew_seconds=3600)
    answer = platform.post(AGENTLESS, json=sms())
    ahead = parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time()
    assert 3590 < ahead < 3610
    sent = time.strptime(answer.json()["timestamp"][:19], "%Y-%m-%dT%H:%M:%S")
    assert time.strftime("%H:%M", sent) == time.strftime("%H:%M", time.gmtime(time.time() + 3600))


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"nth": 2}, [0, 1, 0, 0, 0, 0]),
        ({"nth": [1, 4]}, [1, 0, 0, 1, 0, 0]),
        ({"every": 3}, [0, 0, 1, 0, 0, 1]),
        ({"after": 4}, [0, 0, 0, 0, 1, 1]),
        ({"times": 2}, [1, 1, 0, 0, 0, 0]),
        ({"after": 1, "times": 1}, [0, 1, 0, 0, 0, 0]),
        ({"for_seconds": 0}, [0, 0, 0, 0, 0, 0]),
        ({"probability": 0}, [0, 0, 0, 0, 0, 0]),
    ],
)
def test_a_fault_hits_the_calls_that_it_names(
    platform: httpx.Client, fresh: EmulatorThread, limits: dict[str, Any], expected: list[int]
) -> None:
    fresh.configure(faults=[fault("error_before_effect", **limits)])
    statuses = [platform.post(AGENTLESS, json=sms(number)).status_code for number in range(6)]
    assert [int(status == 500) for status in statuses] == expected


@pytest.mark.parametrize(
    ("operation", "hit"),
    [
        ("*", True),
        ("messages.*", True),
        ("POST /api/v2/conversations/messages/agentless", True),
        ("POST /api/v2/*", True),
        ("GET /api/v2/*", False),
        ("emails.*", False),
    ],
)
def test_a_fault_names_its_operations(
    platform: httpx.Client, fresh: EmulatorThread, operation: str, hit: object
) -> None:
    fresh.configure(faults=[{"kind": "error_before_effect", "operation": operation}])
    assert (platform.post(AGENTLESS, json=sms()).status_code == 500) is hit


def test_the_same_seed_gives_the_same_faults(platform: httpx.Client, fresh: EmulatorThread) -> None:
    runs = []
    for seed in (7, 7, 8):
        fresh.configure(seed=seed, faults=[{"kind": "error_before_effect", "probability": 0.5}])
        runs.append([platform.get(ME).status_code for _ in range(40)])
    assert runs[0] == runs[1] != runs[2]
    assert 8 < runs[0].count(500) < 32


def test_logging_in_can_fail_too(fresh: EmulatorThread) -> None:
    fresh.configure(faults=[{"kind": "error_before_effect", "operation": "oauth.token", "status": 503}])
    with open_client(fresh.url) as client:
        assert client.post("/oauth/token", data=GRANT, auth=("demo", "demo")).status_code == 503


def test_several_faults_can_be_in_force(platform: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(faults=[fault("latency", seconds=0.1), fault("rate_limited", nth=2), fault("empty_body")])
    started = time.monotonic()
    answers = [platform.post(AGENTLESS, json=sms(number)) for number in range(3)]
    assert [(each.status_code, bool(each.content)) for each in answers] == [
        (200, False),
        (429, True),
        (200, False),
    ]
    assert time.monotonic() - started > 0.28
    assert [rule["fired"] for rule in fresh.state()["faults"]] == [3, 1, 2]

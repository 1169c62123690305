"""Who gets in, with what right, how often; and how a refusal looks (platform fact sheet 1.2, 2.1, 2.2)."""

from __future__ import annotations

import time
import uuid

import httpx
import pytest

from emulator.catalogue import PLATFORM_OPERATIONS
from tests.support.emulation import EmulatorThread, emulator_thread
from tests.support.emulator_clients import AGENTLESS, CLIENT, CONTACTS, GRANT, logged_in, open_client, sms

ME = "/api/v2/organizations/me"


@pytest.mark.parametrize(
    ("secret", "client", "reason"),
    [("wrong", "demo", "authentication failed"), ("demo", "nobody", "client not found")],
)
def test_wrong_credentials_are_an_invalid_client(
    anybody: httpx.Client, secret: str, client: str, reason: str
) -> None:
    answer = anybody.post("/oauth/token", data=GRANT, auth=(client, secret))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")
    assert answer.json()["error_description"] == reason


def test_wrong_credentials_are_401_on_the_guide_api(anybody: httpx.Client) -> None:
    answer = anybody.post("/oauth/token", data=GRANT | CLIENT | {"client_secret": "wrong"})
    assert answer.status_code == 401


def test_clients_can_be_added_and_disabled(anybody: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(clients={"crm": {"secret": "s"}, "demo": {"state": "disabled"}})
    assert anybody.post("/oauth/token", data=GRANT, auth=("crm", "s")).status_code == 200
    assert anybody.post("/oauth/token", data=GRANT, auth=("demo", "demo")).status_code == 400


@pytest.mark.parametrize(
    ("header", "code"),
    [({}, "authentication.required"), ({"Authorization": "Bearer x"}, "bad.credentials")],
)
def test_no_token_is_401(anybody: httpx.Client, header: dict[str, str], code: str) -> None:
    answer = anybody.get(ME, headers=header)
    assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_a_token_lives_as_long_as_it_says(fresh: EmulatorThread) -> None:
    fresh.configure(token_lifetime_seconds=300)
    with logged_in(fresh.url) as client:
        fresh.advance(299)
        assert client.get(ME).status_code == 200
        fresh.advance(2)
        assert client.get(ME).json()["code"] == "credentials.expired"


def test_every_refusal_is_an_envelope_with_its_correlation_id(platform: httpx.Client) -> None:
    for answer in (
        platform.get("/api/v2/nothing"),
        platform.post(AGENTLESS, content=b"{"),
        platform.get("/x"),
    ):
        body = answer.json()
        assert body["status"] == answer.status_code
        assert body["contextId"] == answer.headers["ININ-Correlation-Id"] == str(uuid.UUID(body["contextId"]))


@pytest.mark.parametrize(
    "operation", [each for each in PLATFORM_OPERATIONS if each.permissions], ids=lambda o: o.name
)
def test_a_missing_permission_is_named(
    platform: httpx.Client, fresh: EmulatorThread, operation: object
) -> None:
    fresh.configure(permissions_denied={"demo": list(operation.permissions)})  # type: ignore[attr-defined]  # an Operation
    answer = platform.request(operation.method, operation.template.replace("{", "").replace("}", ""), json={})  # type: ignore[attr-defined]  # an Operation
    assert answer.status_code == 403
    assert answer.json()["code"] in ("missing.permissions", "missing.any.permissions")
    assert all(each in answer.json()["message"] for each in operation.permissions)  # type: ignore[attr-defined]  # an Operation


def test_one_of_several_permissions_is_enough(platform: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(permissions_denied={"demo": ["conversation:email:create"]})
    assert platform.post("/api/v2/conversations/emails/agentless", json={}).status_code == 400
    fresh.configure(
        permissions_denied={"*": ["conversation:email:create", "conversation:agentlessEmail:send"]}
    )
    assert platform.post("/api/v2/conversations/emails/agentless", json={}).status_code == 403


@pytest.mark.parametrize(
    ("content_type", "body", "status"), [("text/plain", b"{}", 415), ("application/json", b"{", 400)]
)
def test_a_body_that_is_no_json_is_refused(
    platform: httpx.Client, content_type: str, body: bytes, status: int
) -> None:
    answer = platform.post(CONTACTS, content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status


def test_a_body_over_the_limit_is_refused(platform: httpx.Client) -> None:
    answer = platform.post(CONTACTS, json={"firstName": "x" * 512_001})
    assert (answer.status_code, answer.json()["code"]) == (413, "request.entity.too.large")


@pytest.mark.parametrize("window", ["fixed", "sliding"])
def test_a_token_has_its_budget(window: str) -> None:
    with (
        emulator_thread(requests_per_minute=5, window=window) as genesys,
        logged_in(genesys.url) as client,
    ):
        answers = [client.get(ME) for _ in range(7)]
        assert [each.status_code for each in answers] == [200] * 5 + [429] * 2
        assert [each.headers["inin-ratelimit-count"] for each in answers] == [
            "1",
            "2",
            "3",
            "4",
            "5",
            "5",
            "5",
        ]
        assert answers[0].headers["inin-ratelimit-allowed"] == "5"
        assert int(answers[0].headers["inin-ratelimit-reset"]) >= 1
        assert answers[-1].json()["code"] == "too.many.requests.retry.after"


@pytest.mark.parametrize("window", ["fixed", "sliding"])
def test_after_retry_after_a_token_has_its_budget_again(window: str) -> None:
    with (
        emulator_thread(requests_per_minute=1, window=window, window_seconds=1) as genesys,
        logged_in(genesys.url) as client,
    ):
        while (answer := client.get(ME)).status_code == 200:  # a busy machine takes its time
            pass
        time.sleep(int(answer.headers["Retry-After"]))
        assert client.get(ME).status_code == 200


def test_another_token_has_its_own_budget() -> None:
    with emulator_thread(requests_per_minute=1) as genesys:
        for _ in range(2):
            with logged_in(genesys.url) as client:
                assert [client.get(ME).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("above", ["client", "organisation"])
@pytest.mark.parametrize("window", ["fixed", "sliding"])
def test_a_limit_above_the_tokens_is_shared_by_them(above: str, window: str) -> None:
    limits = {"requests_per_minute": 4, f"{above}_requests_per_minute": 5, "window": window}
    with (
        emulator_thread(**limits) as genesys,
        logged_in(genesys.url) as one,
        logged_in(genesys.url) as two,
    ):
        answers = [client.get(ME) for client in (one, two, one, two, one, two)]
        assert [each.status_code for each in answers] == [200] * 5 + [429]
        assert [each.headers["inin-ratelimit-count"] for each in answers] == ["1", "1", "2", "2", "3", "3"]
        genesys.configure(**{f"{above}_requests_per_minute": None})
        assert [two.get(ME).status_code for _ in range(3)] == [200, 200, 429]


def test_the_headers_tell_of_the_fullest_budget_where_that_is_set() -> None:
    limits = {"requests_per_minute": 4, "client_requests_per_minute": 5, "headers_of": "fullest"}
    with (
        emulator_thread(**limits) as genesys,
        logged_in(genesys.url) as one,
        logged_in(genesys.url) as two,
    ):
        answers = [client.get(ME) for client in (one, one, two, two)]
        told = [
            (each.headers["inin-ratelimit-count"], each.headers["inin-ratelimit-allowed"]) for each in answers
        ]
        assert told == [("1", "4"), ("2", "4"), ("3", "5"), ("4", "5")]


def test_a_login_ends_the_oldest_token_where_only_so_many_live() -> None:
    with (
        emulator_thread(tokens_alive=2) as genesys,
        logged_in(genesys.url) as one,
        logged_in(genesys.url) as two,
        logged_in(genesys.url) as three,
    ):
        assert [client.get(ME).status_code for client in (one, two, three)] == [401, 200, 200]


def test_tokens_themselves_are_limited_per_client() -> None:
    with emulator_thread(token_requests_per_minute=2) as genesys, open_client(genesys.url) as client:
        answers = [client.post("/oauth/token", data=GRANT, auth=("demo", "demo")) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]


def test_the_guide_api_limits_contact_creations_for_the_whole_organisation() -> None:
    with emulator_thread(creations_per_minute=2) as genesys:
        statuses = []
        for number in range(3):
            with logged_in(genesys.url, "guide") as client:
                body = {"externalContactId": str(number), "name": "Ada", "channels": {"chat": "ada"}}
                statuses.append(client.post(CONTACTS, json=body).status_code)
        assert statuses == [201, 201, 429]
        with logged_in(genesys.url) as client:
            assert client.post(CONTACTS, json={"firstName": "Ada"}).status_code == 200


def test_the_windows_of_each_token_are_measured() -> None:
    with emulator_thread(requests_per_minute=3) as genesys, logged_in(genesys.url) as client:
        for _ in range(4):
            client.get(ME)
        metrics = genesys.metrics(timestamps=True)
        (token,) = metrics["tokens"]
        assert (token["accepted"], token["refused"], metrics["too_many"]) == (3, 1, 1)
        assert metrics["over_limit"] == 1
        assert (token["sliding_most"], token["fixed_windows"][0]["requests"], len(token["timestamps"])) == (
            3,
            3,
            3,
        )


def test_settings_are_checked_one_by_one(fresh: EmulatorThread) -> None:
    for wrong in (
        {"requests_per_minut": 1},
        {"requests_per_minute": "many"},
        {"window": "round"},
        {"faults": [{"kind": "earthquake"}]},
        {"faults": [{"kind": "latency", "sekonds": 1}]},
        {"clients": {"a": "b"}},
        {"webhook_answers": [{"status": "x"}]},
        {"verdicts": [{"metadata": {"a": 1}}]},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            fresh.configure(**wrong)
    assert fresh.state()["limits"]["requests_per_minute"] is None


def test_a_reset_forgets_everything(fresh: EmulatorThread) -> None:
    with logged_in(fresh.url) as client:
        client.post(AGENTLESS, json=sms())
        fresh.configure(latency_ms=1)
        fresh.reset(keep_settings=True)
        assert (fresh.truth()["count"], fresh.metrics()["requests"]) == (0, 0)
        assert client.get(ME).status_code == 401
        assert fresh.state()["limits"]["latency_ms"] == 1
        fresh.reset()
        assert fresh.state()["limits"]["latency_ms"] == 0


def test_the_truth_comes_in_pages(fresh: EmulatorThread) -> None:
    with logged_in(fresh.url) as client:
        for number in range(5):
            client.post(AGENTLESS, json=sms(number))
    first = fresh.truth(limit=3)
    rest = fresh.truth(since=first["next"])
    assert [row["seq"] for row in first["contacts"] + rest["contacts"]] == [1, 2, 3, 4, 5]
    assert "contacts" not in fresh.truth(summary=True)

"""How sends and conversations behave, as the platform fact sheet (4, 5) and issue 4 say."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from emulator.state import defaults
from tests.support.emulation import EmulatorThread
from tests.support.emulator_clients import AGENTLESS, ENRICH, details_query, log_in, sms, upsert

EMAIL = "/api/v2/conversations/emails/agentless"
CALLBACK = "/api/v2/conversations/callbacks"
QUERY = "/api/v2/analytics/conversations/details/query"
ATTRIBUTES = "/api/v2/conversations/participants/attributes/search"


def email(**changes: Any) -> dict[str, Any]:
    body = {
        "senderType": "Outbound",
        "fromAddress": {"email": defaults.EMAIL_FROM},
        "toAddresses": [{"email": "ada@example.com"}],
        "subject": "Hello",
        "textBody": "Hello",
    }
    return {**body, **changes}


def callback(**changes: Any) -> dict[str, Any]:
    body = {"callbackNumbers": ["+14155550100"], "queueId": defaults.QUEUE_ID, "data": {"attempt": "a-1"}}
    return {**body, **changes}


def today(seconds: float = 60) -> str:
    now = datetime.now(timezone.utc)
    return f"{(now - timedelta(seconds=seconds)).isoformat()}/{now.isoformat()}"


def test_a_second_sms_is_refused_while_the_first_conversation_goes_on(
    platform: httpx.Client, fresh: EmulatorThread
) -> None:
    statuses = [platform.post(AGENTLESS, json=sms()).status_code for _ in range(2)]
    fresh.advance(31)
    statuses.append(platform.post(AGENTLESS, json=sms()).status_code)
    assert statuses == [200, 409, 200]
    assert fresh.truth()["contacted_twice"] == [{"channel": "sms", "to": "+14155550000", "times": 2}]


def test_what_a_sender_sends_above_its_rate_is_taken_and_fails(
    platform: httpx.Client, fresh: EmulatorThread
) -> None:
    fresh.configure(senders_per_minute={defaults.SMS_NUMBER: 2, defaults.EMAIL_FROM: 1})
    sent = [platform.post(AGENTLESS, json=sms(toAddress=f"+1415555000{n}")) for n in range(3)]
    sent += [platform.post(EMAIL, json=email()) for _ in range(2)]
    assert {answer.status_code for answer in sent} == {200}
    delivered = [row["delivered"] for row in fresh.truth()["contacts"]]
    assert delivered == [True, True, False, True, False]


def test_barging_in_uses_the_conversation_that_goes_on(platform: httpx.Client, fresh: EmulatorThread) -> None:
    first = platform.post(AGENTLESS, json=sms()).json()
    second = platform.post(AGENTLESS, json=sms(useExistingActiveConversation=True)).json()
    assert (first["conversationId"], fresh.truth()["count"]) == (second["conversationId"], 2)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"toAddress": "4155550100"}, "toAddress"),
        ({"textBody": "x" * 766}, "textBody"),
        ({"textBody": "x" * 700 + "😀"}, "textBody"),
        ({"textBody": "ł" * 336}, "textBody"),
        ({"textBody": None}, "textBody"),
        ({"toAddressMessengerType": "pigeon"}, "toAddressMessengerType"),
        ({"fromAddress": "+19999999999"}, "fromAddress"),
        ({"fromAddress": defaults.SMS_NUMBER_PENDING}, "fromAddress"),
        ({"externalContactId": "nobody"}, "externalContactId"),
        ({"initialMessage": "Hello"}, "initialMessage"),
        ({"toAddressMessengerType": "whatsapp", "toAddress": "14155550100"}, "messagingTemplate"),
        ({"toAddressMessengerType": "whatsapp", "messagingTemplate": {"responseId": "r"}}, "toAddress"),
        ({"toAddressMessengerType": "webmessaging"}, "externalContactId"),
        (
            {"toAddressMessengerType": "open", "fromAddress": defaults.INACTIVE_INTEGRATION_ID},
            "fromAddress",
        ),
    ],
)
def test_a_wrong_message_is_refused(
    platform: httpx.Client, fresh: EmulatorThread, change: dict[str, Any], field: str
) -> None:
    answer = platform.post(AGENTLESS, json=sms(**change))
    assert (answer.status_code, answer.json()["details"][0]["fieldName"]) == (400, field)
    assert fresh.truth()["count"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"senderType": "Inbound"},
        {"toAddresses": [{"email": "a@example.com"}, {"email": "b@example.com"}]},
        {"toAddresses": [{"email": "nobody"}]},
        {"fromAddress": {"email": "hello@unverified.example"}},
        {"subject": "x" * 401},
        {"textBody": "", "htmlBody": ""},
        {"externalContactId": "x"},
    ],
)
def test_a_wrong_email_is_refused(platform: httpx.Client, change: dict[str, Any]) -> None:
    assert platform.post(EMAIL, json=email(**change)).status_code == 400


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"callbackNumbers": []}, "callback.error.missing.callback.numbers"),
        ({"queueId": None}, "callback.error.missing.queue.id"),
        ({"queueId": "elsewhere"}, "bad.request"),
        (
            {"callbackScheduledTime": "2999-01-01T00:00:00Z"},
            "callback.error.scheduled.time.too.far.in.future",
        ),
        ({"callbackScheduledTime": "tomorrow"}, "invalid.date"),
        ({"callbackNumbers": ["5550100"], "validateCallbackNumbers": True}, "bad.request"),
        ({"data": {"attempt": 7}}, "bad.request"),
        ({"externalContactId": "x"}, "bad.request"),
    ],
)
def test_a_wrong_callback_is_refused(platform: httpx.Client, change: dict[str, Any], code: str) -> None:
    answer = platform.post(CALLBACK, json=callback(**change))
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_callback_waits_rings_connects_and_ends(platform: httpx.Client, fresh: EmulatorThread) -> None:
    key = platform.post(CALLBACK, json=callback()).json()["conversation"]["id"]
    states = []
    for seconds in (0, 5.1, 1, 61):
        fresh.advance(seconds)
        customer = platform.get(f"/api/v2/conversations/{key}").json()["participants"][0]
        states.append((customer["callbacks"][0]["state"], "endTime" in customer))
    assert states == [("scheduled", False), ("alerting", False), ("connected", False), ("terminated", True)]


def test_the_data_of_a_callback_are_attributes_of_the_customer(platform: httpx.Client) -> None:
    key = platform.post(CALLBACK, json=callback()).json()["conversation"]["id"]
    customer = platform.get(f"/api/v2/conversations/{key}").json()["participants"][0]
    assert (customer["purpose"], customer["attributes"]) == ("customer", {"attempt": "a-1"})


def test_attributes_are_found_only_after_a_while(platform: httpx.Client, fresh: EmulatorThread) -> None:
    platform.post(CALLBACK, json=callback())
    criterion = {"type": "EXACT", "fields": ["participantData.attempt"], "value": "a-1"}
    found = []
    for seconds in (0, 6):
        fresh.advance(seconds)
        found.append(len(platform.post(ATTRIBUTES, json={"query": [criterion]}).json()["results"]))
    assert found == [0, 1]


def test_analytics_lag_behind(platform: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(index_delay_seconds=120)
    key = platform.post(AGENTLESS, json=sms()).json()["conversationId"]
    query = details_query(today(), addressTo="+14155550000")
    assert platform.post(QUERY, json=query).json() == {"totalHits": 0}
    assert platform.get(f"/api/v2/conversations/{key}").status_code == 200
    fresh.advance(121)
    assert platform.post(QUERY, json=query).json()["conversations"][0]["conversationId"] == key


def test_the_interval_of_a_query_selects_whole_days(platform: httpx.Client, fresh: EmulatorThread) -> None:
    platform.post(AGENTLESS, json=sms())
    fresh.advance(10)
    start = datetime.fromtimestamp(fresh.org.conversations.by_id.popitem()[1].start, timezone.utc)
    platform.post(AGENTLESS, json=sms(1))
    fresh.advance(10)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    hits = {
        days: platform.post(
            QUERY,
            json={
                "interval": f"{(midnight + timedelta(days=days)).isoformat()}"
                f"/{(midnight + timedelta(days=days, seconds=1)).isoformat()}"
            },
        ).json()["totalHits"]
        for days in (-1, 0, 2)
    }
    assert hits == {-1: 0, 0: 1, 2: 0}


@pytest.mark.parametrize(
    ("dimension", "value", "hits"),
    [
        ("addressTo", "+14155550000", 1),
        ("addressTo", "ada@example.com", 1),
        ("addressFrom", defaults.SMS_NUMBER, 1),
        ("mediaType", "message", 1),
        ("mediaType", "email", 1),
        ("mediaType", "voice", 0),
        ("messageType", "sms", 1),
        ("messageType", "whatsapp", 0),
        ("subject", "Hello", 1),
        ("callbackNumber", "+14155550100", 1),
        ("queueId", defaults.QUEUE_ID, 1),
        ("purpose", "customer", 3),
    ],
)
def test_a_query_finds_by_dimension(
    platform: httpx.Client, fresh: EmulatorThread, dimension: str, value: str, hits: int
) -> None:
    for path, body in ((AGENTLESS, sms()), (EMAIL, email()), (CALLBACK, callback())):
        platform.post(path, json=body)
    fresh.advance(6)
    assert platform.post(QUERY, json=details_query(today(), **{dimension: value})).json()["totalHits"] == hits


def test_a_query_finds_by_contact_tag_start_and_either_of_two(
    platform: httpx.Client, fresh: EmulatorThread
) -> None:
    person = platform.post(ENRICH, json=upsert()).json()["id"]
    key = platform.post(AGENTLESS, json=sms(externalContactId=person)).json()["conversationId"]
    platform.put(f"/api/v2/conversations/{key}/tags", json={"externalTag": "campaign-1"})
    platform.post(AGENTLESS, json=sms(1))
    fresh.advance(6)
    start = fresh.org.conversations.by_id[key].start * 1000
    filters: list[dict[str, Any]] = [
        details_query(today(), externalContactId=person),
        {"conversationFilters": _any(("externalTag", "campaign-1"))},
        {"conversationFilters": _any(("conversationId", key), ("externalTag", "none"))},
        {
            "conversationFilters": [
                {
                    "type": "and",
                    "predicates": [
                        {"dimension": "conversationStart", "range": {"gte": start - 1, "lt": start + 1}}
                    ],
                }
            ]
        },
        {
            "segmentFilters": [
                {"type": "and", "predicates": [{"dimension": "externalContactId", "operator": "exists"}]}
            ]
        },
    ]
    for body in filters:
        found = platform.post(QUERY, json={"interval": today(), **body}).json()["conversations"]
        assert [each["conversationId"] for each in found] == [key]


def _any(*dimensions: tuple[str, str]) -> list[dict[str, Any]]:
    predicates = [{"type": "dimension", "dimension": name, "value": value} for name, value in dimensions]
    return [{"type": "or", "predicates": predicates}]


def test_the_pages_of_a_query_are_in_order(platform: httpx.Client, fresh: EmulatorThread) -> None:
    for number in range(5):
        platform.post(AGENTLESS, json=sms(number))
    fresh.advance(6)
    seen = []
    for page in (1, 2, 3):
        body = {"interval": today(), "paging": {"pageSize": 2, "pageNumber": page}}
        seen += platform.post(QUERY, json=body).json()["conversations"]
    assert [each["participants"][0]["sessions"][0]["addressTo"] for each in seen] == [
        sms(number)["toAddress"] for number in range(5)
    ]


def test_an_association_is_accepted_even_for_nobody(platform: httpx.Client, fresh: EmulatorThread) -> None:
    person = platform.post(ENRICH, json=upsert()).json()["id"]
    key = platform.post(EMAIL, json=email()).json()["conversationId"]
    for conversation in (key, "nobody"):
        body = {
            "externalContactId": person,
            "conversationId": conversation,
            "communicationId": "c",
            "mediaType": "EMAIL",
        }
        path = f"/api/v2/externalcontacts/conversations/{conversation}"
        assert platform.put(path, json=body).status_code == 202
    row = fresh.truth()["contacts"][0]
    assert (row["external_contact_id"], row["matched_by"]) == ("crm-0", "request")


def test_a_conversation_can_go_on_for_ever(platform: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(never_end=True, token_lifetime_seconds=100 * 86400)
    log_in(platform)
    key = platform.post(AGENTLESS, json=sms()).json()["conversationId"]
    fresh.advance(10 * 86400)
    assert "endTime" not in platform.get(f"/api/v2/conversations/{key}").json()
    fresh.end(key, "spam")
    ended = platform.get(f"/api/v2/conversations/{key}").json()
    assert ended["participants"][0]["messages"][0]["disconnectType"] == "spam"


def test_an_opted_out_person_gets_no_message(platform: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(opted_out=["+14155550000"], undeliverable={"ada@example.com": "InvalidDestination"})
    message = platform.post(AGENTLESS, json=sms()).json()
    mail = platform.post(EMAIL, json=email()).json()
    fresh.advance(30)
    receipt = platform.get(f"/api/v2/conversations/messages/{message['id']}/details").json()
    customer = platform.get(f"/api/v2/conversations/{mail['conversationId']}").json()["participants"][0]
    assert receipt["normalizedReceipts"][0]["reasons"][0]["code"] == "RecipientOptedOut"
    assert customer["emails"][0]["errorInfo"]["code"] == "InvalidDestination"
    assert [row["delivered"] for row in fresh.truth()["contacts"]] == [False, False]


def test_the_clock_can_run_faster(platform: httpx.Client, fresh: EmulatorThread) -> None:
    key = platform.post(AGENTLESS, json=sms()).json()["conversationId"]
    platform.post("/_emulator/clock", json={"speed": 100_000})
    while "endTime" not in platform.get(f"/api/v2/conversations/{key}").json():
        pass
    assert platform.get("/_emulator/clock").json()["speed"] == 100_000


def test_a_do_not_contact_list_is_exported(platform: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(dnc_export_seconds=30)
    path = f"/api/v2/outbound/dnclists/{defaults.DNC_LIST_ID}"
    platform.post(f"{path}/phonenumbers", json=["+14155550100"])
    soon = {"action": "Add", "emailAddresses": ["ada@example.com"], "expirationDateTime": "2001-01-01T00:00Z"}
    platform.patch(f"{path}/emailaddresses", json=soon)
    platform.post(f"{path}/export")
    assert platform.get(f"{path}/export").status_code == 404
    fresh.advance(31)
    address = platform.get(f"{path}/export", params={"download": "false"}).json()["uri"]
    redirect = platform.get(f"{path}/export", params={"download": "true"})
    assert (redirect.status_code, redirect.headers["Location"]) == (302, address)
    assert platform.get(address).text.split() == ["entry,expirationDateTime", "+14155550100,"]


def test_the_list_of_an_outside_service_is_not_ours_to_change(platform: httpx.Client) -> None:
    path = f"/api/v2/outbound/dnclists/{defaults.DNC_EXTERNAL_LIST_ID}/phonenumbers"
    assert platform.post(path, json=["+14155550100"]).json()["code"] == "dnc.source.operation.not.supported"

"""How contacts behave, as the platform fact sheet (3.3 to 3.5) and issue 4 say."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from emulator.state import defaults
from tests.support.emulation import EmulatorThread
from tests.support.emulator_clients import CONTACTS, ENRICH, SOURCE, upsert

BULK = "/api/v2/externalcontacts/bulk/contacts/enrich"
LOOKUP = "/api/v2/externalcontacts/identifierlookup/contacts"
PHONE = {"type": "Phone", "value": "+14155550100"}


def test_a_plain_create_makes_silent_duplicates(platform: httpx.Client) -> None:
    body = {"cellPhone": {"display": "+14155550100"}, "externalIds": [{**SOURCE, "value": "crm-1"}]}
    first, second = (platform.post(CONTACTS, json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["id"] != second.json()["id"]


def test_an_identifier_stays_with_the_older_contact(platform: httpx.Client) -> None:
    body = {"cellPhone": {"display": "+1 (415) 555-0100"}}
    older, younger = (platform.post(CONTACTS, json=body).json()["id"] for _ in range(2))
    assert platform.post(LOOKUP, json=PHONE).json()["id"] == older
    assert platform.get(f"{CONTACTS}/{younger}/identifiers").json() == {"entities": []}


def test_a_freed_identifier_can_be_claimed(platform: httpx.Client) -> None:
    body = {"cellPhone": {"display": "+14155550100"}}
    older, younger = (platform.post(CONTACTS, json=body).json()["id"] for _ in range(2))
    platform.delete(f"{CONTACTS}/{older}")
    assert platform.post(LOOKUP, json=PHONE).status_code == 404
    claim = {"operation": "Claim", "identifier": PHONE}
    platform.patch(f"{CONTACTS}/{younger}/identifiers", json=claim)
    assert platform.post(LOOKUP, json=PHONE).json()["id"] == younger


def test_an_upsert_makes_no_duplicates(platform: httpx.Client, fresh: EmulatorThread) -> None:
    statuses = [platform.post(ENRICH, json=upsert()).status_code for _ in range(3)]
    assert statuses == [201, 200, 200]
    assert len(fresh.org.contacts) == 1


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("AlwaysUseProvided", "Grace"), ("PreferProvided", "Grace"), ("PreferExisting", "Ada")],
)
def test_an_upsert_combines_fields_by_its_rule(platform: httpx.Client, rule: str, expected: str) -> None:
    platform.post(ENRICH, json=upsert(lastName="Lovelace"))
    body = {**upsert(firstName="Grace"), "fieldRules": {"defaultAction": rule}}
    contact = platform.post(ENRICH, json=body).json()
    assert (contact["firstName"], contact["lastName"]) == (expected, "Lovelace")


@pytest.mark.parametrize(("rule", "kept"), [("AlwaysUseProvided", False), ("PreferProvided", True)])
def test_null_keeps_the_stored_value_unless_provided_always_wins(
    platform: httpx.Client, rule: str, kept: object
) -> None:
    platform.post(ENRICH, json=upsert(lastName="Lovelace"))
    body = {**upsert(lastName=None), "fieldRules": {"defaultAction": rule}}
    assert ("lastName" in platform.post(ENRICH, json=body).json()) is kept


@pytest.mark.parametrize(("action", "known", "status"), [("Insert", 1, 409), ("Update", 0, 404)])
def test_insert_and_update_insist(platform: httpx.Client, action: str, known: int, status: int) -> None:
    for _ in range(known):
        platform.post(ENRICH, json=upsert())
    assert platform.post(ENRICH, json=upsert(action=action)).status_code == status


def test_a_rehearsal_changes_nothing(platform: httpx.Client, fresh: EmulatorThread) -> None:
    assert platform.post(ENRICH, json=upsert(), params={"dryRun": "true"}).status_code == 201
    platform.post(ENRICH, json=upsert())
    platform.post(ENRICH, json=upsert(firstName="Grace"), params={"dryRun": "true"})
    assert [contact.fields["firstName"] for contact in fresh.org.contacts.people()] == ["Ada"]


def test_matching_identifiers_are_tried_in_order(platform: httpx.Client) -> None:
    first, second = (platform.post(ENRICH, json=upsert(number)).json()["id"] for number in (1, 2))
    keys = [upsert(number)["matchingIdentifiers"][0] for number in (9, 2, 1)]
    body = {**upsert(), "matchingIdentifiers": keys, "contact": {"title": "x"}}
    assert platform.post(ENRICH, json=body).json()["id"] == second != first


def test_merge_by_enrich_makes_one_of_all_matches(platform: httpx.Client) -> None:
    ids = [platform.post(ENRICH, json=upsert(number)).json()["id"] for number in (1, 2)]
    keys = [upsert(number)["matchingIdentifiers"][0] for number in (1, 2)]
    merged = platform.post(ENRICH, json={**upsert(1, "Merge"), "matchingIdentifiers": keys}).json()
    assert {platform.get(f"{CONTACTS}/{each}").json()["id"] for each in ids} == {merged["id"]}


def test_a_merged_contact_answers_under_its_old_ids(platform: httpx.Client) -> None:
    ids = [platform.post(ENRICH, json=upsert(number)).json()["id"] for number in (1, 2)]
    merged = platform.post(f"{CONTACTS}/merge", json={"contactIds": ids}).json()["id"]
    changed = platform.put(f"{CONTACTS}/{ids[0]}", json={"firstName": "Grace"}).json()
    assert changed["id"] == merged not in ids
    assert changed["canonicalContact"]["id"] == merged
    assert platform.get(f"{CONTACTS}/{ids[0]}/unresolved").json()["firstName"] == "Ada"


def test_ten_enrichments_go_in_one_request_and_eleven_do_not(platform: httpx.Client) -> None:
    for number, status in ((10, 200), (11, 400), (0, 400)):
        body = {"entities": [upsert(each) for each in range(number)]}
        assert platform.post(BULK, json=body).status_code == status


def test_bulk_results_come_in_another_order(platform: httpx.Client) -> None:
    sent = [upsert(each) for each in range(10)]
    orders = [
        [result["id"] for result in platform.post(BULK, json={"entities": sent}).json()["results"]]
        for _ in range(3)
    ]
    asked = [each["id"] for each in sent]
    assert all(sorted(order) == sorted(asked) for order in orders)
    assert any(order != asked for order in orders)


def test_one_bad_entity_fails_alone(platform: httpx.Client, fresh: EmulatorThread) -> None:
    bad = {**upsert(5), "action": "Explode"}
    answer = platform.post(BULK, json={"entities": [upsert(1), bad, upsert(2)]})
    body = answer.json()
    failed = body["results"][body["errorIndexes"][0]]
    assert (answer.status_code, body["errorCount"], failed["id"], failed["status"]) == (200, 1, "row-5", 400)
    assert failed["error"]["entity"] == bad
    assert not failed["error"]["retryable"]
    assert len(fresh.org.contacts) == 2


def test_an_entity_can_fail_for_a_moment(platform: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(faults=[{"kind": "entity_error", "operation": "contacts.bulk_enrich", "nth": 2}])
    bodies = [platform.post(BULK, json={"entities": [upsert(1), upsert(2)]}).json() for _ in range(2)]
    failed = bodies[0]["results"][bodies[0]["errorIndexes"][0]]
    assert (failed["status"], failed["error"]["retryable"]) == (503, True)
    assert bodies[1]["errorCount"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Ada"},
        {"channels": {"sms": "+14155550100"}},
        {"workEmail": "x" * 257},
        {"firstName": 7},
        {"cellPhone": "+14155550100"},
        {"externalIds": [{**SOURCE, "value": str(each)} for each in range(11)]},
        {"surveyOptOut": "yes"},
        {"type": "Friend"},
    ],
)
def test_a_contact_that_is_none_is_refused(platform: httpx.Client, change: dict[str, Any]) -> None:
    answer = platform.post(CONTACTS, json=change)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad.request")
    assert next(iter(change)) in answer.json()["details"][0]["fieldName"]


def test_an_unknown_source_is_refused(platform: httpx.Client) -> None:
    body = {"externalIds": [{"externalSource": {"id": "elsewhere"}, "value": "crm-1"}]}
    assert platform.post(CONTACTS, json=body).status_code == 422


def test_a_number_without_country_code_has_no_e164(platform: httpx.Client) -> None:
    phone = platform.post(CONTACTS, json={"cellPhone": {"display": "555-0100"}}).json()["cellPhone"]
    assert phone == {"display": "555-0100", "userInput": "555-0100"}


def test_the_name_of_a_source_is_unique(platform: httpx.Client) -> None:
    body = {"name": defaults.EXTERNAL_SOURCE_NAME}
    assert platform.post("/api/v2/externalcontacts/externalsources", json=body).status_code == 409


def test_external_ids_can_conflict_when_told_so(platform: httpx.Client, fresh: EmulatorThread) -> None:
    fresh.configure(duplicate_external_id="conflict")
    body = {"externalIds": [{**SOURCE, "value": "crm-1"}]}
    assert [platform.post(CONTACTS, json=body).status_code for _ in range(2)] == [200, 409]

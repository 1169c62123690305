"""The official SDK, pointed at the emulator: its own calls work, and its models lose nothing of our answers.

Each test makes calls of the SDK. `whole` then writes the model that came out back to JSON, by the SDK's
own rules, and compares it with the bytes that we sent: a field that the SDK doesn't know, a wrong type or
a value outside an enum would be missing or different there.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import PureCloudPlatformClientV2 as sdk  # noqa: N813  its own name is a mouthful
import pytest
from PureCloudPlatformClientV2.rest import ApiException

from emulator.state import defaults
from tests.support.emulation import EmulatorThread
from tests.support.sdk_models import difference, whole

SOURCE = {"externalSource": {"id": defaults.EXTERNAL_SOURCE_ID}}
NUMBERS = iter(range(10_000))


def contact_body(number: int) -> dict[str, Any]:
    """A contact with its own phone, e-mail and CRM id."""
    return {
        "firstName": "Ada",
        "lastName": "Lovelace",
        "cellPhone": {"display": f"+3120555{number:04d}", "acceptsSMS": True},
        "workEmail": f"ada{number}@example.com",
        "externalIds": [{**SOURCE, "value": f"crm-{number}"}],
        "surveyOptOut": False,
    }


def enrich_body(number: int, action: str = "Upsert") -> dict[str, Any]:
    """An upsert of that contact by its CRM id."""
    return {
        "id": f"row-{number}",
        "matchingIdentifiers": [{"type": "ExternalId", "value": f"crm-{number}", **SOURCE}],
        "action": action,
        "contact": contact_body(number),
        "fieldRules": {"defaultAction": "PreferProvided", "defaultArrayAction": "Fill"},
        "options": {"promote": True},
    }


def sms_body(number: int) -> dict[str, Any]:
    return {
        "fromAddress": defaults.SMS_NUMBER,
        "toAddress": f"+3120666{number:04d}",
        "toAddressMessengerType": "sms",
        "textBody": "Hello",
    }


@pytest.fixture
def contacts(client: sdk.ApiClient) -> sdk.ExternalContactsApi:
    return sdk.ExternalContactsApi(client)


@pytest.fixture
def conversations(client: sdk.ApiClient) -> sdk.ConversationsApi:
    return sdk.ConversationsApi(client)


@pytest.fixture
def number() -> int:
    return next(NUMBERS)


@pytest.fixture
def contact(client: sdk.ApiClient, contacts: sdk.ExternalContactsApi, number: int) -> Any:
    return whole(client, contacts.post_externalcontacts_contacts(contact_body(number)))


@pytest.fixture
def sms(client: sdk.ApiClient, conversations: sdk.ConversationsApi, number: int) -> Any:
    return whole(client, conversations.post_conversations_messages_agentless(sms_body(number)))


# contacts


def test_a_contact_is_created(contact: Any, number: int) -> None:
    assert contact.cell_phone.e164 == f"+3120555{number:04d}"
    assert contact.external_ids[0].value == f"crm-{number}"


def test_a_contact_is_read_with_its_identifiers(client: Any, contacts: Any, contact: Any) -> None:
    read = whole(client, contacts.get_externalcontacts_contact(contact.id, expand=["identifiers"]))
    assert {each.type for each in read.identifiers} == {"Phone", "Email", "ExternalId"}


def test_a_contact_is_replaced(client: Any, contacts: Any, contact: Any) -> None:
    read = whole(client, contacts.put_externalcontacts_contact(contact.id, {"firstName": "Grace"}))
    assert (read.first_name, read.last_name) == ("Grace", None)


def test_a_contact_is_patched(client: Any, contacts: Any, contact: Any) -> None:
    change = {"field": "$.title", "action": "UpdateIfEmpty", "value": "Countess"}
    read = whole(client, contacts.patch_externalcontacts_contact(contact.id, {"changes": [change]}))
    assert (read.title, read.first_name) == ("Countess", "Ada")


def test_a_contact_is_deleted(contacts: Any, contact: Any) -> None:
    contacts.delete_externalcontacts_contact(contact.id)
    with pytest.raises(ApiException) as refused:
        contacts.get_externalcontacts_contact(contact.id)
    assert refused.value.status == 404


def test_contacts_are_listed_and_searched(client: Any, contacts: Any, contact: Any, number: int) -> None:
    listed = whole(client, contacts.get_externalcontacts_contacts(q=f"ada{number}@example.com"))
    body = {"operation": {"simpleSearch": {"query": "", "ids": [contact.id]}}}
    searched = whole(client, contacts.post_externalcontacts_contacts_search(body))
    assert [each.id for each in listed.entities] == [each.id for each in searched.entities] == [contact.id]


def test_contacts_are_scanned(client: Any, contacts: Any, contact: Any) -> None:
    ids: list[str] = []
    cursor = None
    while True:
        page = whole(
            client,
            contacts.get_externalcontacts_scan_contacts(limit=10, **({"cursor": cursor} if cursor else {})),
        )
        ids += [each.id for each in page.entities]
        cursor = page.cursors.after
        if cursor is None:
            break
    assert ids.count(contact.id) == 1


def test_a_contact_is_enriched(client: Any, contacts: Any, number: int) -> None:
    first = whole(client, contacts.post_externalcontacts_contacts_enrich(enrich_body(number)))
    assert client.last_response.status == 201
    again = whole(client, contacts.post_externalcontacts_contacts_enrich(enrich_body(number)))
    assert client.last_response.status == 200
    assert again.id == first.id


def test_contacts_are_enriched_in_bulk(client: Any, contacts: Any) -> None:
    entities = [enrich_body(next(NUMBERS)) for _ in range(9)]
    entities.append({**enrich_body(next(NUMBERS)), "matchingIdentifiers": []})
    answer = whole(client, contacts.post_externalcontacts_bulk_contacts_enrich({"entities": entities}))
    assert {each.id for each in answer.results} == {each["id"] for each in entities}
    failed = answer.results[answer.error_indexes[0]]
    assert (answer.error_count, failed.id, failed.error.retryable) == (1, entities[-1]["id"], False)


def test_contacts_are_added_updated_fetched_and_removed_in_bulk(
    client: Any, contacts: Any, number: int
) -> None:
    added = whole(
        client, contacts.post_externalcontacts_bulk_contacts_add({"entities": [contact_body(number)]})
    )
    genesys_id = added.results[0].id
    update = {"entities": [{"id": genesys_id, "firstName": "Grace"}]}
    updated = whole(client, contacts.post_externalcontacts_bulk_contacts_update(update))
    assert updated.results[0].entity.first_name == "Grace"
    ids = {"entities": [{"id": genesys_id}, {"id": "gone"}]}
    fetched = whole(client, contacts.post_externalcontacts_bulk_contacts(ids))
    assert fetched.error_count == 1
    whole(client, contacts.post_externalcontacts_bulk_contacts_remove(ids))


def test_a_contact_is_found_by_identifier(client: Any, contacts: Any, contact: Any, number: int) -> None:
    for identifier in (
        {"type": "ExternalId", "value": f"crm-{number}", **SOURCE},
        {"type": "Phone", "value": f"+3120555{number:04d}"},
        {"type": "Email", "value": f"ADA{number}@example.com"},
    ):
        assert (
            whole(client, contacts.post_externalcontacts_identifierlookup_contacts(identifier)).id
            == contact.id
        )


def test_a_contact_is_found_by_address(client: Any, contacts: Any, contact: Any, number: int) -> None:
    found = whole(client, contacts.get_externalcontacts_reversewhitepageslookup(f"+3120555{number:04d}"))
    assert [each.id for each in found.contacts] == [contact.id]


def test_an_identifier_is_claimed_listed_and_released(client: Any, contacts: Any, contact: Any) -> None:
    identifier = {"type": "Cookie", "value": contact.id}
    for operation in ("Claim", "Release"):
        body = {"operation": operation, "identifier": identifier}
        whole(client, contacts.patch_externalcontacts_contact_identifiers(contact.id, body))
    listed = whole(client, contacts.get_externalcontacts_contact_identifiers(contact.id))
    assert "Cookie" not in {each.type for each in listed.entities}


def test_contacts_are_merged(client: Any, contacts: Any, contact: Any) -> None:
    other = contacts.post_externalcontacts_contacts(contact_body(next(NUMBERS)))
    body = {"contactIds": [contact.id, other.id]}
    merged = whole(client, contacts.post_externalcontacts_contacts_merge(body))
    assert {each.id for each in merged.merge_set} == {merged.id, contact.id, other.id}
    assert whole(client, contacts.get_externalcontacts_contact(other.id)).id == merged.id
    unresolved = whole(client, contacts.get_externalcontacts_contact_unresolved(other.id))
    assert (unresolved.id, unresolved.merged_to.id) == (other.id, merged.id)


def test_a_contact_is_promoted(client: Any, contacts: Any, contact: Any) -> None:
    assert whole(client, contacts.post_externalcontacts_contact_promotion(contact.id)).type == "Curated"


def test_external_sources_are_kept(client: Any, contacts: Any) -> None:
    made = whole(
        client, contacts.post_externalcontacts_externalsources({"name": "Other CRM", "active": True})
    )
    body = {"name": "Third CRM", "active": False}
    whole(client, contacts.put_externalcontacts_externalsource(made.id, body))
    assert whole(client, contacts.get_externalcontacts_externalsource(made.id)).name == "Third CRM"
    names = [each.name for each in whole(client, contacts.get_externalcontacts_externalsources()).entities]
    assert names == [defaults.EXTERNAL_SOURCE_NAME, "Third CRM"]
    contacts.delete_externalcontacts_externalsource(made.id)


# interactions


def test_an_sms_is_sent(sms: Any, number: int, genesys: EmulatorThread) -> None:
    row = genesys.org.truth.rows[-1]
    assert (row.conversation_id, row.address) == (sms.conversation_id, f"+3120666{number:04d}")


def test_an_open_message_is_sent(client: Any, conversations: Any, contact: Any) -> None:
    body = {
        "fromAddress": defaults.OPEN_INTEGRATION_ID,
        "toAddress": contact.id,
        "toAddressMessengerType": "open",
        "textBody": "Hello",
        "externalContactId": contact.id,
    }
    assert whole(client, conversations.post_conversations_messages_agentless(body)).messenger_type == "open"


def test_a_whatsapp_template_is_sent(client: Any, conversations: Any, number: int) -> None:
    body = {
        "fromAddress": defaults.WHATSAPP_INTEGRATION_ID,
        "toAddress": f"3120777{number:04d}",
        "toAddressMessengerType": "whatsapp",
        "messagingTemplate": {"responseId": "welcome", "bodyParameters": [{"id": "1", "value": "Ada"}]},
    }
    assert (
        whole(client, conversations.post_conversations_messages_agentless(body)).messenger_type == "whatsapp"
    )


def email_body(number: int) -> dict[str, Any]:
    return {
        "senderType": "Outbound",
        "fromAddress": {"email": defaults.EMAIL_FROM, "name": "Outreach"},
        "toAddresses": [{"email": f"ada{number}@example.com", "name": "Ada"}],
        "replyToAddress": {"email": defaults.EMAIL_FROM},
        "subject": f"Your appointment [{number}]",
        "textBody": "Tomorrow at ten.",
        "htmlBody": "<p>Tomorrow at ten.</p>",
    }


def test_an_email_is_sent_and_read(client: Any, conversations: Any, number: int) -> None:
    sent = whole(client, conversations.post_conversations_emails_agentless(email_body(number)))
    read = whole(client, conversations.get_conversations_email(sent.conversation_id))
    assert read.participants[0].subject == f"Your appointment [{number}]"
    appended = {**email_body(number), "conversationId": sent.conversation_id}
    again = whole(client, conversations.post_conversations_emails_agentless(appended))
    assert again.conversation_id == sent.conversation_id


def callback_body(number: int) -> dict[str, Any]:
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    return {
        "callbackNumbers": [f"+3120888{number:04d}"],
        "routingData": {"queueId": defaults.QUEUE_ID},
        "callbackUserName": "Ada",
        "callbackScheduledTime": later.isoformat(),
        "data": {"attempt": f"attempt-{number}"},
    }


def test_a_callback_is_scheduled_moved_and_read(
    client: Any, conversations: Any, number: int, genesys: EmulatorThread
) -> None:
    made = whole(client, conversations.post_conversations_callbacks(callback_body(number)))
    key = made.conversation.id
    change = {"conversationId": key, "callbackNumbers": ["+31205550199"]}
    whole(client, conversations.patch_conversations_callbacks(change))
    read = whole(client, conversations.get_conversations_callback(key))
    assert read.participants[0].callback_numbers == ["+31205550199"]
    assert read.participants[0].attributes == {"attempt": f"attempt-{number}"}
    genesys.advance(2 * 3600)
    ended = whole(client, conversations.get_conversation(key))
    assert ended.participants[0].callbacks[0].state == "terminated"
    whole(client, conversations.get_conversations_callback(key))


def test_a_conversation_is_read_from_start_to_end(
    client: Any, conversations: Any, sms: Any, genesys: EmulatorThread
) -> None:
    before = whole(client, conversations.get_conversation(sms.conversation_id))
    genesys.advance(60)
    after = whole(client, conversations.get_conversation(sms.conversation_id))
    assert before.end_time is None
    assert after.end_time is not None
    assert after.participants[0].messages[0].disconnect_type == "inactivity"


def test_a_message_is_read_with_its_receipts(
    client: Any, conversations: Any, sms: Any, genesys: EmulatorThread
) -> None:
    genesys.advance(10)
    of_conversation = whole(
        client, conversations.get_conversations_message_message(sms.conversation_id, sms.id)
    )
    alone = whole(client, conversations.get_conversations_message_details(sms.id))
    media = whole(client, conversations.get_conversations_message(sms.conversation_id))
    assert of_conversation.status == alone.status == "delivery-success"
    assert alone.normalized_receipts[0].is_final_receipt
    assert media.participants[0].messages[0].message_status == "delivery-success"
    genesys.advance(60)
    ended = whole(client, conversations.get_conversations_message(sms.conversation_id))
    assert ended.participants[0].state == "disconnected"


def test_a_refused_message_shows_why(
    client: Any, conversations: Any, genesys: EmulatorThread, number: int
) -> None:
    genesys.configure(opted_out=[f"+3120666{number:04d}"])
    sent = conversations.post_conversations_messages_agentless(sms_body(number))
    genesys.advance(10)
    read = whole(client, conversations.get_conversations_message_details(sent.id))
    assert (read.status, read.normalized_receipts[0].reasons[0].code) == ("failed", "RecipientOptedOut")
    whole(client, conversations.get_conversation(sent.conversation_id))
    whole(client, conversations.get_conversations_message(sent.conversation_id))


def test_a_conversation_is_tagged_marked_and_associated(
    client: Any, conversations: Any, contacts: Any, contact: Any, sms: Any
) -> None:
    key = sms.conversation_id
    customer = conversations.get_conversation(key).participants[0]
    conversations.put_conversation_tags(key, {"externalTag": "campaign-1"})
    conversations.patch_conversation_participant_attributes(key, customer.id, {"attributes": {"a": "b"}})
    association = {
        "externalContactId": contact.id,
        "conversationId": key,
        "communicationId": customer.messages[0].id,
        "mediaType": "MESSAGE",
    }
    contacts.put_externalcontacts_conversation(key, association)
    assert client.last_response.status == 202
    read = whole(client, conversations.get_conversation(key))
    assert (read.external_tag, read.participants[0].attributes) == ("campaign-1", {"a": "b"})
    assert read.participants[0].external_contact_id == contact.id


@pytest.mark.parametrize("way", ["patch", "participant", "disconnect", "delete"])
def test_a_conversation_is_ended_in_four_ways(client: Any, conversations: Any, sms: Any, way: str) -> None:
    key = sms.conversation_id
    if way == "patch":
        whole(client, conversations.patch_conversations_message(key, {"state": "disconnected"}))
    elif way == "participant":
        participant = conversations.get_conversation(key).participants[1].id
        conversations.patch_conversations_message_participant(
            key, participant, body={"state": "disconnected"}
        )
    elif way == "disconnect":
        conversations.post_conversation_disconnect(key)
    else:
        conversations.delete_conversation(key)
    assert conversations.get_conversation(key).end_time is not None


# finding


def test_conversations_are_found_by_a_details_query(
    client: Any, sms: Any, number: int, genesys: EmulatorThread
) -> None:
    now = datetime.fromtimestamp(genesys.org.now(), timezone.utc)
    body = {
        "interval": f"{(now - timedelta(minutes=2)).isoformat()}/{now.isoformat()}",
        "order": "asc",
        "orderBy": "conversationStart",
        "paging": {"pageSize": 25, "pageNumber": 1},
        "conversationFilters": [_and("originatingDirection", "outbound")],
        "segmentFilters": [_and("mediaType", "message"), _and("addressTo", f"+3120666{number:04d}")],
    }
    found = whole(client, sdk.AnalyticsApi(client).post_analytics_conversations_details_query(body))
    assert [each.conversation_id for each in found.conversations] == [sms.conversation_id]
    assert found.total_hits == 1


def _and(dimension: str, value: str) -> dict[str, Any]:
    predicate = {"type": "dimension", "dimension": dimension, "operator": "matches", "value": value}
    return {"type": "and", "predicates": [predicate]}


def test_details_are_read_by_id(client: Any, sms: Any) -> None:
    analytics = sdk.AnalyticsApi(client)
    one = whole(client, analytics.get_analytics_conversation_details(sms.conversation_id))
    many = whole(client, analytics.get_analytics_conversations_details(id=[sms.conversation_id, "gone"]))
    assert [each.conversation_id for each in many.conversations] == [one.conversation_id]


def test_a_callback_is_found_by_its_attributes(client: Any, conversations: Any, number: int) -> None:
    made = conversations.post_conversations_callbacks(callback_body(number))
    criterion = {"type": "EXACT", "fields": ["participantData.attempt"], "value": f"attempt-{number}"}
    body = {"query": [criterion], "returnFields": ["conversationId"]}
    found = whole(client, conversations.post_conversations_participants_attributes_search(body))
    assert [each["conversationId"] for each in found.results] == [made.conversation.id]


# may we contact


def test_do_not_contact_lists_are_kept_and_exported(client: Any) -> None:
    outbound = sdk.OutboundApi(client)
    listed = whole(client, outbound.get_outbound_dnclists(include_size=True, include_import_status=True))
    assert {each.dnc_source_type for each in listed.entities} == {"rds", "dnc.com"}
    key = defaults.DNC_LIST_ID
    outbound.post_outbound_dnclist_phonenumbers(key, ["+31205550100"])
    outbound.post_outbound_dnclist_emailaddresses(key, ["ada@example.com"])
    addition = {"action": "Add", "phoneNumbers": ["+31205550101"], "expirationDateTime": "2999-01-01T00:00Z"}
    outbound.patch_outbound_dnclist_phonenumbers(key, addition)
    outbound.patch_outbound_dnclist_emailaddresses(
        key, {"action": "Remove", "emailAddresses": ["ada@example.com"]}
    )
    assert whole(client, outbound.get_outbound_dnclist(key, include_size=True)).size == 2
    whole(client, outbound.post_outbound_dnclist_export(key))
    assert "/downloads/" in whole(client, outbound.get_outbound_dnclist_export(key, download="false")).uri


def test_a_do_not_contact_list_is_created(client: Any) -> None:
    body = {"name": "Another", "dncSourceType": "rds", "contactMethod": "Email"}
    assert whole(client, sdk.OutboundApi(client).post_outbound_dnclists(body)).contact_method == "Email"


def test_the_campaign_rules_are_listed(client: Any) -> None:
    outbound = sdk.OutboundApi(client)
    hours = whole(client, outbound.get_outbound_callabletimesets())
    assert hours.entities[0].callable_times[0].time_slots[0].day == 1
    assert whole(client, outbound.get_outbound_attemptlimits()).entities == []


# senders and the account


def test_the_senders_are_listed(client: Any) -> None:
    routing = sdk.RoutingApi(client)
    numbers = whole(client, routing.get_routing_sms_phonenumbers(phone_number=defaults.SMS_NUMBER))
    assert [(each.phone_number_status, each.supports_sms) for each in numbers.entities] == [("ACTIVE", True)]
    integrations = whole(client, sdk.ConversationsApi(client).get_conversations_messaging_integrations())
    assert {each.messenger_type for each in integrations.entities} == {"open", "whatsapp", "webmessaging"}
    domains = whole(client, routing.get_routing_email_outbound_domains())
    assert domains.entities[0].dkim_verification_result.status == "VERIFIED"
    whole(client, routing.get_routing_email_outbound_domain(defaults.EMAIL_DOMAIN))


def test_the_queues_are_listed(client: Any) -> None:
    routing = sdk.RoutingApi(client)
    assert whole(client, routing.get_routing_queues(id=["other", defaults.QUEUE_ID])).total == 1
    assert whole(client, routing.get_routing_queue(defaults.QUEUE_ID)).name == defaults.QUEUE_NAME


def test_the_account_tells_who_we_are(client: Any) -> None:
    tokens = sdk.TokensApi(client)
    assert whole(client, tokens.get_tokens_me()).o_auth_client.id == "demo"
    tokens.head_tokens_me()
    assert whole(client, sdk.OrganizationApi(client).get_organizations_me()).id == defaults.ORGANISATION_ID
    assert whole(client, sdk.AuthorizationApi(client).get_authorization_divisions_home()).home_division


def test_the_limits_are_published(client: Any, genesys: EmulatorThread) -> None:
    genesys.configure(requests_per_minute=100_000)
    organisation = sdk.OrganizationApi(client)
    assert "platform.api" in whole(client, organisation.get_organizations_limits_namespaces())["entities"]
    for read in (
        organisation.get_organizations_limits_namespace,
        organisation.get_organizations_limits_namespace_defaults,
    ):
        limits = {each.key: each.value for each in whole(client, read("platform.api")).entities}
        assert limits["token.rate.per.minute"] == 100_000
    whole(client, organisation.get_organizations_limits_docs())


def test_a_client_is_no_user(client: Any) -> None:
    with pytest.raises(ApiException) as refused:
        sdk.UsersApi(client).get_users_me()
    assert json.loads(refused.value.body)["code"] == "not.a.user"


def test_a_token_is_worthless_after_logging_out(client: Any) -> None:
    tokens = sdk.TokensApi(client)
    tokens.delete_tokens_me()
    with pytest.raises(ApiException) as refused:
        tokens.get_tokens_me()
    assert refused.value.status == 401


def test_the_envelope_of_an_error_is_the_sdks(client: Any) -> None:
    with pytest.raises(ApiException) as refused:
        sdk.ConversationsApi(client).post_conversations_messages_agentless({"fromAddress": "x"})
    body = json.loads(refused.value.body)
    model = client._ApiClient__deserialize(body, "ErrorBody")
    assert difference(body, client.sanitize_for_serialization(model)) is None

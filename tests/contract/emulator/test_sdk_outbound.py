"""Outbound through the official SDK: its calls work, and its models lose nothing of our answers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import PureCloudPlatformClientV2 as sdk  # noqa: N813  its own name is a mouthful
import pytest
from PureCloudPlatformClientV2.rest import ApiException

from emulator.state import defaults
from tests.support.emulation import EmulatorThread
from tests.support.sdk_models import whole

NUMBERS = iter(range(10_000))


@pytest.fixture
def outbound(client: sdk.ApiClient) -> sdk.OutboundApi:
    return sdk.OutboundApi(client)


@pytest.fixture
def number() -> int:
    return next(NUMBERS)


@pytest.fixture
def limits(client: Any, outbound: Any, number: int) -> Any:
    body = {"name": f"once {number}", "maxAttemptsPerContact": 1, "maxAttemptsPerNumber": 1}
    return whole(client, outbound.post_outbound_attemptlimits({**body, "resetPeriod": "NEVER"}))


@pytest.fixture
def contacts(client: Any, outbound: Any, number: int, limits: Any) -> Any:
    body = {
        "name": f"list {number}",
        "columnNames": ["cell", "zone", "text", "ref"],
        "phoneColumns": [{"columnName": "cell", "type": "cell", "callableTimeColumnName": "zone"}],
        "attemptLimits": {"id": limits.id},
    }
    return whole(client, outbound.post_outbound_contactlists(body))


def people(kept: Any, number: int, many: int = 3) -> list[dict[str, Any]]:
    return [
        {
            "id": f"00000000-0000-4000-8000-{number:06d}{each:06d}",
            "contactListId": kept.id,
            "data": {"cell": f"+3161{number:04d}{each:03d}", "zone": "Europe/Paris", "text": "Hello"},
        }
        for each in range(many)
    ]


@pytest.fixture
def added(client: Any, outbound: Any, contacts: Any, number: int) -> list[Any]:
    body = people(contacts, number)
    flags = {"do_not_queue": True, "clear_system_data": False}
    made: list[Any] = whole(client, outbound.post_outbound_contactlist_contacts(contacts.id, body, **flags))
    return made


@pytest.fixture
def campaign(client: Any, outbound: Any, contacts: Any, number: int, genesys: EmulatorThread) -> Any:
    genesys.configure(sms_numbers={f"+49151{number:05d}": "ACTIVE", **defaults.SMS_NUMBERS})
    body = {
        "name": f"campaign {number}",
        "contactList": {"id": contacts.id},
        "messagesPerMinute": 600,
        "alwaysRunning": True,
        "dncLists": [{"id": defaults.DNC_LIST_ID}],
        "smsConfig": {
            "phoneColumn": "cell",
            "messageColumn": "text",
            "senderSmsPhoneNumber": {"phoneNumber": f"+49151{number:05d}"},
        },
    }
    return whole(client, outbound.post_outbound_messagingcampaigns(body))


def test_a_list_is_found_by_its_name_and_counted(
    client: Any, outbound: Any, contacts: Any, added: Any
) -> None:
    found = whole(client, outbound.get_outbound_contactlists(name=contacts.name, filter_type="Equals"))
    one = whole(client, outbound.get_outbound_contactlist(contacts.id, include_size=True))
    assert ([each.id for each in found.entities], one.size) == ([contacts.id], len(added))


def test_a_name_is_given_to_one_list_alone(outbound: Any, contacts: Any) -> None:
    body = {
        "name": contacts.name,
        "columnNames": ["cell"],
        "phoneColumns": [{"columnName": "cell", "type": "cell"}],
    }
    with pytest.raises(ApiException) as refused:
        outbound.post_outbound_contactlists(body)
    assert (refused.value.status, '"duplicate.name"' in refused.value.body) == (400, True)


def test_a_list_is_changed_cleared_and_deleted(client: Any, outbound: Any, contacts: Any, added: Any) -> None:
    body = {"name": contacts.name, "version": contacts.version, "columnNames": contacts.column_names}
    columns = [{"columnName": "cell", "type": "cell", "callableTimeColumnName": "zone"}]
    changed = whole(
        client,
        outbound.put_outbound_contactlist(
            contacts.id, {**body, "phoneColumns": columns, "trimWhitespace": True}
        ),
    )
    outbound.post_outbound_contactlist_clear(contacts.id)
    emptied = whole(client, outbound.get_outbound_contactlist(contacts.id, include_size=True))
    outbound.delete_outbound_contactlist(contacts.id)
    assert (changed.version, emptied.size) == (contacts.version + 1, 0)
    with pytest.raises(ApiException):
        outbound.get_outbound_contactlist(contacts.id)


def test_contacts_are_read_alone_together_and_by_search(
    client: Any, outbound: Any, contacts: Any, added: Any
) -> None:
    ids = [each.id for each in added]
    alone = whole(client, outbound.get_outbound_contactlist_contact(contacts.id, ids[0]))
    together = whole(client, outbound.post_outbound_contactlist_contacts_bulk(contacts.id, [*ids, "gone"]))
    searched = whole(
        client,
        outbound.post_outbound_contactlist_contacts_search(contacts.id, {"pageNumber": 1, "pageSize": 100}),
    )
    assert alone.data["text"] == "Hello"
    assert [each.id for each in together] == [each.id for each in searched.entities] == ids
    assert searched.contacts_count == len(ids)


def test_a_contact_is_withdrawn_and_taken_out(client: Any, outbound: Any, contacts: Any, added: Any) -> None:
    body = {"contactListId": contacts.id, "data": added[0].data, "callable": False}
    body["contactableStatus"] = {"Sms": {"contactable": False}}
    changed = whole(client, outbound.put_outbound_contactlist_contact(contacts.id, added[0].id, body))
    outbound.delete_outbound_contactlist_contact(contacts.id, added[1].id)
    outbound.delete_outbound_contactlist_contacts(contacts.id, [added[2].id])
    left = whole(client, outbound.get_outbound_contactlist(contacts.id, include_size=True)).size
    assert (changed.callable, changed.contactable_status["Sms"].contactable, left) == (False, False, 1)


def test_a_campaign_is_found_by_name_sender_and_status(client: Any, outbound: Any, campaign: Any) -> None:
    sender = campaign.sms_config.sender_sms_phone_number.phone_number
    for query in (
        {"name": campaign.name},
        {"sender_sms_phone_number": sender, "campaign_status": "off", "type": "SMS"},
        {"contact_list_id": campaign.contact_list.id},
    ):
        found = whole(client, outbound.get_outbound_messagingcampaigns(**query))
        assert [each.id for each in found.entities] == [campaign.id]


def test_a_campaign_sends_by_itself_and_everybody_has_a_result(
    client: Any, outbound: Any, campaign: Any, contacts: Any, added: Any, genesys: EmulatorThread
) -> None:
    outbound.post_outbound_messagingcampaign_start(campaign.id)
    genesys.advance(10)
    running = whole(client, outbound.get_outbound_messagingcampaign(campaign.id))
    progress = whole(client, outbound.get_outbound_messagingcampaign_progress(campaign.id))
    many = whole(client, outbound.post_outbound_messagingcampaigns_progress([campaign.id]))
    read = whole(client, outbound.get_outbound_contactlist_contact(contacts.id, added[0].id))
    diagnosed = whole(client, outbound.get_outbound_messagingcampaign_diagnostics(campaign.id))
    outbound.post_outbound_messagingcampaign_stop(campaign.id)
    genesys.advance(5)
    stopped = whole(client, outbound.get_outbound_messagingcampaign(campaign.id))
    assert (running.campaign_status, stopped.campaign_status) == ("on", "off")
    assert progress.number_of_contacts_messaged == many[0].number_of_contacts_messaged == len(added)
    assert read.latest_sms_evaluations["cell"].wrapup_code_id == "OUTBOUND-MESSAGE-SENT"
    assert diagnosed.filtered_out_contacts_count == 0


def test_the_results_of_a_list_are_exported(
    client: Any, outbound: Any, campaign: Any, contacts: Any, added: Any, genesys: EmulatorThread
) -> None:
    outbound.post_outbound_messagingcampaign_start(campaign.id)
    genesys.advance(10)
    whole(client, outbound.post_outbound_contactlist_export(contacts.id))
    with pytest.raises(ApiException) as early:
        outbound.get_outbound_contactlist_export(contacts.id, download="false")
    genesys.advance(5)
    ready = whole(client, outbound.get_outbound_contactlist_export(contacts.id, download="false"))
    path = ready.uri.removeprefix(genesys.url)
    file = client.call_api(path, "GET", response_type="str", auth_settings=["PureCloud OAuth"])
    assert early.value.status == 404
    assert all(each.id in file for each in added)
    assert file.count("OUTBOUND-MESSAGE-SENT") == len(added)


def test_a_campaign_is_found_in_analytics(
    client: Any, outbound: Any, campaign: Any, added: Any, genesys: EmulatorThread
) -> None:
    outbound.post_outbound_messagingcampaign_start(campaign.id)
    genesys.advance(30)
    genesys.truth()
    now = datetime.fromtimestamp(genesys.org.now(), timezone.utc)
    predicate = {"type": "dimension", "dimension": "outboundCampaignId", "value": campaign.id}
    body = {
        "interval": f"{(now - timedelta(hours=1)).isoformat()}/{now.isoformat()}",
        "segmentFilters": [{"type": "and", "predicates": [predicate]}],
    }
    found = whole(client, sdk.AnalyticsApi(client).post_analytics_conversations_details_query(body))
    shown = {each.participants[0].sessions[0].outbound_contact_id for each in found.conversations}
    assert shown == {each.id for each in added}


def test_a_stranger_recycles_and_the_log_tells(
    client: Any, outbound: Any, campaign: Any, added: Any, genesys: EmulatorThread
) -> None:
    outbound.post_outbound_messagingcampaign_start(campaign.id)
    genesys.advance(10)
    genesys.org.clock.run_at(0)
    outbound.delete_outbound_messagingcampaign_progress(campaign.id)
    told = whole(client, outbound.get_outbound_events(category="MESSAGING_CAMPAIGN"))
    assert told.entities[0].event_message.code == "RECYCLE_CAMPAIGN"
    # Not by the SDK, which would wait for the next minute and try again.
    progress = f"{genesys.url}/api/v2/outbound/messagingcampaigns/{campaign.id}/progress"
    again = httpx.delete(progress, headers={"Authorization": f"Bearer {client.access_token}"})
    genesys.org.clock.run_at(1)
    assert again.status_code == 429


def test_a_campaign_is_changed_and_deleted(client: Any, outbound: Any, campaign: Any) -> None:
    body = {
        "name": campaign.name,
        "version": campaign.version,
        "contactList": {"id": campaign.contact_list.id},
        "messagesPerMinute": 30,
        "smsConfig": client.sanitize_for_serialization(campaign.sms_config),
    }
    changed = whole(client, outbound.put_outbound_messagingcampaign(campaign.id, body))
    assert changed.messages_per_minute == 30
    with pytest.raises(ApiException) as stale:
        outbound.put_outbound_messagingcampaign(campaign.id, body)
    assert stale.value.status == 409
    whole(client, outbound.delete_outbound_messagingcampaign(campaign.id))


def test_a_schedule_is_an_outer_bound(
    client: Any, outbound: Any, campaign: Any, added: Any, genesys: EmulatorThread
) -> None:
    end = datetime.fromtimestamp(genesys.org.now(), timezone.utc) + timedelta(minutes=1)
    span = {"start": (end - timedelta(minutes=2)).isoformat(), "end": end.isoformat()}
    body = {"name": "bound", "intervals": [span], "timeZone": "UTC"}
    whole(client, outbound.put_outbound_schedules_messagingcampaign(campaign.id, body))
    whole(client, outbound.get_outbound_schedules_messagingcampaign(campaign.id))
    outbound.post_outbound_messagingcampaign_start(campaign.id)
    genesys.advance(65)
    assert whole(client, outbound.get_outbound_messagingcampaign(campaign.id)).campaign_status == "off"
    outbound.delete_outbound_schedules_messagingcampaign(campaign.id)


def test_what_stands_beside_campaigns_is_kept(client: Any, outbound: Any, limits: Any, number: int) -> None:
    action = {"markContactUncontactableActionSettings": {"mediaTypes": ["Sms"]}}
    codes = {"lastResultOverallConditionSettings": {"smsWrapupCodes": ["OUTBOUND-MESSAGE-SENT"]}}
    rule = {"name": "once", "order": 0, "category": "PostContact", "conditions": [codes], "actions": [action]}
    rules = whole(
        client, outbound.post_outbound_digitalrulesets({"name": f"rules {number}", "rules": [rule]})
    )
    slot = {"startTime": "09:00:00", "stopTime": "20:00:00", "day": 1}
    times = [{"timeZoneId": "Europe/Paris", "timeSlots": [slot]}]
    hours = whole(
        client, outbound.post_outbound_callabletimesets({"name": f"set {number}", "callableTimes": times})
    )
    recycling = {
        "name": f"administrator {number}",
        "enabled": False,
        "campaignRuleActions": [{"actionType": "recycleCampaign"}],
    }
    whole(client, outbound.post_outbound_campaignrules(recycling))
    assert whole(client, outbound.get_outbound_digitalruleset(rules.id)).rules[0].category == "PostContact"
    assert whole(client, outbound.get_outbound_digitalrulesets(name=rules.name)).total == 1
    assert whole(client, outbound.get_outbound_callabletimeset(hours.id)).name == hours.name
    assert whole(client, outbound.get_outbound_attemptlimit(limits.id)).max_attempts_per_contact == 1
    assert whole(client, outbound.get_outbound_attemptlimits(name=limits.name)).total == 1
    listed = whole(client, outbound.get_outbound_campaignrules()).entities
    assert recycling["name"] in [each.name for each in listed]


def test_the_settings_for_campaigns_are_changed(client: Any, outbound: Any) -> None:
    outbound.patch_outbound_settings({"rescheduleTimeZoneSkippedContacts": False})
    assert whole(client, outbound.get_outbound_settings()).reschedule_time_zone_skipped_contacts is False

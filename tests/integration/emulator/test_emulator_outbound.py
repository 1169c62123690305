"""How Outbound's engine behaves, as the outbound fact sheet says, and with each unknown both ways."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.outbound.contacting import rate_of
from emulator.state import defaults
from emulator.state.outbound_switches import OutboundSwitches
from tests.support.emulation import EmulatorThread
from tests.support.outbound import FLAGS, PATH, Stage, address

DOCUMENT = Path(__file__).parents[3] / "docs" / "emulator.md"


@pytest.fixture
def stage(platform: httpx.Client, fresh: EmulatorThread) -> Stage:
    return Stage(platform, fresh)


def times(stage: Stage) -> list[int]:
    """How often somebody was reached: [1] when everybody was, once."""
    return sorted(set(Counter(stage.reached).values()))


# who is sent to


def test_everybody_is_reached_once_in_the_lists_order_and_then_it_is_complete(stage: Stage) -> None:
    stage.add(range(50))
    stage.start()
    stage.run()
    assert stage.reached == [address(each) for each in range(50)]
    assert (stage.status, stage.progress["numberOfContactsMessaged"]) == ("complete", 50)


def test_nobody_is_reached_before_the_start(stage: Stage) -> None:
    stage.add(range(5))
    stage.run(3600)
    assert (stage.reached, stage.status) == ([], "off")


def test_it_sends_at_its_own_pace(stage: Stage) -> None:
    stage.add(range(1000))
    stage.genesys.org.clock.run_at(0)
    stage.start()
    stage.run(20)
    assert len(stage.reached) == pytest.approx(190, abs=3)


def test_a_start_of_a_complete_campaign_reaches_everybody_again(stage: Stage) -> None:
    stage.add(range(20))
    for _ in range(2):
        stage.start()
        stage.run()
    assert times(stage) == [2]


def test_a_stopped_campaign_goes_on_with_the_next(stage: Stage) -> None:
    stage.add(range(200))
    stage.start()
    stage.run(10)
    stage.stop()
    assert stage.status == "stopping"
    stage.run(600)
    assert (stage.status, len(stage.reached) < 200) == ("off", True)
    stage.start()
    stage.run(60)
    assert (len(stage.reached), times(stage)) == (200, [1])


def test_always_running_stays_on_and_takes_up_whoever_is_added(
    platform: httpx.Client, fresh: EmulatorThread
) -> None:
    stage = Stage(platform, fresh, alwaysRunning=True)
    stage.add(range(5))
    stage.start()
    stage.run()
    stage.add(range(5, 8))
    stage.run()
    assert (stage.status, len(stage.reached), times(stage)) == ("on", 8, [1])


@pytest.mark.parametrize(("flags", "expected"), [({}, [2]), ({"doNotQueue": "false"}, [2]), (FLAGS, [1])])
def test_who_is_added_again_is_reached_again_unless_it_is_forbidden(
    platform: httpx.Client, fresh: EmulatorThread, flags: dict[str, str], expected: list[int]
) -> None:
    stage = Stage(platform, fresh, alwaysRunning=True)
    stage.add(range(5))
    stage.start()
    stage.run()
    stage.add(range(5), **flags)
    stage.run()
    assert times(stage) == expected


@pytest.mark.parametrize(
    ("belts", "switches", "expected"),
    [
        (False, {}, [2]),
        (True, {}, [1]),
        (True, {"attempt_limits": "ignored"}, [1]),
        (True, {"rules_after_contact": "ignored"}, [1]),
        (True, {"rules_after_contact": "ignored", "attempt_limits": "end_with_recycle"}, [2]),
    ],
)
def test_a_strangers_recycle_reaches_everybody_again_where_no_belt_holds(
    platform: httpx.Client,
    fresh: EmulatorThread,
    *,
    belts: bool,
    switches: dict[str, Any],
    expected: list[int],
) -> None:
    stage = Stage(platform, fresh, belts=belts, alwaysRunning=True)
    fresh.configure(outbound=switches)
    stage.add(range(20))
    stage.start()
    stage.run()
    assert stage.recycle() == 202
    stage.run()
    assert times(stage) == expected


def test_an_administrators_rule_recycles_once(platform: httpx.Client, fresh: EmulatorThread) -> None:
    stage = Stage(platform, fresh)
    named = {"smsCampaigns": [{"id": stage.campaign_id}]}
    action = {"actionType": "recycleCampaign", "campaignRuleActionEntities": named}
    stage.post("/campaignrules", {"name": "again", "enabled": True, "campaignRuleActions": [action]})
    stage.add(range(5))
    stage.start()
    stage.run(60)
    assert (times(stage), stage.status) == ([2], "complete")


# who is not


def test_who_is_on_an_attached_list_is_skipped(platform: httpx.Client, fresh: EmulatorThread) -> None:
    stage = Stage(platform, fresh, dncLists=[{"id": defaults.DNC_LIST_ID}])
    stage.add(range(3))
    platform.post(f"{PATH}/dnclists/{defaults.DNC_LIST_ID}/phonenumbers", json=[address(1)])
    stage.start()
    stage.run()
    assert stage.reached == [address(0), address(2)]
    assert stage.progress["numberOfContactsSkipped"] == {"OUTBOUND_ON_DO_NOT_CALL_LIST": 1}


@pytest.mark.parametrize(("stops", "expected"), [(True, 2), (False, 3)])
def test_whether_a_withdrawn_contact_that_is_queued_is_still_reached_is_a_switch(
    stage: Stage, *, stops: bool, expected: int
) -> None:
    stage.genesys.configure(outbound={"uncontactable_stops_queued": stops})
    stage.add(range(3))
    stage.start()
    row = stage.http.get(f"{stage.list_path}/contacts/00000000-0000-4000-8000-000000000002").json()
    body = {"contactListId": stage.list_id, "data": row["data"], "callable": False}
    stage.http.put(f"{stage.list_path}/contacts/{row['id']}", json=body).raise_for_status()
    stage.run()
    assert len(stage.reached) == expected


@pytest.mark.parametrize(
    ("zone", "until", "reached"),
    [("Europe/Paris", "23:59:59", 1), ("Europe/Paris", "00:00:01", 0), ("Asia/Tokyo", "23:59:59", 0)],
)
def test_only_in_hours_of_the_persons_own_zone_is_somebody_reached(
    platform: httpx.Client, fresh: EmulatorThread, zone: str, until: str, reached: int
) -> None:
    slots = [{"day": day, "startTime": "00:00:00", "stopTime": until} for day in range(1, 8)]
    body = {"name": "hours", "callableTimes": [{"timeZoneId": zone, "timeSlots": slots}]}
    key = platform.post(f"{PATH}/callabletimesets", json=body).json()["id"]
    stage = Stage(platform, fresh, callableTimeSet={"id": key})
    stage.add(range(1))
    stage.start()
    stage.run()
    assert len(stage.reached) == reached


# how fast


@pytest.mark.parametrize("code", ["FAILED", "THROTTLED"])
def test_faster_than_its_sender_messages_do_not_arrive(
    platform: httpx.Client, fresh: EmulatorThread, code: str
) -> None:
    stage = Stage(platform, fresh, messagesPerMinute=1200)
    fresh.configure(outbound={"over_rate": code})
    stage.add(range(100))
    stage.start()
    stage.run()
    results = Counter(each["SmsLastResult-cell"] for each in export(stage))
    assert len(stage.reached) == results["OUTBOUND-MESSAGE-SENT"] == 50
    assert results[f"OUTBOUND-MESSAGE-{code}"] == 50


@pytest.mark.parametrize(
    ("sender", "rate"), [("+13175550100", 1.0), ("+18005550100", 3.0), ("+4915100000000", 10.0)]
)
def test_a_senders_rate_goes_by_its_kind_of_number(
    platform: httpx.Client, fresh: EmulatorThread, sender: str, rate: float
) -> None:
    stage = Stage(platform, fresh)
    campaign = fresh.org.outbound.campaigns[stage.campaign_id]
    campaign.body["smsConfig"]["senderSmsPhoneNumber"]["phoneNumber"] = sender
    assert rate_of(OutboundSwitches(), campaign) == rate


def test_email_goes_at_the_organisations_rate(platform: httpx.Client, fresh: EmulatorThread) -> None:
    stage = Stage(platform, fresh)
    listed = {
        "name": "mail",
        "columnNames": ["mail"],
        "emailColumns": [{"columnName": "mail", "type": "work"}],
    }
    key = stage.post("/contactlists", listed)["id"]
    rows = [{"data": {"mail": f"p{each}@example.com"}} for each in range(300)]
    platform.post(f"{PATH}/contactlists/{key}/contacts", json=rows).raise_for_status()
    config = {
        "emailColumns": ["mail"],
        "fromAddress": {"domain": {"id": defaults.EMAIL_DOMAIN}, "localPart": "hello"},
        "contentTemplate": {"id": "welcome"},
    }
    body = {"name": "mail", "contactList": {"id": key}, "messagesPerMinute": 1200, "emailConfig": config}
    made = stage.post("/messagingcampaigns", body)["id"]
    platform.post(f"{PATH}/messagingcampaigns/{made}/start").raise_for_status()
    stage.run(20)
    truth = fresh.truth()
    assert truth["by_channel"] == {"email": 300}
    assert truth["contacted_twice"] == []


# what is in doubt


@pytest.mark.parametrize(("was_sent", "reached"), [(1.0, 20), (0.0, 0)])
def test_an_ambiguous_result_is_of_somebody_who_was_reached_or_not(
    stage: Stage, was_sent: float, reached: int
) -> None:
    stage.genesys.configure(outbound={"ambiguous": 1.0, "ambiguous_was_sent": was_sent})
    stage.add(range(20))
    stage.start()
    stage.run()
    assert len(stage.reached) == reached
    assert {each["SmsLastResult-cell"] for each in export(stage)} == {"OUTBOUND-MESSAGE-AMBIGUOUS"}


@pytest.mark.parametrize(("counts", "reached"), [(False, 20), (True, 0)])
def test_one_attempt_blocks_the_engines_own_retry_where_a_throttled_one_counts(
    platform: httpx.Client, fresh: EmulatorThread, *, counts: bool, reached: int
) -> None:
    stage = Stage(platform, fresh, belts=True, messagesPerMinute=60)
    fresh.configure(
        outbound={"throttled": 1.0, "throttled_is_retried": True, "throttled_is_an_attempt": counts}
    )
    stage.add(range(20))
    stage.start()
    stage.run(15)
    fresh.configure(outbound={"throttled_is_an_attempt": counts, "throttled_is_retried": True})
    stage.run(120)
    assert (len(stage.reached) >= reached, len(stage.reached) < 20) == (True, counts)


@pytest.mark.parametrize(
    ("fate", "after_stop", "in_the_end"), [("sent", 30, 60), ("dropped", 20, 50), ("returned", 20, 60)]
)
def test_what_is_in_flight_at_a_stop_is_sent_dropped_or_returned(
    stage: Stage, fate: str, after_stop: int, in_the_end: int
) -> None:
    stage.genesys.org.clock.run_at(0)
    stage.genesys.configure(outbound={"in_flight_at_stop": fate})
    stage.add(range(60))
    stage.start()
    stage.run(2.95)
    stage.stop()
    stage.run(60)
    assert len(stage.reached) == after_stop
    stage.start()
    stage.run(60)
    assert (len(stage.reached), times(stage)) == (in_the_end, [1])


# adding


@pytest.mark.parametrize(("refused", "stored"), [("whole", 0), ("part", 2)])
def test_whether_a_refused_add_leaves_some_behind_is_a_switch(
    stage: Stage, refused: str, stored: int
) -> None:
    stage.genesys.configure(outbound={"refused_add": refused})
    rows = [{"data": {"cell": address(0)}}, {"data": {"cell": address(1)}}, {"data": {"shoe": "42"}}]
    answer = stage.http.post(f"{stage.list_path}/contacts", json=rows)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid.contact.columns")
    assert size(stage) == stored


def test_an_add_that_breaks_off_may_have_stored_some(stage: Stage) -> None:
    stage.genesys.configure(outbound={"broken_adds": 1.0})
    assert stage.add(range(100)).status_code == 500
    assert 0 < size(stage) < 100
    stage.genesys.configure(outbound={})
    assert stage.add(range(100), **FLAGS).status_code == 200
    assert size(stage) == 100


@pytest.mark.parametrize(
    ("switches", "key", "status"),
    [
        ({}, "row-1", 200),
        ({}, "row/1", 400),
        ({}, "r" * 65, 400),
        ({"contact_ids": "guid"}, "row-1", 400),
        ({"longest_contact_id": 3}, "row-1", 400),
    ],
)
def test_ids_of_ours_are_refused_by_alphabet_and_length(
    stage: Stage, switches: dict[str, Any], key: str, status: int
) -> None:
    stage.genesys.configure(outbound=switches)
    rows = [{"id": key, "data": {"cell": address(0)}}]
    assert stage.http.post(f"{stage.list_path}/contacts", json=rows).status_code == status


def test_more_than_a_thousand_are_refused(stage: Stage) -> None:
    assert stage.add(range(1001)).json()["code"] == "too.many.contacts.added"


# starting and stopping


@pytest.mark.parametrize(("says", "status"), [("accepted", 200), ("refused", 400)])
@pytest.mark.parametrize("switch", ["start_of_running", "stop_of_off"])
def test_what_a_needless_start_or_stop_answers_is_a_switch(
    platform: httpx.Client, fresh: EmulatorThread, switch: str, says: str, status: int
) -> None:
    stage = Stage(platform, fresh, alwaysRunning=True)
    fresh.configure(outbound={switch: says})
    if switch == "stop_of_off":
        assert stage.stop() == status
    else:
        assert (stage.start(), stage.start()) == (200, status)


def test_a_complete_campaign_is_not_switched_off(stage: Stage) -> None:
    stage.start()
    stage.run()
    assert (stage.status, stage.stop()) == ("complete", 400)
    version = stage.http.get(stage.path).json()["version"]
    answer = stage.http.put(
        stage.path, json={**stage.campaign_body, "version": version, "campaignStatus": "off"}
    )
    assert answer.json()["message"] == "Invalid transition from <COMPLETE> to <OFF>"


def test_an_accepted_start_may_read_off_for_a_while(stage: Stage) -> None:
    stage.genesys.configure(outbound={"start_seconds": 10})
    stage.add(range(3))
    assert (stage.start(), stage.status) == (200, "off")
    stage.run(11)
    stage.run(11)
    assert len(stage.reached) == 3


@pytest.mark.parametrize(("says", "status"), [("refused", 400), ("allowed", 200)])
def test_a_sender_serves_one_running_campaign(
    platform: httpx.Client, fresh: EmulatorThread, says: str, status: int
) -> None:
    stage = Stage(platform, fresh, alwaysRunning=True)
    fresh.configure(outbound={"sender_in_two_campaigns": says})
    stage.start()
    other = {
        "name": "other",
        "columnNames": ["cell", "text"],
        "phoneColumns": [{"columnName": "cell", "type": "cell"}],
    }
    key = stage.post("/contactlists", other)["id"]
    body = {**stage.campaign_body, "name": "other", "contactList": {"id": key}}
    made = stage.post("/messagingcampaigns", body)["id"]
    assert platform.post(f"{PATH}/messagingcampaigns/{made}/start").status_code == status


def test_a_list_serves_one_running_campaign(platform: httpx.Client, fresh: EmulatorThread) -> None:
    stage = Stage(platform, fresh, alwaysRunning=True)
    stage.start()
    made = stage.post("/messagingcampaigns", {**stage.campaign_body, "name": "other"})["id"]
    answer = platform.post(f"{PATH}/messagingcampaigns/{made}/start")
    assert (answer.status_code, answer.json()["code"]) == (400, "resources.in.use")


# results


@pytest.mark.parametrize(("kind", "rows"), [("fresh", 3), ("half", 1), ("twice", 4), ("stale", 0)])
def test_an_export_is_whole_half_doubled_or_an_earlier_one(stage: Stage, kind: str, rows: int) -> None:
    export(stage)
    stage.genesys.configure(outbound={"export": kind})
    stage.add(range(3))
    assert len(export(stage)) == rows


def test_results_show_when_their_time_has_come(stage: Stage) -> None:
    stage.genesys.configure(outbound={"result_seconds": 600, "export_seconds": 0})
    stage.add(range(3))
    stage.start()
    stage.run(30)
    assert {each["SmsLastResult-cell"] for each in export(stage)} == {""}
    stage.run(600)
    assert {each["SmsLastResult-cell"] for each in export(stage)} == {"OUTBOUND-MESSAGE-SENT"}


def test_the_sum_reaches_the_total_early_where_a_recycle_does_not_reset_it(
    platform: httpx.Client, fresh: EmulatorThread
) -> None:
    stage = Stage(platform, fresh, alwaysRunning=True)
    fresh.configure(outbound={"recycle_resets_progress": False})
    stage.add(range(100))
    stage.start()
    stage.run(6)
    stage.recycle()
    stage.run(6)
    progress = stage.progress
    assert progress["numberOfContactsMessaged"] >= 100 > len(set(stage.reached))


def test_the_limits_of_the_organisation_are_what_is_set(
    platform: httpx.Client, fresh: EmulatorThread
) -> None:
    fresh.configure(outbound={"limits": {"messaging.campaigns.max": 25}})
    found = platform.get("/api/v2/organizations/limits/namespaces/outbound").json()["entities"]
    assert [(each["key"], each["value"]) for each in found] == [("messaging.campaigns.max", 25)]


@pytest.mark.parametrize("switch", OutboundSwitches.model_fields)
def test_every_switch_is_documented(switch: str) -> None:
    assert f"| `{switch}` |" in DOCUMENT.read_text(encoding="utf-8")


def size(stage: Stage) -> int:
    found: int = stage.http.get(stage.list_path, params={"includeSize": "true"}).json()["size"]
    return found


def export(stage: Stage) -> list[dict[str, str]]:
    """The rows of an export that is waited for."""
    stage.http.post(f"{stage.list_path}/export").raise_for_status()
    stage.run(5)
    told = stage.http.get(f"{stage.list_path}/export", params={"download": "false"}).raise_for_status().json()
    return list(csv.DictReader(io.StringIO(stage.http.get(told["uri"]).raise_for_status().text)))

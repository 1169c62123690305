"""What preflight says of the campaign route, by looking alone."""

from __future__ import annotations

import httpx
import pytest

from outreach.clock import SystemClock
from outreach.genesys.opening import Account, fetch_token
from outreach.operations.preflight import Check, Level, Targets
from outreach.operations.route_preflight import check_route
from tests.support.clients import open_at
from tests.support.emulator_server import EmulatorThread
from tests.support.outbound import Stage

SENDER = "+13175550100"


def check(fresh: EmulatorThread) -> list[Check]:
    account = Account(client_id="demo", client_secret="demo", api_url=fresh.url)
    before = len(fresh.org.outbound.lists)
    means = Targets(
        ledger=lambda: pytest.fail("not asked"),
        login=lambda: fetch_token(account),
        genesys=lambda token: open_at(fresh.url, clock=SystemClock(), sealed_token=token),
        webhook=None,
        budget=300,
        clock=SystemClock(),
    )
    found = [*check_route(means)]
    assert (fresh.truth()["count"], len(fresh.org.outbound.lists)) == (0, before)
    return found


def test_it_says_how_fast_each_sender_is(fresh: EmulatorThread) -> None:
    pace, unknown = check(fresh)
    assert (pace.level, pace.what) == (
        Level.OK,
        f"sms from {SENDER}: 60 messages a minute, by the number's kind.",
    )
    assert (unknown.level, unknown.advice) == (Level.WARN, "Try five numbers of your own first.")


def test_a_rule_that_recycles_is_named(fresh: EmulatorThread, platform: httpx.Client) -> None:
    actions = [{"actionType": "recycleCampaign"}]
    path = "/api/v2/outbound/campaignrules"
    body = {"name": "again", "enabled": True, "campaignRuleActions": actions}
    key = platform.post(path, json=body).raise_for_status().json()["id"]
    platform.post(path, json={**body, "name": "off", "enabled": False}).raise_for_status()
    assert [each.what for each in check(fresh) if key in each.what] == [f"{key} recycles campaigns."]
    assert sum("recycles" in each.what for each in check(fresh)) == 1


def test_a_campaign_that_sends_from_our_number_is_named(
    fresh: EmulatorThread, platform: httpx.Client
) -> None:
    number = {"senderSmsPhoneNumber": {"phoneNumber": SENDER}}
    stage = Stage(
        platform,
        fresh,
        smsConfig={"phoneColumn": "cell", "messageColumn": "text", **number},
        alwaysRunning=True,
    )
    assert not any("sends from a number" in each.what for each in check(fresh))
    stage.start()
    assert any(f"{stage.campaign_id} sends from a number" in each.what for each in check(fresh))


def test_a_list_of_ours_that_erases_itself_is_named(fresh: EmulatorThread, platform: httpx.Client) -> None:
    phones = [{"columnName": "cell", "type": "cell"}]
    body = {"columnNames": ["cell"], "phoneColumns": phones, "retentionType": "Today"}
    path = "/api/v2/outbound/contactlists"
    key = platform.post(path, json={**body, "name": "go-1"}).raise_for_status().json()["id"]
    platform.post(path, json={**body, "name": "theirs"}).raise_for_status()
    assert [each.what for each in check(fresh) if "erases" in each.what] == [
        f"{key} is a list of ours that erases itself."
    ]


def test_a_missing_permission_is_named(fresh: EmulatorThread) -> None:
    fresh.configure(permissions_denied={"*": ["outbound:campaignRule:view"]})
    assert any("outbound:campaignRule:view" in each.advice for each in check(fresh))

"""Preflight says of each part whether it is in place, and what to do where it is not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from blocks import ContactLedger, CrmWebhook, GenesysCredentials
from blocks.stored import load_block
from emulator.state import defaults
from flows.opening import BlockNames
from flows.preflight import gather, preflight
from outreach.operations.preflight import Check, run_preflight
from outreach.webhook.signing import new_secret
from tests.flows.office import Office


def check(office: Office, name: str) -> list[Check]:
    found = run_preflight(gather(BlockNames(**office.names)))
    return [each for each in found if each.name == name]


def test_a_good_office_is_ready_and_the_flow_shows_it(office: Office) -> None:
    office.budget = 3000
    office.save_blocks()
    office.genesys.configure(requests_per_minute=3000)

    checks: Any = preflight(**office.names)

    aged = {"deployments", "time zones"}  # the rules of zones that are pinned grow old
    assert {each["level"] for each in checks if each["name"] not in aged} == {"OK"}, checks
    assert office.genesys.truth()["count"] == 0
    assert office.genesys.webhooks()["by_event"] == {"ping": 1}


def test_a_missing_permission_is_named(office: Office) -> None:
    office.genesys.configure(
        permissions_denied={"*": ["conversation:message:create", "outbound:dncList:view"]}
    )

    found = {each.level.value: each for each in check(office, "permissions")}

    assert "conversation:message:create" in found["ERROR"].advice
    assert "outbound:dncList:view" in found["WARN"].advice


def test_entries_that_cannot_be_read_are_named_by_their_lines(office: Office) -> None:
    path = f"/api/v2/outbound/dnclists/{defaults.DNC_LIST_ID}/phonenumbers"
    blocks = load_block(GenesysCredentials, office.name)
    with blocks.open() as genesys:
        genesys.connection.request("add", "POST", path, json=["3178880001", "ask Ann"])

    (lists,) = check(office, "do-not-contact")

    assert lists.level.value == "ERROR"
    assert "1 of 2 entries cannot be read (line 3)" in lists.what
    assert "Ann" not in lists.what


def test_a_budget_over_the_organisations_limit_is_an_error(office: Office) -> None:
    office.budget = 4000
    office.save_blocks()
    office.genesys.configure(requests_per_minute=3000)

    (limits,) = check(office, "limits")

    assert (limits.level.value, limits.advice) == (
        "ERROR",
        "Set at most 3000 requests a minute in the credentials block.",
    )


def test_a_wrong_secret_is_one_finding_and_the_other_checks_go_on(office: Office) -> None:
    block = load_block(GenesysCredentials, office.name)
    block.model_copy(update={"client_secret": SecretStr("wrong")}).save(office.name, overwrite=True)

    found = {each.name: each.level.value for each in run_preflight(gather(BlockNames(**office.names)))}

    assert found.pop("time zones") in {"OK", "WARN"}
    assert found == {"ledger": "OK", "login": "ERROR", "webhook": "OK"}


def test_a_sender_that_is_not_active_is_an_error(office: Office) -> None:
    office.genesys.configure(sms_numbers={defaults.SMS_NUMBER: "PENDING"})

    (sms,) = check(office, "sender sms")

    assert (sms.level.value, sms.what) == ("ERROR", "Not ready: sender_not_active.")


def test_a_receiver_with_another_secret_is_told_apart_from_a_dead_one(office: Office) -> None:
    block = load_block(CrmWebhook, office.name)
    changed = block.model_copy(update={"signing_secret": SecretStr(new_secret())})
    changed.save(office.name, overwrite=True)

    (webhook,) = check(office, "webhook")

    assert webhook.level.value == "ERROR"
    assert "does not accept our signature" in webhook.what


def test_a_receiver_that_answers_with_a_page_is_a_warning(office: Office) -> None:
    office.genesys.configure(
        webhook_answers=[{"status": 200, "body": "<!DOCTYPE html><title>Log in</title>"}]
    )

    (webhook,) = check(office, "webhook")

    assert (webhook.level.value, "page for people" in webhook.what) == ("WARN", True)


@pytest.mark.parametrize(("seconds", "level"), [(0, "OK"), (60, "WARN"), (900, "ERROR")])
def test_a_clock_that_is_off_is_seen(office: Office, seconds: int, level: str) -> None:
    office.genesys.configure(clock_skew_seconds=seconds)

    (clock,) = check(office, "clock")

    assert clock.level.value == level


def test_a_ledger_that_cannot_be_opened_is_said_with_advice(office: Office) -> None:
    ContactLedger(url="sqlite:////dev/null/ledger.db").save(office.name, overwrite=True)

    (ledger,) = check(office, "ledger")

    assert ledger.level.value == "ERROR"
    assert ledger.advice

"""Explaining one decision: by the same code, without an address in clear."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from outreach.compliance import Facts, Gate, RuleApplied, Verdict
from outreach.compliance.redaction import mask_address, mask_text
from outreach.contacts import Channel, Channels, Consent, Contact
from outreach.reachability import Inspection
from outreach.settings import CampaignSettings, FrequencyCap

NIGHT = datetime(2026, 7, 15, 3, 30, tzinfo=timezone.utc)
SECRETS = (
    "+13055550123",
    "3055550123",
    "ada@example.com",
    "example.com",
    "ada-handle",
    "Ada Lovelace",
    "33101-4444",
)
WHO = Contact(
    external_contact_id="c-1",
    name="Ada Lovelace",
    channels=Channels(sms="+13055550123", voice="+13055550123", email="ada@example.com", chat="ada-handle"),
    postal_code="33101-4444",
    consent={Channel.SMS: Consent(given=True, source="form of ada@example.com")},
    initial_message="A private word",
)
SETTINGS = CampaignSettings(
    rules=("us-federal", "us-states"),
    caps=(FrequencyCap(contacts=1, hours=12),),
    channel_order=(Channel.SMS, Channel.VOICE, Channel.EMAIL, Channel.CHAT),
    expires_at=NIGHT + timedelta(days=9),
)
FACTS = Facts(
    inspection=Inspection("pending", dict.fromkeys(Channel, "available"), "waits for +13055550123"),
    suppressed=frozenset({Channel.EMAIL}),
    recent=(NIGHT - timedelta(hours=1),),
)


def explain() -> list[RuleApplied]:
    return Gate(SETTINGS).explain(WHO, FACTS, NIGHT)[1]


def test_the_explained_decision_is_the_decision() -> None:
    gate = Gate(SETTINGS)

    assert gate.explain(WHO, FACTS, NIGHT)[0] == gate.decide(WHO, FACTS, NIGHT)


def test_every_rule_is_listed_in_the_order_in_which_it_was_applied() -> None:
    rules = [rule.rule for rule in explain()]

    assert rules[:9] == [
        "campaign_end", "address", "consent", "suppression", "delivery", "sender", "text", "validation",
        "availability",
    ]  # fmt: skip
    assert rules[9:14] == ["time_zone", "frequency_cap", "us-fl-hours", "us-federal-hours", "us-fl-hours"]


def test_a_rule_of_a_pack_tells_its_version_and_the_local_time() -> None:
    florida = next(rule for rule in explain() if rule.rule == "us-fl-hours" and rule.local_time)

    assert florida.version == "2026-11-28"
    assert florida.local_time == "2026-07-14T23:30:00-04:00"
    assert florida.input["windows"] == "08:00-20:00"
    assert florida.verdict is Verdict.DEFERRED


def test_nothing_shown_gives_an_address_away() -> None:
    shown = repr(explain())

    assert not [secret for secret in SECRETS if secret in shown]
    assert "A private word" not in shown


@pytest.mark.parametrize(
    "address", ["+13055550123", "ada@example.com", "ada", "a", "user_1234567", "öäü@exämple.de"]
)
def test_a_masked_address_cannot_be_read(address: str) -> None:
    assert address not in mask_address(address)
    assert "***" in mask_address(address)


def test_free_text_keeps_its_words() -> None:
    assert mask_text("call +1 305 555-0123 or ada@example.com now") == "call +1***23 or a***@*** now"


def test_a_contact_in_an_unknown_place_is_explained_too() -> None:
    stranger = Contact(external_contact_id="c-2", name="Bob", channels=Channels(sms="+15551234567"))

    decision, rules = Gate(CampaignSettings()).explain(stranger, Facts(), NIGHT)

    zone = next(rule for rule in rules if rule.rule == "time_zone")
    assert (decision.verdict, zone.verdict, zone.input["basis"]) == (Verdict.HELD, Verdict.HELD, "none")

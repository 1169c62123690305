"""Which channel, and why not the others."""

from __future__ import annotations

import inspect
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from outreach.compliance import Decision, Facts, Gate, Verdict, sentence
from outreach.compliance.reasons import REASONS, Owner, advice_on, is_ours, owner_of
from outreach.contacts import Channel, Channels, Consent, Contact
from outreach.reachability import AVAILABLE, NOT_CHECKABLE, Inspection
from outreach.settings import CampaignSettings, ConsentPolicy, FrequencyCap

SMS, EMAIL, VOICE, CHAT = Channel.SMS, Channel.EMAIL, Channel.VOICE, Channel.CHAT
NOON = datetime(2026, 7, 14, 16, 0, tzinfo=timezone.utc)
"""In New York."""
NIGHT = datetime(2026, 7, 15, 3, 0, tzinfo=timezone.utc)
MORNING = datetime(2026, 7, 15, 12, 0, tzinfo=timezone.utc)
EVERYWHERE = Channels(sms="+12125550123", voice="+12125550123", email="ada@example.com", chat="ada-1")
ALL = dict.fromkeys(Channel, AVAILABLE)


def contact(channels: Channels = EVERYWHERE, **more: object) -> Contact:
    return Contact.model_validate(
        {"external_contact_id": "c-1", "name": "Ada", "channels": channels, **more},
    )


def decide(
    who: Contact | None = None, facts: Facts | None = None, now: datetime = NOON, **settings: object
) -> Decision:
    gate = Gate(CampaignSettings.model_validate(settings))
    return gate.decide(who or contact(), facts or Facts(), now)


def test_the_first_channel_of_the_order_is_chosen() -> None:
    decision = decide(channel_order=(EMAIL, SMS))

    assert (decision.verdict, decision.channel, decision.reasons) == (Verdict.ALLOWED, EMAIL, ())


def test_a_channel_out_of_hours_gives_way_to_one_that_may_be_used_now() -> None:
    decision = decide(now=NIGHT, channel_order=(SMS, EMAIL))

    assert (decision.verdict, decision.channel) == (Verdict.ALLOWED, EMAIL)
    assert decision.losing[SMS] == ("outside_hours",)


def test_every_other_address_is_named_among_the_losing_channels() -> None:
    decision = decide(channel_order=(SMS, EMAIL))

    assert decision.losing == {EMAIL: ("not_needed",), VOICE: ("not_in_order",), CHAT: ("not_in_order",)}


def test_without_a_channel_for_now_the_earliest_later_one_is_named() -> None:
    who = contact(Channels(voice="+13125550123", sms="+12125550123"))

    decision = decide(who, now=NIGHT, channel_order=(VOICE, SMS))

    assert (decision.verdict, decision.channel) == (Verdict.DEFERRED, SMS)
    assert decision.next_allowed_at == MORNING
    assert decision.losing == {VOICE: ("outside_hours",)}


def test_waiting_for_hours_comes_before_doubt() -> None:
    who = contact(Channels(voice="+15551234567", sms="+12125550123"))

    assert decide(who, now=NIGHT, channel_order=(VOICE, SMS)).verdict is Verdict.DEFERRED


def test_doubt_comes_before_giving_up() -> None:
    who = contact(Channels(voice="+15551234567", sms="+12125550123"))

    decision = decide(who, Facts(suppressed=frozenset({SMS})), channel_order=(SMS, VOICE))

    assert (decision.verdict, decision.channel, decision.reasons) == (Verdict.HELD, VOICE, ("zone_unknown",))


def test_a_blocked_contact_keeps_every_reason_once() -> None:
    facts = Facts(suppressed=frozenset({SMS, VOICE}), senders={EMAIL: "domain_not_verified"})

    decision = decide(facts=facts, channel_order=(SMS, EMAIL, VOICE))

    assert (decision.verdict, decision.channel) == (Verdict.BLOCKED, None)
    assert decision.reasons == ("sender_domain_not_verified", "suppressed")  # what we can mend comes first


def test_a_contact_with_only_an_unused_channel_is_told_so() -> None:
    decision = decide(contact(Channels(chat="ada-1")), channel_order=(SMS, EMAIL))

    assert (decision.verdict, decision.reasons) == (Verdict.BLOCKED, ("not_in_order",))


@pytest.mark.parametrize(
    ("consent", "policy", "verdict"),
    [
        (None, ConsentPolicy.ASSUMED, Verdict.ALLOWED),
        (None, ConsentPolicy.REQUIRED, Verdict.BLOCKED),
        (Consent(given=True), ConsentPolicy.REQUIRED, Verdict.ALLOWED),
        (Consent(given=True), ConsentPolicy.ASSUMED, Verdict.ALLOWED),
        (Consent(given=False), ConsentPolicy.REQUIRED, Verdict.BLOCKED),
        (Consent(given=False), ConsentPolicy.ASSUMED, Verdict.BLOCKED),
    ],
)
def test_consent_is_asked_of_the_contact_then_of_the_policy(
    consent: Consent | None, policy: ConsentPolicy, verdict: Verdict
) -> None:
    who = contact(consent={SMS: consent} if consent else {})

    assert decide(who, channel_order=(SMS,), consent=policy).verdict is verdict


@pytest.mark.parametrize(
    ("status", "availability", "verdict", "reasons"),
    [
        ("passed", ALL, Verdict.ALLOWED, ()),
        ("pending", ALL, Verdict.ALLOWED, ()),
        ("failed", ALL, Verdict.BLOCKED, ("validation_failed",)),
        ("unknown", ALL, Verdict.HELD, ("validation_unknown",)),
        ("passed", {SMS: NOT_CHECKABLE}, Verdict.ALLOWED, ()),
        ("passed", {SMS: "unavailable"}, Verdict.BLOCKED, ("channel_unavailable",)),
        ("passed", {SMS: "Do not call!"}, Verdict.BLOCKED, ("channel_do_not_call",)),
        ("passed", {}, Verdict.BLOCKED, ("channel_not_listed",)),
        ("failed", {}, Verdict.BLOCKED, ("validation_failed",)),
    ],
)
def test_genesys_verdict_lets_through_only_what_it_calls_clear(
    status: str, availability: dict[Channel, str], verdict: Verdict, reasons: tuple[str, ...]
) -> None:
    inspection = Inspection(status, availability)  # type: ignore[arg-type]  # one of the four, from the table

    decision = decide(facts=Facts(inspection=inspection), channel_order=(SMS,))

    assert (decision.verdict, decision.reasons) == (verdict, reasons)


@pytest.mark.parametrize(
    ("senders", "verdict"),
    [
        ({}, Verdict.ALLOWED),
        ({SMS: AVAILABLE}, Verdict.ALLOWED),
        ({SMS: NOT_CHECKABLE}, Verdict.ALLOWED),
        ({EMAIL: AVAILABLE}, Verdict.ALLOWED),
        ({SMS: "not_active"}, Verdict.BLOCKED),
    ],
)
def test_only_a_sender_that_is_known_not_to_work_blocks(
    senders: dict[Channel, str], verdict: Verdict
) -> None:
    assert decide(facts=Facts(senders=senders), channel_order=(SMS,)).verdict is verdict


@pytest.mark.parametrize(("length", "channel"), [(765, SMS), (766, EMAIL), (2000, EMAIL)])
def test_a_long_message_finds_the_channel_that_takes_it(length: int, channel: Channel) -> None:
    who = contact(initial_message="x" * length)

    assert decide(who, channel_order=(SMS, EMAIL)).channel is channel


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        ("ł" * 335, SMS),
        ("ł" * 336, EMAIL),
        ("x" * 334 + "\u2019", SMS),
        ("x" * 700 + "😀", EMAIL),
        ("😀" * 165, SMS),
        ("😀" * 166, EMAIL),
        ("€" * 380, SMS),
        ("€" * 381, EMAIL),
        ("x" * 764 + "€", EMAIL),
    ],
)
def test_an_sms_of_more_than_five_parts_is_too_long_whatever_its_characters(
    text: str, channel: Channel
) -> None:
    assert decide(contact(initial_message=text), channel_order=(SMS, EMAIL)).channel is channel


def test_a_message_that_no_channel_takes_blocks() -> None:
    decision = decide(contact(initial_message="x" * 2001), channel_order=(SMS, EMAIL))

    assert (decision.verdict, decision.reasons) == (Verdict.BLOCKED, ("text_too_long",))


def test_the_campaigns_message_counts_where_the_contact_brings_none() -> None:
    assert decide(channel_order=(SMS,), message="x" * 766).verdict is Verdict.BLOCKED


def test_nobody_is_contacted_after_the_campaign_ended() -> None:
    decision = decide(expires_at=NOON)

    assert (decision.verdict, decision.reasons) == (Verdict.BLOCKED, ("campaign_ended",))


def test_a_last_window_after_the_end_is_no_window() -> None:
    decision = decide(now=NIGHT, channel_order=(SMS,), expires_at=MORNING)

    assert (decision.verdict, decision.reasons) == (Verdict.BLOCKED, ("no_window_before_end",))


def test_a_last_window_before_the_end_is_one() -> None:
    decision = decide(now=NIGHT, channel_order=(SMS,), expires_at=MORNING + timedelta(seconds=1))

    assert (decision.verdict, decision.next_allowed_at) == (Verdict.DEFERRED, MORNING)


def test_an_end_without_a_zone_is_utc() -> None:
    assert decide(expires_at=NOON.replace(tzinfo=None)).reasons == ("campaign_ended",)


def test_the_caps_wait_until_the_oldest_contact_falls_out() -> None:
    recent = (NOON - timedelta(hours=20), NOON - timedelta(hours=23))

    decision = decide(
        facts=Facts(recent=recent), channel_order=(SMS,), caps=(FrequencyCap(contacts=2, hours=24),)
    )

    assert (decision.verdict, decision.reasons) == (Verdict.DEFERRED, ("frequency_cap",))
    assert decision.next_allowed_at == NOON + timedelta(hours=1)


def test_a_cap_that_ends_at_night_waits_for_the_morning() -> None:
    recent = (NOON - timedelta(hours=14),)

    decision = decide(
        facts=Facts(recent=recent), channel_order=(SMS,), caps=(FrequencyCap(contacts=1, hours=24),)
    )

    assert (decision.next_allowed_at, decision.reasons) == (MORNING, ("frequency_cap",))


def test_caps_bind_channels_that_hours_do_not() -> None:
    facts = Facts(recent=(NIGHT,))

    decision = decide(
        facts=facts, now=NIGHT, channel_order=(EMAIL,), caps=(FrequencyCap(contacts=1, hours=2),)
    )

    assert (decision.verdict, decision.next_allowed_at) == (Verdict.DEFERRED, NIGHT + timedelta(hours=2))


@pytest.mark.parametrize(("number", "contacts"), [("+13055550123", 3), ("+14055550123", 3)])
def test_a_states_own_cap_binds_there(number: str, contacts: int) -> None:
    who = contact(Channels(sms=number))
    recent = [NOON - timedelta(hours=hours) for hours in range(contacts)]

    allowed = decide(who, Facts(recent=recent[1:]), rules=("us-states",))
    deferred = decide(who, Facts(recent=recent), rules=("us-states",))

    assert (allowed.verdict, deferred.verdict) == (Verdict.ALLOWED, Verdict.DEFERRED)


def test_the_gate_names_every_cap_for_the_intents_transaction() -> None:
    gate = Gate(CampaignSettings(rules=("fr",), caps=(FrequencyCap(contacts=9, hours=24),)))
    who = contact(Channels(sms="+33612345678", email="ada@example.com"))

    assert gate.caps(who, SMS) == (FrequencyCap(contacts=9, hours=24), FrequencyCap(contacts=4, hours=720))
    assert gate.caps(who, EMAIL) == (FrequencyCap(contacts=9, hours=24),)


def test_hours_bind_the_channels_that_the_campaign_names() -> None:
    decision = decide(now=NIGHT, channel_order=(EMAIL, SMS), hours_bind=(EMAIL,))

    assert (decision.channel, decision.losing[EMAIL]) == (SMS, ("outside_hours",))


def test_each_number_is_judged_in_its_own_zone() -> None:
    who = contact(Channels(voice="+12135550123", sms="+12125550123"))
    at = datetime(2026, 7, 14, 13, 0, tzinfo=timezone.utc)

    decision = decide(who, now=at, channel_order=(VOICE, SMS))

    assert (decision.channel, decision.losing[VOICE]) == (SMS, ("outside_hours",))


def test_the_time_of_day_may_have_parts_of_a_second() -> None:
    last = datetime(2026, 7, 15, 0, 58, 59, 999_999, tzinfo=timezone.utc)

    assert decide(now=last, channel_order=(SMS,)).verdict is Verdict.ALLOWED
    assert decide(now=last + timedelta(microseconds=1), channel_order=(SMS,)).verdict is Verdict.DEFERRED


def test_a_code_that_names_the_sender_already_does_not_name_it_twice() -> None:
    decision = decide(facts=Facts(senders={SMS: "sender_not_active"}), channel_order=(SMS,))
    assert decision.reasons == ("sender_not_active",)


@pytest.mark.parametrize("code", [*REASONS, "sender_not_active", "channel_not_listed", "odd_code"])
def test_every_reason_has_a_sentence(code: str) -> None:
    assert sentence(code).endswith(".")
    assert "_" not in sentence(code)


def test_every_reason_that_the_code_gives_has_an_owner() -> None:
    given = re.compile(r"""(?:blocked|held|_wait|Refusal)\([^()]*?"([a-z_]+)"|\(\s*"([a-z_]+)",\s*\)""")
    room = Path(inspect.getfile(Gate)).parent
    sources = [*room.glob("*.py"), room.parent / "ledger" / "intents.py"]
    codes = {a or b for file in sources for a, b in given.findall(file.read_text(encoding="utf-8"))}

    assert {"consent_refused", "campaign_ended", "same_address", "suppressed"} <= codes
    assert codes <= REASONS.keys(), codes - REASONS.keys()


@pytest.mark.parametrize(
    ("code", "owner"),
    [
        *((code, Owner.US) for code in ("sender_no_sender", "sender_of_tomorrow", "text_too_long")),
        *((code, Owner.PERSON) for code in ("channel_not_listed", "suppressed", "erased", "odd_code")),
        ("outside_hours", Owner.MOMENT),
    ],
)
def test_a_reason_has_one_owner(code: str, owner: Owner) -> None:
    assert owner_of(code) is owner
    assert bool(advice_on(code)) is (owner is Owner.US)


def test_every_reason_of_ours_says_what_mends_it() -> None:
    assert [code for code, reason in REASONS.items() if bool(reason.advice) != is_ours(code)] == []


def test_every_reason_is_in_the_documentation() -> None:
    page = (Path(__file__).parents[3] / "docs" / "compliance.md").read_text(encoding="utf-8")

    assert [code for code in REASONS if f"`{code}`" not in page] == []


def test_the_gate_knows_how_far_back_any_cap_looks() -> None:
    daily = (FrequencyCap(contacts=9, hours=24),)

    assert Gate(CampaignSettings()).cap_hours is None
    assert Gate(CampaignSettings(caps=daily)).cap_hours == 24
    assert Gate(CampaignSettings(caps=daily, rules=("fr",))).cap_hours == 720

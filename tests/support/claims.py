"""What must hold for every contact at every instant, as functions that a test runs as often as it likes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from outreach.compliance import Decision, Facts, Gate, Verdict
from outreach.compliance.hours import Binding, HourRule, Hours
from outreach.compliance.windows import DAY, Span, Week
from outreach.contacts import Channel, Channels, Consent, Contact
from outreach.reachability import Inspection
from outreach.settings import CampaignSettings, ConsentPolicy, FrequencyCap
from tests.support import oracle
from tests.support.golden_table import Case, make_contact, open_gate, read_cases

FIRST = datetime(2026, 1, 2, tzinfo=timezone.utc)
LAST = datetime(2026, 12, 10, tzinfo=timezone.utc)
"""The year of the oracle's holidays, with room for what comes next."""

ZONES = (
    "America/New_York", "America/St_Johns", "Europe/Dublin", "Europe/Paris", "Africa/Casablanca",
    "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Asia/Kathmandu", "Asia/Gaza",
    "America/Santiago", "Antarctica/Troll", "Pacific/Kiritimati", "America/Scoresbysund",
)  # fmt: skip

instants = st.integers(int(FIRST.timestamp()), int(LAST.timestamp())).map(
    lambda at: datetime.fromtimestamp(at, timezone.utc)
)
people = st.sampled_from([case for case in read_cases() if case["rules"]])
quarters = st.integers(0, 95).map(lambda quarter: quarter * 900)
spans = st.tuples(quarters, quarters).map(
    lambda span: span if span[1] > span[0] else (span[0], span[1] + DAY)
)
weeks = st.lists(st.lists(spans, max_size=2).map(tuple), min_size=7, max_size=7).map(tuple)


def check_against_the_oracle(case: Case, at: datetime) -> None:
    """Allowed exactly when the oracle allows; the next time is allowed, and no sampled time before it."""
    gate, contact = open_gate(case["packs"]), make_contact(case)
    zones, rules = oracle.zones_of(case["zones"]), case["rules"].split()

    decision = gate.decide(contact, Facts(), at)

    assert (decision.verdict is Verdict.ALLOWED) == oracle.allows(zones, rules, at)
    if decision.next_allowed_at is not None:
        later = decision.next_allowed_at
        assert gate.decide(contact, Facts(), later).verdict is Verdict.ALLOWED
        assert oracle.allows(zones, rules, later)
        between = [at + (later - at) * n / 13 for n in range(13)] + [later - timedelta(seconds=1)]
        assert not any(oracle.allows(zones, rules, instant) for instant in between)


def check_week(week: Week, zone: str, at: int) -> None:
    """Hours of any week, in a zone whose clocks jump, agree with a look at the clock."""
    rule = HourRule("any", "1", week)
    hours = Hours([Binding(zone, (rule,), rule)])

    for second in range(at, at + 2 * DAY, 977):
        assert hours.allows(second) == all(_is_open(week, zone, second + n) for n in (0, 30, 60))
    later = hours.next_allowed(at)
    assert later is None or (hours.allows(later) and (later == at or not hours.allows(later - 1)))


def _is_open(week: Week, zone: str, at: int) -> bool:
    local = datetime.fromtimestamp(at, ZoneInfo(zone))
    second = local.hour * 3600 + local.minute * 60 + local.second
    today, yesterday = week[local.weekday()], week[(local.weekday() - 1) % 7]
    return _holds(today, second) or _holds(yesterday, second + DAY)


def _holds(windows: tuple[Span, ...], second: int) -> bool:
    return any(start <= second < end for start, end in windows)


some_channels = st.frozensets(st.sampled_from(list(Channel)))
states = st.dictionaries(
    st.sampled_from(list(Channel)), st.sampled_from(["available", "not_checkable", "unavailable"])
)
inspections = st.none() | st.builds(
    Inspection, st.sampled_from(["passed", "pending", "failed", "unknown"]), states
)
facts = st.builds(Facts, inspections, states, some_channels, st.lists(instants, max_size=5).map(tuple))
contacts = st.builds(
    Contact,
    external_contact_id=st.just("c-1"),
    name=st.just("Ada"),
    channels=st.builds(
        Channels,
        sms=st.sampled_from([None, "+12125550123", "+18005550123", "+15551234567", "+33612345678"]),
        voice=st.sampled_from([None, "+12135550123", "+13055550123"]),
        email=st.sampled_from([None, "ada@example.com"]),
        chat=st.just("ada-1"),
    ),
    time_zone=st.sampled_from([None, None, None, "Asia/Kathmandu", "Nowhere"]),
    postal_code=st.sampled_from([None, "33101", "09012", "75001"]),
    consent=st.dictionaries(
        st.sampled_from(list(Channel)), st.booleans().map(lambda yes: Consent(given=yes))
    ),
)
campaigns = st.builds(
    CampaignSettings,
    channel_order=st.permutations(list(Channel)).map(tuple),
    rules=st.sampled_from([(), ("us-federal", "us-states"), ("fr", "eu-default", "ca")]),
    hours_bind=some_channels.map(tuple),
    caps=st.sampled_from([(), (FrequencyCap(contacts=2, hours=720),)]),
    consent=st.sampled_from(list(ConsentPolicy)),
    expires_at=st.none() | instants,
)


def check_form(campaign: CampaignSettings, contact: Contact, known: Facts, at: datetime) -> None:
    """A decision is whole: what each verdict carries, and that explaining it changes nothing."""
    gate = Gate(campaign)
    decision = gate.decide(contact, known, at)

    assert gate.explain(contact, known, at)[0] == decision
    assert (decision.verdict is Verdict.DEFERRED) == (decision.next_allowed_at is not None)
    assert (decision.verdict is Verdict.BLOCKED) == (decision.channel is None)
    assert (decision.verdict is Verdict.ALLOWED) == (not decision.reasons)
    assert decision.next_allowed_at is None or decision.next_allowed_at > at
    assert decision.channel not in decision.losing
    assert all(decision.losing.values())


def check_monotone(
    campaign: CampaignSettings, contact: Contact, known: Facts, at: datetime, channel: Channel
) -> None:
    """Knowing of one more suppression, sender fault or past contact never allows what was not allowed."""
    gate = Gate(campaign)
    before = gate.decide(contact, known, at)
    worse = [
        Facts(known.inspection, known.senders, known.suppressed | {channel}, known.recent),
        Facts(known.inspection, {**known.senders, channel: "broken"}, known.suppressed, known.recent),
        Facts(known.inspection, known.senders, known.suppressed, (*known.recent, at - timedelta(hours=1))),
    ]

    for more in worse:
        _check_no_better(before, gate.decide(contact, more, at))


def _check_no_better(before: Decision, after: Decision) -> None:
    if after.verdict is Verdict.ALLOWED:
        assert before.verdict is Verdict.ALLOWED
    if before.verdict is Verdict.BLOCKED:
        assert after.verdict is Verdict.BLOCKED

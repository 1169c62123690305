"""The dry run decides what the real run decides, whatever the contacts and the settings."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from outreach.contacts import Channel
from outreach.ledger.suppressions import suppress
from outreach.settings import CampaignSettings, ConsentPolicy, SameAddress
from tests.support.campaigns import NOW, Stage, stage
from tests.support.decisions import decide, dry, real

NUMBERS = [f"+1317555{n:04d}" for n in range(4)]


def mostly(usual: list[str], rare: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(usual * 4 + rare)


PHONES = mostly(["", *NUMBERS], ["+4930123456", "+81312345678", "12"])
ROWS = st.fixed_dictionaries(
    {
        "external_contact_id": st.integers(0, 30).map(lambda number: f"EXT-{number}"),
        "name": st.just("N"),
        "voice": PHONES,
        "sms": PHONES,
        "email": mostly(["", "a@example.com", "A@example.com", "b@example.com"], ["nobody"]),
        "time_zone": mostly(["", "America/New_York", "Asia/Tokyo"], ["Mars/Base"]),
        "consent.sms": mostly(["", "yes"], ["no"]),
        "consent.email": mostly(["", "yes"], ["no"]),
    }
)
SOURCES = st.lists(ROWS, min_size=2, max_size=12)
BEHAVIOUR = st.builds(
    CampaignSettings,
    message=st.just("Hello"),
    channel_order=st.permutations([Channel.SMS, Channel.EMAIL, Channel.VOICE]).map(tuple),
    same_address=st.sampled_from([SameAddress.ONCE, SameAddress.ONCE, SameAddress.EACH]),
    consent=st.sampled_from([ConsentPolicy.ASSUMED, ConsentPolicy.ASSUMED, ConsentPolicy.REQUIRED]),
    hours_bind=st.sampled_from([(), (Channel.SMS, Channel.VOICE)]),
    expires_at=st.sampled_from([None, None, None, NOW + timedelta(hours=5)]),
    threads=st.just(1),
)


NOBODY = {
    "external_contact_id": "EXT-0",
    "name": "N",
    "voice": "",
    "sms": "",
    "email": "",
    "time_zone": "",
    "consent.sms": "",
    "consent.email": "",
}
ENDS = CampaignSettings(message="Hello", hours_bind=(), expires_at=NOW + timedelta(hours=5), threads=1)
ASKS = ENDS.model_copy(update={"consent": ConsentPolicy.REQUIRED})


TURNS = NOBODY | {"external_contact_id": "EXT-2", "sms": NUMBERS[3], "email": "a@example.com"}


@example(
    [
        NOBODY | {"external_contact_id": "EXT-1", "voice": NUMBERS[3]},
        NOBODY | {"external_contact_id": "EXT-3"},
    ],
    [TURNS, NOBODY | {"email": "A@example.com"}],
    CampaignSettings(message="Hello", hours_bind=(), threads=1),
    0,
)
@example(
    [NOBODY | {"sms": NUMBERS[3]}, NOBODY | {"external_contact_id": "EXT-1", "sms": NUMBERS[3]}],
    [NOBODY, NOBODY],
    CampaignSettings(message="Hello", threads=1),
    10,
)
@example([NOBODY, NOBODY | {"sms": NUMBERS[0]}], [NOBODY, NOBODY], ENDS, 10)
@example([NOBODY, NOBODY | {"sms": NUMBERS[1]}], [NOBODY, NOBODY], ASKS, 10)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SOURCES, SOURCES, BEHAVIOUR, st.sampled_from([0, 4, 10]))
def test_the_dry_run_decides_what_the_real_run_decides(
    first: list[dict[str, str]], second: list[dict[str, str]], behaviour: CampaignSettings, hours: int
) -> None:
    """Twice: on an empty ledger, and some hours after an earlier run.

    The second source has the people that wait in the ledger first, since the real run takes these up first.
    """
    names = {person["external_contact_id"] for person in first}
    later = [person for person in second if person["external_contact_id"] not in names]
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder), (), behaviour) as staged:
        suppress(staged.ledger, NUMBERS[:1], source="test", reason="test")
        for people, wait in ((first, 0), ([*first, *later], hours)):
            staged.clock.advance(wait * 3600)
            compare(staged, people, behaviour)


def compare(staged: Stage, people: list[dict[str, str]], behaviour: CampaignSettings) -> None:
    at = staged.clock.now()
    contacted = {row.external_contact_id for row in staged.rows() if row.state == "started"}
    rows = list(dry(decide(people, ledger=staged.ledger, settings=behaviour, at=at)))
    staged.contact_everybody(people)
    happened = {row[0]: row for row in real(staged)}
    for row in rows:
        name, verdict, reason, _, _ = row
        if name in contacted:
            assert (verdict, reason) == ("blocked", "already_contacted")
        elif (
            reason not in {"duplicate", "rows_contradict"} or name in happened
        ):  # a later load counts it as known
            assert happened[name] == row

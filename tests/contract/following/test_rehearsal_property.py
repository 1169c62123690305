"""The dry run decides what the real run decides, whatever the contacts and the settings."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.contacts import Channel
from outreach.ledger.suppressions import suppress
from outreach.settings import CampaignSettings, ConsentPolicy, SameAddress
from tests.unit.following.campaigns import NOW, stage
from tests.unit.following.decisions import decide, dry, real

PHONES = st.sampled_from(["", *(f"+1317555{n:04d}" for n in range(6)), "+4930123456", "+81312345678", "12"])
MAILS = st.sampled_from(["", "a@example.com", "A@example.com", "b@example.com", "nobody"])
ROWS = st.fixed_dictionaries(
    {
        "external_contact_id": st.sampled_from([f"EXT-{n}" for n in range(9)]),
        "name": st.just("N"),
        "voice": PHONES,
        "sms": PHONES,
        "email": MAILS,
        "time_zone": st.sampled_from(["", "America/New_York", "Asia/Tokyo", "Mars/Base"]),
        "consent.sms": st.sampled_from(["", "yes", "no"]),
        "consent.email": st.sampled_from(["", "yes", "no"]),
    }
)
BEHAVIOUR = st.builds(
    CampaignSettings,
    channel_order=st.permutations([Channel.SMS, Channel.EMAIL, Channel.VOICE]).map(tuple),
    same_address=st.sampled_from(SameAddress),
    consent=st.sampled_from(ConsentPolicy),
    hours_bind=st.sampled_from([(), (Channel.SMS, Channel.VOICE)]),
    expires_at=st.sampled_from([None, NOW + timedelta(hours=2), NOW - timedelta(hours=2)]),
    threads=st.just(1),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROWS, max_size=12), st.lists(ROWS, max_size=12), BEHAVIOUR, st.sampled_from([0, 2, 10]))
def test_the_dry_run_decides_what_the_real_run_decides(
    first: list[dict[str, str]], second: list[dict[str, str]], behaviour: CampaignSettings, hours: int
) -> None:
    """Twice: on an empty ledger, and some hours after an earlier run.

    The second source has the people that wait in the ledger first, since the real run takes these up first.
    """
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder), (), behaviour) as staged:
        suppress(staged.ledger, ["+13175550001"], source="test", reason="test")
        later = [
            person
            for person in second
            if person["external_contact_id"] not in {p["external_contact_id"] for p in first}
        ]
        for people, wait in ((first, 0), ([*first, *later], hours)):
            staged.clock.advance(wait * 3600)
            contacted = {row.external_contact_id for row in staged.rows() if row.state == "started"}
            rows = (
                list(dry(decide(people, ledger=staged.ledger, settings=behaviour, at=staged.clock.now())))
                if people
                else []
            )
            if people:
                staged.contact_everybody(people)
            happened = {row[0]: row for row in real(staged)}
            for row in rows:
                name, verdict, reason, _, _ = row
                if name in contacted:
                    assert (verdict, reason) == ("blocked", "already_contacted")
                elif reason != "duplicate" or name in happened:  # a later load counts it as known
                    assert happened[name] == row

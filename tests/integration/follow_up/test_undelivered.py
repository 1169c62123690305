"""Why messages did not arrive, and leaving out who cannot be reached that way."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.campaign.opening import open_run
from outreach.follow_up.rounds import follow_up
from outreach.ledger.proof import prove
from outreach.settings import CampaignSettings
from tests.support.follow_up_scenes import people, scene

DEAD = {
    "+13175550001": "InvalidDestination",
    "person1@example.com": "MailboxNotFound",
    "+13175550002": "RateLimited",
}


@pytest.mark.parametrize("leaves_out", [False, True])
def test_dead_addresses_are_shown_by_reason_and_left_out_of_the_next_campaign_where_set(
    tmp_path: Path, *, leaves_out: bool
) -> None:
    listed = people(3, ("sms", "email"))
    with scene(tmp_path, undeliverable=DEAD) as staged:
        staged.contact(listed)
        staged.pass_time(65)
        follow_up(staged.run)
        assert prove(staged.ledger, staged.run.campaign).not_delivered == {
            "InvalidDestination": 1,
            "MailboxNotFound": 1,
            "RateLimited": 1,
        }
        settings = CampaignSettings(message="Hello", hours_bind=(), leave_out_undelivered=leaves_out)
        with open_run(staged.ledger, staged.run.genesys, "summer", settings) as summer:
            staged.contact(listed, summer)
            proof = prove(staged.ledger, summer.campaign)
    assert proof.contacted == (4 if leaves_out else 6)
    assert proof.reasons == ({"undelivered": 2} if leaves_out else {})

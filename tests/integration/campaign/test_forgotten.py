"""After a restored ledger caught up: whom a doubt of another time, or a release for another reason, hid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from outreach.campaign.opening import open_run
from outreach.campaign.reconciliation import recover
from outreach.errors import LedgerOutdated
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.proof import prove
from outreach.operations.resolution import release_waiting
from tests.integration.campaign.test_late_conversations import CREATES, HOLDING, person
from tests.integration.campaign.test_ledger_age import Place, caught_up, crowd, forget_spring
from tests.support.emulation import emulator_thread


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with emulator_thread(index_delay_seconds=0) as genesys:
        (tmp_path / "place").mkdir()
        yield Place(tmp_path / "place", genesys)


def doubt(place: Place) -> None:
    """Somebody in spring was perhaps contacted, and nobody saw it: held."""
    place.genesys.configure(faults=[{"kind": "reset_before", "operation": each} for each in CREATES])
    place.run(person("sms"), settings=HOLDING)
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", HOLDING) as run:
        for _ in HOLDING.look_after_seconds:
            ledger.clock.sleep(0.02)
            recover(run)
        assert prove(ledger, run.campaign).states == {"held": 1}
    place.genesys.configure(faults=[])


def test_a_doubt_of_last_week_does_not_hide_what_another_campaign_sent_today(place: Place) -> None:
    doubt(place)
    place.genesys.advance(7 * 24 * 3600)
    place.clock.ahead = timedelta(days=7)
    place.run(person("sms", number=9), name="winter", settings=HOLDING)
    place.back_up()
    place.run(person("sms"), name="winter", settings=HOLDING)
    place.restore()
    with pytest.raises(LedgerOutdated):
        place.run(person("sms"), name="winter", settings=HOLDING)
    place.clock.ahead += timedelta(minutes=30)

    found = caught_up(place)
    place.genesys.advance(3600)  # nobody is in a conversation any more
    place.run(person("sms"), name="winter", settings=HOLDING)

    assert (found, place.contacted()) == ((1, 0), 2)


def test_whom_a_person_releases_for_another_reason_is_held_for_what_a_forgotten_campaign_sent(
    place: Place,
) -> None:
    forget_spring(place)
    place.genesys.advance(3600)  # nobody is in a conversation any more
    says_no = [{**row, "consent": {name: {"given": False} for name in row}} for row in crowd(1)]
    assert place.run([*crowd(1, 2), *says_no]).reasons == {"rows_contradict": 4}
    with place.opened() as (ledger, _):
        spring = find_campaign(ledger, "spring")
        assert release_waiting(ledger, spring, "rows_contradict", reason="the first one is right") == 4

    with pytest.raises(LedgerOutdated):
        place.run(crowd(1, 2))
    caught_up(place)
    place.run(crowd(1, 2))

    assert place.twice() == 0


def test_a_copy_from_before_a_catching_up_is_known_to_be_older(place: Place) -> None:
    place.run(crowd(1))
    place.back_up()
    place.clock.ahead = timedelta(minutes=30)
    caught_up(place)
    place.run(crowd(1, 2))
    place.restore()

    with pytest.raises(LedgerOutdated):
        place.run(crowd(1, 2))

    assert (place.contacted(), place.twice()) == (8, 0)

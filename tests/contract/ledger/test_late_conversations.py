"""On PostgreSQL, where no witness vouches: a late conversation is the contact, and stops nobody."""

from __future__ import annotations

from pathlib import Path

from tests.integration.campaign.test_late_conversations import LATE, LOST, SEEN, UNSEEN, person, release
from tests.integration.campaign.test_ledger_age import ADDRESSES, Place
from tests.support.emulation import emulator_thread
from tests.support.postgres import Postgres


def test_a_late_conversation_is_the_contact_on_postgresql_too(tmp_path: Path, server: Postgres) -> None:
    with emulator_thread(**UNSEEN, faults=LOST) as genesys:
        place = Place(tmp_path, genesys, url=server.new_database())
        release(place, person(*ADDRESSES))
        genesys.configure(**SEEN)

        proof = place.run(person(*ADDRESSES), settings=LATE)

        assert proof.balanced
        assert (proof.contacted, place.contacted(), place.twice()) == (4, 4, 0)

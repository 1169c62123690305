"""What Genesys is told of a contact before anybody is contacted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from outreach.campaign.registration import register_batch
from outreach.contacts import Contact
from outreach.genesys.interface import NotRegistered, Registered
from outreach.ledger.claims import everything
from outreach.settings import CampaignSettings
from tests.support.clients import open_at
from tests.support.emulation import emulator_thread
from tests.support.ledgers import advance, load, new_ledger, new_run, people
from tests.support.organisations import FarOrganisation


def test_the_message_that_is_registered_is_the_one_that_is_sent(tmp_path: Path) -> None:
    settings = CampaignSettings(hours_bind=(), message="Your order is ready.")
    with (
        emulator_thread() as genesys,
        new_ledger(tmp_path) as ledger,
        open_at(genesys.url, "guide") as guide,
        new_run(ledger, guide, settings) as run,
    ):
        load(run, [*people(1), {**people(2)[1], "initial_message": "Dear Ann"}])
        advance(run)
        registered = {name: known.initial_message for name, known in genesys.org.guide_contacts.items()}
        sent = {row["external_contact_id"]: row["content"]["text"] for row in genesys.truth()["contacts"]}

    assert registered == sent == {"C-1": "Your order is ready.", "C-2": "Dear Ann"}


class FarRegistration(FarOrganisation):
    def register(
        self, people: Sequence[tuple[Contact, str]], *, priority: int = 0
    ) -> list[Registered | NotRegistered]:
        self.be_far()
        return super().register(people, priority=priority)


def test_half_of_the_calls_that_may_be_in_the_air_register_where_the_organisation_is_far(
    tmp_path: Path,
) -> None:
    far = FarRegistration()
    settings = CampaignSettings(hours_bind=(), message="Hello", threads=32)
    with new_ledger(tmp_path) as ledger, new_run(ledger, far, settings) as run:
        load(run, people(40 * far.bulk_size))
        register_batch(run, everything(run.campaign.name))

    assert far.most_in_the_air == 16

"""What Genesys is told of a contact before anybody is contacted."""

from __future__ import annotations

from pathlib import Path

from outreach.settings import CampaignSettings
from tests.support.clients import open_at
from tests.support.emulation import emulator_thread
from tests.support.ledgers import advance, load, new_ledger, new_run, people


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

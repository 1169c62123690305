"""A group is decided first as if its addresses were free: those are contacted who would be by all facts."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from outreach.campaign import interaction
from outreach.campaign.run import Run
from outreach.campaign.validation import inspected_before
from outreach.ledger.changes import apply
from outreach.ledger.claims import Claimed
from outreach.ledger.intents import Intent
from outreach.ledger.proof import prove
from outreach.ledger.suppressions import suppress
from outreach.settings import CampaignSettings
from tests.support.ledgers import CALM, advance, batch, clear, load, new_ledger, new_run
from tests.support.organisations import Organisation

ORDERS = (("sms", "email"), ("email", "sms"), ("sms",), ("sms", "email", "voice"))
CAPS = ((), ({"contacts": 1, "hours": 5},), ({"contacts": 2, "hours": 24},))


def open_by_all_facts(run: Run, group: Sequence[Claimed], _: Counter[str]) -> list[Intent]:
    now = run.ledger.clock.now()
    opened, changes = interaction._open_rest(run, group, inspected_before(group), now)
    apply(run.ledger, changes)
    return opened


def contact(folder: Path, seed: int) -> list[tuple[str, str, str]]:
    """Who was contacted, and where: people who share few addresses, some of them off."""
    draw, organisation = random.Random(seed), Organisation()
    given: dict[str, object] = {
        "channel_order": draw.choice(ORDERS),
        "caps": draw.choice(CAPS),
        "stop_after": 1000,
    }
    given["same_address"] = draw.choice(("once", "each"))
    settings = CampaignSettings.model_validate({**CALM.model_dump(), **given})
    size = draw.choice((3, 6, 12))
    numbers = [f"+1317555{n:04d}" for n in range(1, size)]
    mails = [f"p{n}@example.com" for n in range(1, size)]

    def people(count: int, first: int) -> list[dict[str, object]]:
        return [
            {
                "external_contact_id": f"C-{n}",
                "name": f"Person {n}",
                "sms": draw.choice([*numbers, ""]),
                "voice": draw.choice([*numbers, ""]),
                "email": draw.choice([*mails, ""]),
            }
            for n in range(first, first + count)
        ]

    folder.mkdir()
    with new_ledger(folder) as ledger:
        with new_run(ledger, organisation, settings, name="autumn") as run:
            load(run, people(draw.randint(1, 5), 1))
            advance(run)
        with new_run(ledger, organisation, settings) as run:
            load(run, people(draw.choice((4, 10, 25)), draw.choice((1, 3, 50))))
            clear(run)
            suppress(ledger, draw.sample([*numbers, *mails], 2), source="crm", reason="")
            interaction.interact_batch(run, batch(run))
            assert prove(ledger, run.campaign).balanced
    attempts = (made.attempt for made in organisation.contacted)
    return sorted((each.external_contact_id, each.channel.value, each.address) for each in attempts)


@pytest.mark.parametrize("seed", range(20))
def test_those_are_contacted_who_would_be_if_all_was_known_of_their_addresses_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    as_if_free = contact(tmp_path / "free", seed)
    monkeypatch.setattr(interaction, "open_intents", open_by_all_facts)

    assert as_if_free == contact(tmp_path / "known", seed)

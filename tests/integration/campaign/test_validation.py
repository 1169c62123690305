"""How Genesys is asked about people before it is decided whether they may be contacted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outreach.campaign import validation
from outreach.campaign.registration import register_batch
from outreach.campaign.validation import validate_batch
from outreach.contacts import Contact
from outreach.errors import NotSent
from outreach.genesys.interface import Registered
from outreach.ledger.changes import apply
from outreach.ledger.claims import everything
from outreach.ledger.database.schema import contacts
from outreach.reachability import Inspection
from outreach.settings import CampaignSettings
from tests.support.ledgers import load, new_ledger, new_run, people
from tests.support.organisations import FarOrganisation, Organisation

THREADS = 8
SETTINGS = CampaignSettings(hours_bind=(), message="Hello", threads=THREADS)


class FarInspection(FarOrganisation):
    def inspect(self, contact: Contact, registered: Registered, *, priority: int = 0) -> Inspection:
        self.be_far()
        return super().inspect(contact, registered, priority=priority)


class Inspecting(Organisation):
    """Does something before it answers."""

    def __init__(self, act: Callable[[str], None]) -> None:
        super().__init__()
        self.act = act
        self.asked = 0

    def inspect(self, contact: Contact, registered: Registered, *, priority: int = 0) -> Inspection:
        self.asked += 1
        self.act(contact.external_contact_id)
        return super().inspect(contact, registered, priority=priority)


def fail_for_the_twentieth(contact_id: str) -> None:
    if contact_id == "C-20":
        raise NotSent("inspect", 0, "connect", "", "Wait.")


def test_people_are_asked_about_while_decisions_are_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*given: Any) -> Any:
        meanwhile.append(far.in_the_air)
        return apply(*given)

    far, meanwhile = FarInspection(), list[int]()
    monkeypatch.setattr(validation, "apply", write)
    monkeypatch.setattr(validation, "GROUP", 8)
    with new_ledger(tmp_path) as ledger, new_run(ledger, far, SETTINGS) as run:
        load(run, people(24))
        register_batch(run, everything(run.campaign.name))
        verdicts = validate_batch(run, everything(run.campaign.name))

    assert verdicts == {"cleared": 24}
    assert any(meanwhile[:-1])


def test_who_was_asked_about_before_an_error_is_decided_on_and_the_others_are_free_again(
    tmp_path: Path,
) -> None:
    with (
        new_ledger(tmp_path) as ledger,
        new_run(ledger, Inspecting(fail_for_the_twentieth), SETTINGS) as run,
    ):
        load(run, people(1000))
        register_batch(run, everything(run.campaign.name))
        with pytest.raises(NotSent):
            validate_batch(run, everything(run.campaign.name))
        states = ledger.db.values(select(contacts.c.state))
        leased = ledger.db.values(select(contacts.c.id).where(contacts.c.lease_owner.is_not(None)))

    assert leased == []
    assert set(states) == {"cleared", "registered"}


def test_a_run_that_is_stopped_asks_about_nobody_else_of_its_group(tmp_path: Path) -> None:
    def stop(contact_id: str) -> None:
        run.auto_stop.stop("Enough.")

    organisation = Inspecting(stop)
    with new_ledger(tmp_path) as ledger, new_run(ledger, organisation, SETTINGS) as run:
        load(run, people(1000))
        register_batch(run, everything(run.campaign.name))
        validate_batch(run, everything(run.campaign.name))
        leased = ledger.db.values(select(contacts.c.id).where(contacts.c.lease_owner.is_not(None)))

    assert organisation.asked <= THREADS
    assert leased == []

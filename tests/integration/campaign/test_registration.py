"""What Genesys is told of a contact before anybody is contacted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outreach.campaign import registration
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.concurrency.call_pool import CallPool
from outreach.contacts import Contact
from outreach.errors import NotSent
from outreach.genesys.interface import NotRegistered, Registered
from outreach.ledger.changes import apply
from outreach.ledger.claims import BatchRef, everything
from outreach.ledger.database.schema import contacts
from outreach.ledger.proof import prove
from outreach.settings import CampaignSettings
from tests.support.clients import open_at
from tests.support.emulation import emulator_thread
from tests.support.ledgers import advance, load, new_ledger, new_run, people
from tests.support.organisations import FarOrganisation, Organisation


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


def test_calls_are_in_the_air_while_outcomes_are_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*given: Any) -> Any:
        meanwhile.append(far.in_the_air)
        return apply(*given)

    far, meanwhile = FarRegistration(), list[int]()
    monkeypatch.setattr(registration, "apply", write)
    settings = CampaignSettings(hours_bind=(), message="Hello", threads=16)
    with new_ledger(tmp_path) as ledger, new_run(ledger, far, settings) as run:
        load(run, people(24 * far.bulk_size))
        counts = register_batch(run, everything(run.campaign.name))

    assert counts.registered == 24 * far.bulk_size
    assert any(meanwhile[:-1])


def test_who_is_not_registered_after_an_error_is_free_again(tmp_path: Path) -> None:
    class Failing(Organisation):
        def register(
            self, people: Sequence[tuple[Contact, str]], *, priority: int = 0
        ) -> list[Registered | NotRegistered]:
            if people[0][0].external_contact_id == "C-1":
                raise NotSent("register contacts", 0, "connect", "", "Wait.")
            return super().register(people, priority=priority)

    with new_ledger(tmp_path) as ledger, new_run(ledger, Failing()) as run:
        load(run, people(1000))
        with pytest.raises(NotSent):
            register_batch(run, everything(run.campaign.name))
        leased = ledger.db.values(select(contacts.c.id).where(contacts.c.lease_owner.is_not(None)))

    assert leased == []


def test_a_run_stops_where_genesys_takes_hardly_anybody(tmp_path: Path) -> None:
    organisation = Organisation()
    for number in range(1, 301):
        name = f"C-{number}"
        organisation.refuses[name] = NotRegistered(name, "missing.field", "A field is missing.", False, "")
    settings = CampaignSettings(hours_bind=(), message="Hello", batch_size=50)
    with new_ledger(tmp_path) as ledger, new_run(ledger, organisation, settings) as run:
        load(run, people(300))
        register_batch(run, next(iter(two_batches(run, 50))))
        stopped, proof = run.auto_stop.reason or "", prove(ledger, run.campaign)

    assert "50 of 50 people were not registered" in stopped
    assert "retry --refused" in stopped
    assert proof.states == {"failed": 50, "accepted": 250}


class NotedRegistration(Organisation):
    """Notes whose turn it was, by the batch's number, and lets others go on."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[int] = []

    def register(
        self, people: Sequence[tuple[Contact, str]], *, priority: int = 0
    ) -> list[Registered | NotRegistered]:
        self.turns.append(priority)
        time.sleep(0.01)
        return super().register(people, priority=priority)


def two_batches(run: Run, size: int) -> list[BatchRef]:
    ids = run.ledger.db.values(select(contacts.c.id).order_by(contacts.c.id))
    parts = (ids[:size], ids[size:])
    return [BatchRef(run.campaign.name, n, size, own[0], own[-1]) for n, own in enumerate(parts, start=1)]


def test_one_batch_is_registered_after_the_other_so_that_the_first_is_soon_contacted(tmp_path: Path) -> None:
    organisation = NotedRegistration()
    settings = CampaignSettings(hours_bind=(), message="Hello", threads=2)  # one bulk at once
    with new_ledger(tmp_path) as ledger, new_run(ledger, organisation, settings) as run:
        load(run, people(20 * organisation.bulk_size))
        with ThreadPoolExecutor(2) as steps:
            list(steps.map(partial(register_batch, run), two_batches(run, 10 * organisation.bulk_size)))

    assert organisation.turns in ([1] * 10 + [2] * 10, [2] * 10 + [1] * 10)


def test_a_batch_does_not_wait_for_ever_until_the_one_before_is_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registration, "TURN_SECONDS", 1)
    organisation = Organisation()
    settings = CampaignSettings(hours_bind=(), message="Hello")
    with new_ledger(tmp_path) as ledger, new_run(ledger, organisation, settings) as run:
        load(run, people(1))
        with run.registering.take(1, within=0, unless=bool):  # a call of another batch hangs
            counts = register_batch(run, everything(run.campaign.name))

    assert counts.registered == 1


def test_a_batch_in_which_everybody_is_registered_waits_for_no_turn(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation()) as run:
        load(run, people(1))
        register_batch(run, everything(run.campaign.name))
        began = time.monotonic()
        with run.registering.take(1, within=0, unless=bool):
            register_batch(run, everything(run.campaign.name))

    assert time.monotonic() - began < registration.TURN_SECONDS / 2


def test_only_the_batch_whose_turn_it_is_keeps_a_share_of_the_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four batches with half of the threads each had twice as many calls in the air as `threads` says."""

    def noted(call: Any, limit: Any, *, share: float) -> CallPool[Any, Any]:
        shares.append(share)
        return CallPool(call, limit, share=share)

    shares: list[float] = []
    monkeypatch.setattr(registration, "CallPool", noted)
    monkeypatch.setattr(registration, "TURN_SECONDS", 0)
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation()) as run:
        load(run, people(20))
        first, second = two_batches(run, 10)
        with run.registering.take(1, within=0, unless=bool):
            register_batch(run, second)
        register_batch(run, first)

    assert shares == [0.0, 0.5]

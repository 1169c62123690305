"""A run that would find nothing to do is known as one; whatever is unsure is none."""

from __future__ import annotations

import contextlib
import csv
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select, update

from outreach.campaign.files import file_of
from outreach.campaign.idle_run import prove_idle
from outreach.campaign.loading import load_source
from outreach.campaign.notification import announce_end
from outreach.campaign.opening import open_run
from outreach.compliance import Gate
from outreach.ledger.audit.seals import seal
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.database.schema import audit, contacts, outbox
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import Proof, prove
from outreach.ledger.runs import enter_campaign, note_idle_run, stop_campaign
from outreach.ledger.witness import Mark
from outreach.report.figures.status import read_status
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from tests.support.ledgers import CALM, advance, new_ledger, people
from tests.support.organisations import Organisation

NOTHING: Mapping[str, object] = {}
AUDIT = select(audit.c.id, audit.c.hash)


class Elsewhere:
    """Another machine, which has seen more of the ledger."""

    is_shared = True

    def recall(self, identity: str) -> Mark | None:
        return Mark(10**6, "f" * 40)

    def remember(self, identity: str, mark: Mark) -> None:
        raise AssertionError("who only looks tells nothing")


@dataclass
class Office:
    """A campaign that is over: three people contacted, its files written."""

    ledger: Ledger
    settings: CampaignSettings
    source: Path

    def prove(self, changes: Mapping[str, object] = NOTHING, *, tells: bool = False) -> Proof | None:
        settings = self.settings.model_copy(update=dict(changes))
        return prove_idle(
            self.ledger,
            "spring",
            settings,
            open_source(str(self.source)),
            packs_hash=Gate(settings).packs_hash,
            tells=tells,
            witnesses=[],
        )

    def file(self, kind: str) -> Path:
        return file_of(self.settings, "spring", kind)

    def write(self) -> None:
        proof = prove(self.ledger, find_campaign(self.ledger, "spring"))
        self.file("proof.json").write_bytes(orjson.dumps(proof.as_json()))

    def change(self, **values: object) -> None:
        with self.ledger.db.write() as connection:
            connection.execute(update(contacts).where(contacts.c.id == 1).values(values))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with contextlib.ExitStack() as stack:
        made = make(tmp_path, stack)
        made.file("report.html").write_text("the report")
        made.write()
        yield made


def make(folder: Path, stack: contextlib.ExitStack, webhook: str | None = None) -> Office:
    ledger = stack.enter_context(new_ledger(folder))
    settings = CALM.model_copy(update={"output": str(folder)})
    rows = people(3)
    with (folder / "people.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    os.utime(folder / "people.csv", (0, 0))  # changed just now, nobody could tell whether it changes again
    with open_run(ledger, Organisation(), "spring", settings, webhook_name=webhook) as run:
        load_source(run, open_source(str(folder / "people.csv")))
        advance(run)
        announce_end(run, prove(ledger, run.campaign))
    return Office(ledger, settings, folder / "people.csv")


def test_a_campaign_that_is_over_is_proven_without_a_run(office: Office) -> None:
    proof = office.prove()

    assert proof is not None
    assert (proof.contacted, proof.balanced) == (3, True)


def test_looking_whether_a_run_is_idle_writes_nothing(office: Office) -> None:
    before = office.ledger.db.rows(AUDIT)
    office.prove()

    assert office.ledger.db.rows(AUDIT) == before


def add_a_row(office: Office) -> None:
    nine = "C-9,Nine,+13175550009,nine@example.com,America/New_York\n"
    office.source.write_text(office.source.read_text() + nine)
    os.utime(office.source, (0, 0))


UNSURE: dict[str, Callable[[Office], object]] = {
    "the list has another row": add_a_row,
    "somebody is in doubt": lambda office: office.change(state="unknown"),
    "somebody is deferred": lambda office: office.change(state="deferred"),
    "somebody was kept back": lambda office: office.change(state="blocked", reason="no_consent"),
    "somebody's interaction has ended since": lambda office: office.change(state="ended"),
    "the campaign was stopped": lambda office: stop_campaign(
        office.ledger, find_campaign(office.ledger, "spring"), "enough"
    ),
    "the report is gone": lambda office: office.file("report.html").unlink(),
    "the proof is gone": lambda office: office.file("proof.json").unlink(),
    "the proof cannot be read": lambda office: office.file("proof.json").write_text("{"),
    "Prefect was not told of a run's end": lambda office: office.file("untold.json").write_text("[]"),
}


@pytest.mark.parametrize("case", UNSURE)
def test_whatever_is_unsure_takes_a_whole_run(office: Office, case: str) -> None:
    UNSURE[case](office)

    assert office.prove() is None


@pytest.mark.parametrize("change", [{"message": "Another"}, {"threads": 3}, {"rules": ("us-federal",)}])
def test_another_setting_takes_a_whole_run(office: Office, change: dict[str, object]) -> None:
    assert office.prove(change) is None


def test_other_rules_of_the_same_name_take_a_whole_run(office: Office) -> None:
    source = open_source(str(office.source))
    given = {"packs_hash": "another", "tells": False, "witnesses": []}

    assert prove_idle(office.ledger, "spring", office.settings, source, **given) is None  # type: ignore[arg-type]


def test_an_unknown_campaign_takes_a_whole_run(office: Office) -> None:
    source, gate = open_source(str(office.source)), Gate(office.settings)
    given = {"packs_hash": gate.packs_hash, "tells": False, "witnesses": []}

    assert prove_idle(office.ledger, "autumn", office.settings, source, **given) is None  # type: ignore[arg-type]


def test_a_ledger_that_another_machine_knows_better_takes_a_whole_run(office: Office) -> None:
    source, gate = open_source(str(office.source)), Gate(office.settings)
    given = {"packs_hash": gate.packs_hash, "tells": False, "witnesses": [Elsewhere()]}

    assert prove_idle(office.ledger, "spring", office.settings, source, **given) is None  # type: ignore[arg-type]


def test_a_crm_that_was_not_told_of_the_end_takes_a_whole_run(office: Office) -> None:
    assert office.prove(tells=True) is None


def test_events_that_wait_take_a_whole_run_until_they_are_delivered(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        office = make(tmp_path, stack, webhook="crm")
        office.file("report.html").write_text("the report")
        office.write()
        assert office.prove(tells=True) is None

        with office.ledger.db.write() as connection:
            connection.execute(update(outbox).values(state="delivered"))
        office.write()
        assert office.prove(tells=True) is not None


def test_an_idle_run_leaves_the_campaign_done_and_under_a_seal(office: Office) -> None:
    campaign = find_campaign(office.ledger, "spring")
    seal(office.ledger, campaign)

    assert note_idle_run(office.ledger, campaign, {"verdict": "contacted"})
    seal(office.ledger, campaign)

    [status] = read_status(office.ledger).campaigns
    assert (status.condition, status.runs) == ("done", 2)


def test_an_idle_run_lifts_no_stop_that_came_meanwhile(office: Office) -> None:
    campaign = find_campaign(office.ledger, "spring")
    stop_campaign(office.ledger, campaign, "enough")
    before = office.ledger.db.rows(AUDIT)

    assert not note_idle_run(office.ledger, campaign, {"verdict": "contacted"})

    assert find_campaign(office.ledger, "spring").stopped == "enough"
    assert office.ledger.db.rows(AUDIT) == before


def test_an_idle_run_keeps_the_settings_that_another_brought_meanwhile(office: Office) -> None:
    campaign = find_campaign(office.ledger, "spring")
    other = office.settings.model_copy(update={"message": "Another"})
    enter_campaign(office.ledger, "spring", other, campaign.packs_hash)

    assert not note_idle_run(office.ledger, campaign, {"verdict": "contacted"})
    assert find_campaign(office.ledger, "spring").settings.message == "Another"

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest
from sqlalchemy import select, update

from outreach.campaign.loading import load_source
from outreach.campaign.run import Run
from outreach.errors import Ambiguous, Invalid, NotSent, UnknownCampaign, UsageError
from outreach.genesys.interface import NotRegistered
from outreach.ledger.database.schema import audit, contacts, outbox
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import prove
from outreach.ledger.states import State
from outreach.operations.export import export_contacts
from outreach.operations.resolution import release_waiting, resolve, retry_failed
from outreach.settings import Event
from outreach.sources.opening import open_source
from tests.support.ledgers import CALM, advance, load, new_run, people, row_of, states
from tests.support.organisations import Organisation


@pytest.fixture
def doubtful(run: Run, organisation: Organisation) -> Run:
    """C-1 is held with an unknown outcome; C-2 is started as c-1."""
    organisation.will(Ambiguous("start sms", 500), after_effect=False)
    load(run, people(1))
    advance(run)
    load(run, people(1, first=2))
    advance(run)
    with run.ledger.db.write() as connection:
        held = update(contacts).where(contacts.c.external_contact_id == "C-1")
        connection.execute(held.values(state="held", reason="outcome_unknown"))
    return run


def test_a_person_says_that_it_started(doubtful: Run) -> None:
    resolve(doubtful.ledger, doubtful.campaign, "C-1", "started", reason="she rang us", conversation_id="c-9")

    assert row_of(doubtful.ledger, "C-1").conversation_id == "c-9"
    proof = prove(doubtful.ledger, doubtful.campaign)
    assert (proof.states, proof.balanced) == ({"started": 2}, True)
    with doubtful.ledger.db.read() as connection:
        details = connection.execute(select(audit.c.detail).where(audit.c.action == "resolved_started"))
        assert "she rang us" in details.scalar_one()


def test_a_person_says_that_it_started_without_knowing_the_conversation(doubtful: Run) -> None:
    resolve(doubtful.ledger, doubtful.campaign, "C-1", "started", reason="she rang us")
    assert prove(doubtful.ledger, doubtful.campaign).balanced


def test_a_person_says_that_nothing_happened_and_the_next_run_contacts_them(
    doubtful: Run, organisation: Organisation
) -> None:
    resolve(doubtful.ledger, doubtful.campaign, "C-1", "released", reason="Genesys' log has nothing")

    assert advance(doubtful).states == {"started": 2}
    assert len(organisation.contacted) == 2


def test_a_quarantined_contact_is_released_to_be_decided_on_afresh(doubtful: Run) -> None:
    load(doubtful, people(1, first=3))
    with doubtful.ledger.db.write() as connection:
        poison = update(contacts).where(contacts.c.external_contact_id == "C-3")
        connection.execute(poison.values(state="held", reason="poison", deaths=2))

    with pytest.raises(UsageError, match="never called"):
        resolve(doubtful.ledger, doubtful.campaign, "C-3", "started", reason="?")
    resolve(doubtful.ledger, doubtful.campaign, "C-3", "released", reason="mended the template")

    assert (states(doubtful.ledger)["C-3"], row_of(doubtful.ledger, "C-3").deaths) == ("accepted", 0)


@pytest.mark.parametrize(
    ("contact", "conversation", "reason", "words"),
    [
        ("C-2", None, "sure", "C-2 is started"),
        ("C-1", None, "  ", "reason"),
        ("C-1", None, "x" * 501, "reason"),
        ("C-1", "c-1", "sure", "C-2's already"),
        ("C-1", "not an id!", "sure", "no conversation's id"),
    ],
)
def test_what_cannot_be_resolved_is_said(
    doubtful: Run, contact: str, conversation: str | None, reason: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        resolve(
            doubtful.ledger,
            doubtful.campaign,
            contact,
            "started",
            reason=reason,
            conversation_id=conversation,
        )
    with pytest.raises(UnknownCampaign):
        resolve(doubtful.ledger, doubtful.campaign, "C-99", "started", reason="sure")


@pytest.mark.parametrize(
    ("outcome", "conversation", "told"),
    [
        ("started", "c-9", [Event.CREATED, Event.RESOLVED]),
        ("started", None, [Event.RESOLVED]),
        ("released", None, [Event.RESOLVED]),
    ],
)
def test_the_crm_is_told_what_a_person_decided(
    ledger: Ledger, organisation: Organisation, outcome: str, conversation: str | None, told: list[Event]
) -> None:
    with new_run(ledger, organisation, CALM.model_copy(update={"events": tuple(Event)})) as run:
        organisation.will(Ambiguous("start sms", 500), after_effect=True)
        load(run, people(1))
        advance(run)
        with ledger.db.read() as connection:
            before = len(connection.execute(select(outbox.c.id)).all())
        resolve(ledger, run.campaign, "C-1", outcome, reason="sure", conversation_id=conversation)  # type: ignore[arg-type]  # one of the two
        with ledger.db.read() as connection:
            events = connection.execute(select(outbox.c.event).order_by(outbox.c.id)).scalars().all()
    assert events[before:] == [event.value for event in told]


def test_retry_takes_up_what_may_pass_and_nothing_else(run: Run, organisation: Organisation) -> None:
    organisation.refuses["C-1"] = NotRegistered("C-1", "busy", "later", retryable=True)
    organisation.refuses["C-2"] = NotRegistered("C-2", "bad", "never", retryable=False)
    load(run, people(3))
    advance(run)
    organisation.refuses.clear()

    assert retry_failed(run.ledger, run.campaign) == 1
    assert advance(run).states == {"started": 2, "failed": 1}
    assert retry_failed(run.ledger, run.campaign) == 0


def test_whom_genesys_refused_goes_again_once_a_person_says_so(run: Run, organisation: Organisation) -> None:
    organisation.refuses["C-1"] = NotRegistered("C-1", "missing.field", "never", retryable=False)
    organisation.will(Invalid("start sms", 400, "invalid.sender"))
    load(run, people(3))
    advance(run)
    organisation.refuses.clear()

    assert retry_failed(run.ledger, run.campaign, refused=True) == 2
    proof = advance(run)
    assert (proof.states, proof.contacted_twice, proof.balanced) == ({"started": 3}, 0, True)
    assert len(organisation.contacted) == 3


def test_nobody_goes_again_whose_attempt_stands(run: Run, organisation: Organisation) -> None:
    organisation.will(Ambiguous("start sms", 500), after_effect=True)
    load(run, people(1))
    advance(run)
    with run.ledger.db.write() as connection:  # as where Genesys' own engine says that it did not send
        failed = {"state": "failed", "reason": "refused:OUTBOUND-MESSAGE-FAILED"}
        connection.execute(update(contacts).values(failed))

    assert retry_failed(run.ledger, run.campaign, refused=True) == 0


def test_a_retried_contact_has_its_three_tries_again(run: Run, organisation: Organisation) -> None:
    organisation.will(NotSent("start sms", 0, "connect"), times=3)
    load(run, people(1))
    advance(run)
    retry_failed(run.ledger, run.campaign)
    organisation.will(NotSent("start sms", 0, "connect"), times=2)

    assert advance(run).states == {"started": 1}


def test_an_exported_file_that_was_mended_brings_only_the_mended_rows(
    run: Run, organisation: Organisation, tmp_path: Path
) -> None:
    bad = {"external_contact_id": "C-9", "name": "Bad", "sms": "12"}
    organisation.will(Invalid("start sms", 400, "bad"), times=1)
    organisation.will(None)
    load(run, [*({**row, "metadata.plan": "gold"} for row in people(3)), bad])
    advance(run)
    assert sorted(states(run.ledger).values()) == ["failed:refused:bad", "started", "started"]
    path = tmp_path / "mend.csv"

    assert export_contacts(run.ledger, run.campaign, ["failed", "rejected"], path) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    mend(path)

    loaded = load_source(run, open_source(str(path)))

    assert (loaded.accepted, loaded.corrected, loaded.known, loaded.rejected) == (1, 1, 1, 0)
    proof = advance(run)
    assert (proof.states, proof.balanced) == ({"started": 4}, True)


def mend(path: Path) -> None:
    """As a person would, in a spreadsheet."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["code"] for row in rows} >= {"refused:bad"}
    assert all(row["reason"] and row["retryable"] in {"yes", "no"} for row in rows)
    for row in rows:
        row["sms"] = "'+13175559" + row["external_contact_id"][2:].zfill(3)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_an_exported_file_fed_back_as_it_is_brings_nothing(run: Run, tmp_path: Path) -> None:
    load(run, people(3))
    with run.ledger.db.write() as connection:
        connection.execute(update(contacts).values(state="blocked", reason="no_consent"))
    export_contacts(run.ledger, run.campaign, ["blocked"], tmp_path / "out.csv")

    loaded = load_source(run, open_source(str(tmp_path / "out.csv")))

    assert (loaded.known, loaded.corrected, loaded.accepted) == (3, 0, 0)


def test_an_export_says_when_the_deferred_are_allowed_again(run: Run, tmp_path: Path) -> None:
    load(run, people(1))
    with run.ledger.db.write() as connection:
        later = {"state": "deferred", "reason": "hours", "until": run.ledger.clock.now()}
        connection.execute(update(contacts).values(later))
    export_contacts(run.ledger, run.campaign, ["deferred"], tmp_path / "out.csv")

    with (tmp_path / "out.csv").open(newline="") as file:
        assert [row["next_allowed_at"] for row in csv.DictReader(file)] == ["2026-03-03T17:00:00+00:00"]


def test_rejected_rows_under_the_users_own_headers_are_exported_under_ours(
    ledger: Ledger, organisation: Organisation, tmp_path: Path
) -> None:
    settings = CALM.model_copy(update={"columns": {"Mobile": "sms"}})
    with new_run(ledger, organisation, settings) as run:
        rows = [{"external_contact_id": "C-1", "name": "A", "Mobile": "12"}]
        load_source(run, open_source(rows, columns=settings.columns))
        export_contacts(ledger, run.campaign, ["rejected", "failed"], tmp_path / "out.csv")
    header = (tmp_path / "out.csv").read_text().splitlines()[0].split(",")
    assert "Mobile" not in header
    assert header.count("sms") == 1


def test_a_state_that_is_none_is_said(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no state broken"):
        export_contacts(run.ledger, run.campaign, ["failed", "broken"], tmp_path / "out.csv")


def test_everybody_who_is_held_for_one_reason_is_released_at_once_and_counted(run: Run) -> None:
    load(run, people(4))
    with run.ledger.db.write() as connection:
        waiting = update(contacts).values(state="held", reason="poison", deaths=3)
        connection.execute(waiting.where(contacts.c.external_contact_id != "C-4"))

    assert release_waiting(run.ledger, run.campaign, "poison", reason="the machine was restarted") == 3

    assert set(states(run.ledger).values()) == {"accepted"}
    assert row_of(run.ledger, "C-1").deaths == 0
    assert release_waiting(run.ledger, run.campaign, "poison", reason="again") == 0
    with run.ledger.db.read() as connection:
        told = select(audit.c.detail).where(audit.c.action == "resolved_released")
        assert all("the machine was restarted" in each for each in connection.execute(told).scalars())


def test_whoever_waits_for_no_person_is_not_released(run: Run) -> None:
    with pytest.raises(UsageError, match="waits for a person"):
        release_waiting(run.ledger, run.campaign, "", reason="x", state=State.STARTED)

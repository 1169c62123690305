"""Whom one list describes in two ways waits, for nobody can say which of the two holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from outreach.campaign.loading import load_source
from outreach.campaign.run import Run
from outreach.decisions.dry_run import decide_all
from outreach.decisions.why import explain
from outreach.ledger.proof import prove
from outreach.operations.resolution import release_waiting
from outreach.sources.opening import open_source
from tests.support.ledgers import NOON, advance, clear, load, people, row_of, states
from tests.support.organisations import Organisation
from tests.support.reading_beside import read_beside

Rows = list[dict[str, object]]
HELD = "held:rows_contradict"
OTHERWISE: list[Mapping[str, Any]] = [
    {"opt_out": "yes"},
    {"opt_out.sms": "yes"},
    {"consent.sms": "no"},
    {"consent.email": "no"},
    {"HasOptedOutOfEmail": "1"},
    {"Notes": "do not call"},
    {"sms": "+13175550009"},
]
ALIKE: list[Mapping[str, Any]] = [
    {"name": "PERSON 1"},
    {"name": "Person, 1"},
    {"sms": "+1 (317) 555-0001"},
    {"consent.sms": "yes"},
    {"opt_out": "no"},
    {"metadata.order": "2"},
    {"initial_message": "Hello again"},
    {"chat": "anna"},
]


def apart(rows: int, *pair: Rows) -> Rows:
    first, second = pair
    return [*first, *people(rows, first=10), *second]


@pytest.mark.parametrize("columns", OTHERWISE)
@pytest.mark.parametrize("order", ["yes first", "no first"])
def test_a_row_that_says_otherwise_holds_the_person_wherever_it_stands(
    run: Run, organisation: Organisation, between: int, columns: Mapping[str, Any], order: str
) -> None:
    yes, no = people(1), people(1, **columns)

    load(run, apart(between, *((yes, no) if order == "yes first" else (no, yes))))
    proof = advance(run)

    assert states(run.ledger)["C-1"] == HELD
    assert len(organisation.contacted) == between
    assert (proof.duplicates, proof.accepted, proof.balanced) == (1, 1 + between, True)


@pytest.mark.parametrize("columns", ALIKE)
def test_a_row_that_says_the_same_in_other_words_is_a_duplicate(
    run: Run, organisation: Organisation, between: int, columns: Mapping[str, Any]
) -> None:
    load(run, apart(between, people(1), people(1, **columns)))
    proof = advance(run)

    assert states(run.ledger)["C-1"] == "started"
    assert (proof.duplicates, proof.balanced) == (1, True)


@pytest.mark.parametrize("order", ["yes first", "no first"])
def test_a_no_in_a_row_that_cannot_be_read_counts_too(run: Run, between: int, order: str) -> None:
    yes, no = people(1), people(1, opt_out="yes", time_zone="Mars/Olympus")

    load(run, apart(between, *((yes, no) if order == "yes first" else (no, yes))))

    assert states(run.ledger)["C-1"] == HELD
    assert prove(run.ledger, run.campaign).balanced


def test_the_same_list_again_changes_nothing(run: Run, between: int) -> None:
    rows = apart(between, people(1), people(1, opt_out="yes"))
    load(run, rows)
    before = row_of(run.ledger, "C-1").audit_count

    assert load(run, rows).known == len(rows)

    assert (states(run.ledger)["C-1"], row_of(run.ledger, "C-1").audit_count) == (HELD, before)


def test_a_list_that_agrees_ends_it(run: Run, organisation: Organisation, between: int) -> None:
    load(run, apart(between, people(1), people(1, opt_out="yes")))

    loaded = load(run, apart(between, people(1), []))
    advance(run)

    assert (loaded.corrected, states(run.ledger)["C-1"]) == (1, "started")
    assert prove(run.ledger, run.campaign).balanced


def test_a_list_without_the_person_says_nothing_of_them(run: Run) -> None:
    load(run, [*people(1), *people(1, opt_out="yes")])

    assert load(run, people(1, first=2)).corrected == 0

    assert states(run.ledger)["C-1"] == HELD


def test_a_corrected_first_row_does_not_end_it_while_the_second_stands(run: Run, between: int) -> None:
    load(run, apart(between, people(1), people(1, opt_out="yes")))

    load(run, apart(between, people(1, name="Corrected"), people(1, opt_out="yes")))

    assert states(run.ledger)["C-1"] == HELD
    assert prove(run.ledger, run.campaign).balanced


def test_whoever_waits_from_an_earlier_list_waits_for_this_one(run: Run, between: int) -> None:
    load(run, people(1))
    clear(run)

    load(run, apart(between, people(1), people(1, sms="+13175550009")))

    assert states(run.ledger)["C-1"] == HELD


def test_whoever_was_contacted_already_is_left_alone_and_the_row_told(run: Run) -> None:
    load(run, people(1))
    advance(run)

    loaded = load(run, [*people(1), *people(1, opt_out="yes")])

    assert (states(run.ledger)["C-1"], loaded.duplicates) == ("started", 1)
    assert "contradicts it (consent." in explain(run.ledger, run.campaign, "C-1")["notes"][-1]


def test_whom_a_person_released_goes_by_the_first_row_until_another_contradicts(
    run: Run, organisation: Organisation, between: int
) -> None:
    rows = apart(between, people(1), people(1, opt_out="yes"))
    load(run, rows)
    assert release_waiting(run.ledger, run.campaign, "rows_contradict", reason="she said yes") == 1

    load(run, [*people(1, first=99), *rows])
    assert states(run.ledger)["C-1"] == "accepted"

    load(run, [*rows, *people(1, sms="+13175550009")])
    assert states(run.ledger)["C-1"] == HELD


def test_why_names_the_line_and_what_contradicts(run: Run) -> None:
    load(run, [*people(1), *people(1, sms="+13175550009")])

    told = explain(run.ledger, run.campaign, "C-1")

    assert (told["verdict"], told["reasons"]) == ("held", ["rows_contradict"])
    assert "contradict each other" in told["sentences"][0]
    assert told["notes"][-1].startswith("Line 2: The same external_contact_id stands on line 1 already")
    assert "contradicts it (sms)" in told["notes"][-1]


def test_a_process_of_its_own_that_reads_finds_the_same(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_beside(monkeypatch)
    (tmp_path / "people.csv").write_text(
        "external_contact_id,name,sms,time_zone,opt_out\nC-1,A,+13175550001,,\nC-1,A,+13175550001,,yes\n"
        "C-2,B,+13175550002,Mars/Olympus,yes\nC-2,B,+13175550002,,\n"
    )

    load_source(run, open_source(str(tmp_path / "people.csv")))

    assert states(run.ledger) == {"C-1": HELD, "C-2": HELD}


@pytest.mark.parametrize("columns", OTHERWISE)
def test_the_dry_run_says_what_the_run_does(run: Run, columns: Mapping[str, Any]) -> None:
    rows = [*people(1), *people(1, **columns)]

    for _ in range(2):
        rehearsed = list(
            decide_all(open_source(rows), run.settings, campaign="spring", at=NOON, ledger=run.ledger)
        )
        assert [row.as_json()["reasons"] for row in rehearsed] == [["rows_contradict"]] * 2
        assert [row.verdict for row in rehearsed] == ["held", "rejected"]
        load(run, rows)

    mended = decide_all(open_source(people(1)), run.settings, campaign="spring", at=NOON, ledger=run.ledger)
    assert [row.verdict for row in mended] == ["allowed"]

"""Whoever was loaded yesterday and waits, and whose row of today cannot be read, waits for one that can."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from outreach.campaign.loading import load_source
from outreach.campaign.reconsideration import reconsider
from outreach.campaign.run import Run
from outreach.channels import Channel
from outreach.decisions.dry_run import decide_all
from outreach.decisions.why import explain
from outreach.errors import Ambiguous
from outreach.ledger.claims import claim
from outreach.ledger.intents import IntentRequest, commit_intents
from outreach.ledger.loads import entries as entries_module
from outreach.ledger.loads.known_contacts import KnownContacts
from outreach.ledger.loads.load import find_unchanged
from outreach.ledger.proof import prove
from outreach.ledger.states import State
from outreach.operations.resolution import release_waiting, resolve
from outreach.sources.opening import open_source
from tests.support.ledgers import (
    NOON,
    advance,
    attempt,
    batch,
    clear,
    intend,
    load,
    people,
    put,
    register,
    row_of,
    states,
    stay,
)
from tests.support.organisations import Organisation
from tests.support.reading_beside import read_beside

UNCLEAR: Mapping[str, Any] = {"consent.sms": "perhaps"}
HELD = "held:row_unreadable"


def count_changes(run: Run) -> int:
    return int(row_of(run.ledger, "C-1").audit_count)


@pytest.mark.parametrize("until", [stay, register, clear])
def test_whoever_waits_is_not_contacted_by_an_earlier_row_than_the_one_that_cannot_be_read(
    run: Run, organisation: Organisation, until: Callable[[Run], None]
) -> None:
    load(run, people(2))
    until(run)

    loaded = load(run, [*people(1, **UNCLEAR), *people(1, first=2)])
    proof = advance(run)

    assert states(run.ledger) == {"C-1": HELD, "C-2": "started"}
    assert organisation.reached == ["+13175550002"]
    assert (loaded.rows_read, loaded.rejected, loaded.known, loaded.corrected) == (2, 1, 1, 0)
    assert (proof.source_rows, proof.accepted, proof.rejected, proof.duplicates) == (3, 2, 1, 0)
    assert proof.balanced


@pytest.mark.parametrize(
    "state", ["accepted", "registered", "cleared", "deferred", "blocked", "failed", "held"]
)
def test_nobody_who_was_not_contacted_goes_by_an_earlier_row(run: Run, state: str) -> None:
    load(run, people(1))
    put(run, state=state, reason="" if state in {"accepted", "registered", "cleared"} else "why")

    load(run, people(1, **UNCLEAR))

    assert states(run.ledger) == {"C-1": HELD}


@pytest.mark.parametrize("state", ["intent", "started", "ended", "unknown"])
def test_whoever_was_or_may_have_been_contacted_is_left_alone(run: Run, state: str) -> None:
    load(run, people(1))
    put(run, state=state)

    load(run, people(1, **UNCLEAR))

    assert states(run.ledger) == {"C-1": state}


@pytest.mark.parametrize("reason", ["poison", "no_intent"])
def test_whoever_waits_for_a_person_does_so_until_then_and_is_held_next(run: Run, reason: str) -> None:
    load(run, people(1))
    put(run, state="held", reason=reason)

    load(run, people(1, **UNCLEAR))
    load(run, people(1))
    assert states(run.ledger) == {"C-1": f"held:{reason}"}

    release_waiting(run.ledger, run.campaign, reason, reason="looked at")
    load(run, people(1, **UNCLEAR))
    assert states(run.ledger) == {"C-1": HELD}


def test_whoever_asked_to_be_forgotten_stays_so(run: Run) -> None:
    load(run, people(1))
    put(run, state="blocked", reason="erased", payload=None, content_key="")

    load(run, people(1, **UNCLEAR))

    assert states(run.ledger) == {"C-1": "blocked:erased"}


def test_a_contact_is_taken_out_of_hands_that_are_about_to_contact_it(run: Run) -> None:
    load(run, people(1))
    clear(run)
    [mine] = claim(run.ledger, run.campaign.id, batch(run), (State.CLEARED,), limit=1)

    load(run, people(1, **UNCLEAR))

    wanted = [IntentRequest(mine, Channel.SMS, "+13175550001")]
    assert commit_intents(run.ledger, wanted, same_address=run.settings.same_address) == ([], [])
    assert states(run.ledger) == {"C-1": HELD}


def test_a_contact_in_doubt_is_left_alone_and_waits_once_nobody_was_reached(
    run: Run, organisation: Organisation, tmp_path: Path
) -> None:
    def read(**columns: object) -> None:
        said: dict[str, Any] = {"consent.sms": "yes", **columns}
        [row] = people(1, **said)
        (tmp_path / "people.csv").write_text(
            "\n".join(",".join(map(str, line)) for line in (row, row.values()))
        )
        load_source(run, open_source(str(tmp_path / "people.csv")))

    read()
    clear(run)
    [opened] = intend(run)
    attempt(run, opened, Ambiguous("start sms", 0, "E_TIMEOUT", "", "wait"))
    read(**UNCLEAR)
    assert states(run.ledger)["C-1"].startswith("unknown")

    resolve(run.ledger, run.campaign, "C-1", "released", reason="nobody was called")
    read(**UNCLEAR)
    advance(run)

    assert states(run.ledger) == {"C-1": HELD}
    assert organisation.contacted == []


@pytest.mark.parametrize("name", ["Person 1", "Somebody Else"])
def test_a_later_row_that_can_be_read_is_gone_by_though_it_be_that_of_yesterday(
    run: Run, organisation: Organisation, name: str
) -> None:
    load(run, people(1))
    clear(run)
    load(run, people(1, **UNCLEAR))

    assert load(run, people(1, name=name)).corrected == 1
    assert advance(run).balanced

    assert states(run.ledger) == {"C-1": "started"}
    assert organisation.reached == ["+13175550001"]


def test_the_same_row_again_changes_nothing(run: Run) -> None:
    load(run, people(1))
    load(run, people(1, **UNCLEAR))
    before = count_changes(run)

    loaded = load(run, people(1, **UNCLEAR))

    assert (loaded.known, loaded.rejected, count_changes(run)) == (1, 0, before)
    assert prove(run.ledger, run.campaign).balanced


@pytest.mark.parametrize("way", ["here", "beside"])
def test_a_list_that_has_not_changed_is_not_read_again_and_its_people_stay_held(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "beside":  # by a process of its own
        read_beside(monkeypatch)
    load(run, people(1))
    (tmp_path / "people.csv").write_text(
        "external_contact_id,name,sms,consent.sms\nC-1,A,+13175550001,perhaps\n"
    )

    load_source(run, open_source(str(tmp_path / "people.csv")))
    reconsider(run)

    assert states(run.ledger) == {"C-1": HELD}
    assert find_unchanged(run.ledger, run.campaign.id, open_source(str(tmp_path / "people.csv")).fingerprint)


@pytest.mark.parametrize("moved", [0, 1])
def test_whom_a_person_released_goes_though_the_same_list_is_read_again(
    run: Run, organisation: Organisation, moved: int
) -> None:
    load(run, people(1))
    load(run, people(1, **UNCLEAR))
    assert release_waiting(run.ledger, run.campaign, "row_unreadable", reason="she said yes") == 1

    load(run, [*people(moved, first=2), *people(1, **UNCLEAR)])
    advance(run)

    assert states(run.ledger)["C-1"] == "started"


def test_a_row_that_was_rejected_before_the_person_came_counts_when_it_comes_again(run: Run) -> None:
    load(run, people(1, **UNCLEAR))
    load(run, people(1))

    load(run, people(1, **UNCLEAR))

    assert states(run.ledger) == {"C-1": HELD}
    assert prove(run.ledger, run.campaign).balanced


@pytest.mark.parametrize("apart", [0, 9])
@pytest.mark.parametrize("order", ["bad first", "good first"])
def test_of_two_rows_in_one_list_the_one_that_can_be_read_counts(
    run: Run, monkeypatch: pytest.MonkeyPatch, apart: int, order: str
) -> None:
    monkeypatch.setattr(entries_module, "CHUNK", 4)
    load(run, people(1))
    good, bad = people(1), people(1, **UNCLEAR)
    first, last = (bad, good) if order == "bad first" else (good, bad)

    for _ in range(2):
        load(run, [*first, *people(apart, first=10), *last])

        assert states(run.ledger)["C-1"] == "accepted"
        assert prove(run.ledger, run.campaign).balanced


@pytest.mark.parametrize("said", ["2134", "2134.0", " 2134 ", "\u200b2134"])
def test_the_id_is_read_as_that_of_a_row_that_can_be_read(run: Run, said: str) -> None:
    load(run, people(1, external_contact_id="2134"))

    load(run, people(1, **{**UNCLEAR, "external_contact_id": said}))

    assert states(run.ledger) == {"2134": HELD}


def test_whom_an_older_version_knows_by_a_spreadsheets_number_waits_as_well(run: Run) -> None:
    load(run, people(1, external_contact_id="2134"))
    put(run, external_contact_id="2134.0")

    load(run, people(1, **{**UNCLEAR, "external_contact_id": "2134"}))

    assert states(run.ledger) == {"2134.0": HELD}


@pytest.mark.parametrize("name", ["", "-", "1.2E+05"])
def test_a_row_whose_id_cannot_be_read_names_nobody(run: Run, name: str) -> None:
    load(run, people(1))

    load(run, people(1, **{**UNCLEAR, "external_contact_id": name}))

    assert states(run.ledger) == {"C-1": "accepted"}


@pytest.mark.parametrize(
    "columns",
    [
        {"time_zone": "Mars/Olympus"},
        {"sms": "12"},
        {"name": ""},
        {"opt_out": "who knows"},
        {"initial_message": "Hello {{ first_name }}"},
        {"sms": ["+13175550001", "+13175550002"], "email": {"deep": {"er": [1]}}},
        {"Sms": "+13175550009"},
    ],
)
def test_it_is_the_same_whatever_is_wrong_with_the_row(run: Run, columns: dict[str, Any]) -> None:
    load(run, people(1))

    assert load(run, people(1, **columns)).rejected == 1

    assert states(run.ledger) == {"C-1": HELD}


def test_a_line_with_a_cell_too_many_names_its_person(run: Run, tmp_path: Path) -> None:
    load(run, people(1))
    (tmp_path / "people.csv").write_text("external_contact_id,name,sms\nC-1,Person 1,+13175550001,more\n")

    load_source(run, open_source(str(tmp_path / "people.csv")))

    assert states(run.ledger) == {"C-1": HELD}


def test_why_says_that_the_row_of_today_could_not_be_read(run: Run) -> None:
    load(run, people(1))
    clear(run)
    load(run, people(1, **UNCLEAR))

    told = explain(run.ledger, run.campaign, "C-1")

    assert (told["state"], told["verdict"], told["reasons"]) == ("held", "held", ["row_unreadable"])
    assert "row of today could not be read" in told["sentences"][0]
    assert "Line 1 of the source was rejected: consent.sms" in told["notes"][-1]


def test_the_dry_run_says_what_the_run_does(run: Run) -> None:
    def rehearse(rows: list[dict[str, object]]) -> list[str]:
        rehearsed = decide_all(open_source(rows), run.settings, campaign="spring", at=NOON, ledger=run.ledger)
        return [row.verdict for row in rehearsed]

    load(run, people(1))
    assert rehearse(people(1, **UNCLEAR)) == ["rejected"]

    load(run, people(1, **UNCLEAR))
    assert rehearse(people(1, **UNCLEAR)) == ["rejected"]
    assert rehearse(people(1)) == ["allowed"]
    assert rehearse(people(1, name="Corrected")) == ["allowed"]


def test_a_list_without_rejects_asks_nothing_more(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    whole = KnownContacts.find

    def find(*given: Any) -> dict[str, Any]:
        asked.append(given)
        return whole(*given)

    monkeypatch.setattr(KnownContacts, "find", find)
    load(run, people(3))
    load(run, people(3))

    assert len(asked) == 2

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from outreach.campaign.loading import load_source
from outreach.campaign.run import Run
from outreach.errors import SourceError
from outreach.ledger.database.schema import audit, contacts
from outreach.ledger.database.schema import loads as loads_table
from outreach.ledger.database.schema import rejects as rejects_table
from outreach.ledger.loads import entries as entries_module
from outreach.ledger.loads.load import Loading
from outreach.ledger.proof import prove
from outreach.sources.opening import open_source
from outreach.sources.rows import Row
from tests.support.ledgers import clear, intend, load, people, put, row_of, states

BAD: dict[str, object] = {"external_contact_id": "C-9", "name": "No Number", "sms": "12", "email": ""}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries_module, "CHUNK", 7)


def balanced(run: Run) -> bool:
    return prove(run.ledger, run.campaign).balanced


def test_every_row_is_in_one_named_place(run: Run) -> None:
    loaded = load(run, [*people(2), BAD, *people(1, name="Again")])

    assert dataclasses.astuple(loaded) == (4, 2, 1, 1, 0, 0)
    proof = prove(run.ledger, run.campaign)
    assert (proof.source_rows, proof.accepted, proof.rejected, proof.duplicates) == (4, 2, 1, 1)
    assert proof.balanced


def test_the_same_source_again_brings_nothing_new(run: Run) -> None:
    rows = [*people(2), BAD, *people(1, name="Again")]
    load(run, rows)

    loaded = load(run, rows)

    assert (loaded.known, loaded.accepted, loaded.rejected, loaded.duplicates) == (4, 0, 0, 0)
    assert balanced(run)


def test_a_person_whom_an_older_version_knows_by_a_spreadsheets_number_stays_that_person(run: Run) -> None:
    (person,) = people(1)
    load(run, [{**person, "external_contact_id": "2134"}])
    put(run, external_contact_id="2134.0")

    loaded = load(run, [{**person, "external_contact_id": "2134"}])
    again = load(run, [{**person, "external_contact_id": "2134.0"}])

    assert (loaded.known, loaded.accepted, again.known, again.accepted) == (1, 0, 1, 0)
    assert balanced(run)


def test_a_csv_and_a_spreadsheet_name_one_person_by_one_id(run: Run) -> None:
    (person,) = people(1)

    load(run, [{**person, "external_contact_id": "2134"}])
    loaded = load(run, [{**person, "external_contact_id": "2134.0"}])

    assert (loaded.known, loaded.accepted) == (1, 0)


def test_a_duplicate_never_corrects_the_row_that_it_duplicates(run: Run) -> None:
    rows = [*people(1), *people(1, name="Again")]
    load(run, rows)
    put(run, state="failed", reason="refused:400")

    for _ in range(2):
        assert load(run, rows).corrected == 0

    assert states(run.ledger) == {"C-1": "failed:refused:400"}


def test_a_duplicate_behind_a_crash_is_still_a_duplicate(run: Run) -> None:
    class Unplugged(Exception):  # noqa: N818 - what happened
        """The power went."""

    def torn() -> Iterator[Row]:
        yield from open_source(people(entries_module.CHUNK)).rows()
        raise Unplugged

    loading = Loading(run.ledger, run.campaign.id, "torn")
    with pytest.raises(Unplugged):
        list(loading.add(loading.taker.chunks(torn())))

    loaded = load(run, [*people(entries_module.CHUNK), *people(1, name="Again"), *people(3, first=5000)])

    assert (loaded.known, loaded.duplicates, loaded.accepted) == (entries_module.CHUNK, 1, 3)
    assert balanced(run)


@pytest.mark.parametrize(
    "state", ["failed", "blocked", "deferred", "held", "accepted", "registered", "cleared"]
)
def test_a_corrected_row_starts_a_contact_that_nobody_contacted_afresh(run: Run, state: str) -> None:
    load(run, people(2))
    put(run, state=state, reason="why", deaths=1, attempts=3)

    loaded = load(run, [*people(1, name="Corrected"), *people(1, first=2)])

    assert (loaded.corrected, loaded.known) == (1, 2)
    assert states(run.ledger) == {"C-1": "accepted", "C-2": f"{state}:why"}
    assert row_of(run.ledger, "C-1").deaths == 0
    assert balanced(run)


@pytest.mark.parametrize("state", ["intent", "started", "ended", "unknown"])
def test_a_corrected_row_does_not_touch_a_contact_who_was_or_may_have_been_contacted(
    run: Run, state: str
) -> None:
    load(run, people(1))
    put(run, state=state)

    assert load(run, people(1, name="Corrected")).corrected == 0
    assert states(run.ledger) == {"C-1": state}


def test_a_contact_in_doubt_is_not_corrected(run: Run) -> None:
    load(run, people(1))
    clear(run)
    intend(run)
    put(run, state="held", reason="outcome_unknown", lease_owner=None)

    assert load(run, people(1, name="Corrected")).corrected == 0


def test_a_source_that_breaks_keeps_what_was_read(run: Run) -> None:
    class Broken:
        label = "broken"
        fingerprint = ""
        columns: tuple[str, ...] = ()
        is_large = False

        def rows(self) -> Iterator[Row]:
            yield from open_source(people(entries_module.CHUNK)).rows()
            raise SourceError("broken ends in the middle.")

    with pytest.raises(SourceError):
        load_source(run, Broken())  # type: ignore[arg-type]  # what loading asks of a source

    assert prove(run.ledger, run.campaign).accepted == entries_module.CHUNK
    assert balanced(run)


def test_a_row_that_vanished_between_reader_and_ledger_makes_the_proof_red(run: Run) -> None:
    load(run, people(3))
    with run.ledger.db.write() as connection:
        connection.execute(update(loads_table).values(rows_read=4))

    assert prove(run.ledger, run.campaign).missing == ("4 source rows, but 3 in a named place",)


def test_text_that_is_no_text_stops_no_load(run: Run) -> None:
    rows = [*people(2), *people(1, first=3, name="half a \ud83d pair")]

    assert (load(run, rows).accepted, balanced(run)) == (2, True)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=12), min_size=1, max_size=3))
def test_the_sums_hold_whatever_is_loaded_in_whatever_order(run: Run, files: list[list[int]]) -> None:
    with run.ledger.db.write() as connection:
        connection.execute(delete(audit).where(audit.c.contact_id.is_not(None)))  # the run's own is counted
        for table in (rejects_table, contacts, loads_table):
            connection.execute(delete(table))
    for numbers in files:
        loaded = load(run, [people(1, first=n, name=f"Row {at}")[0] for at, n in enumerate(numbers)])
        places = loaded.accepted + loaded.rejected + loaded.duplicates + loaded.known
        assert loaded.rows_read == len(numbers) == places
        assert loaded.duplicates + loaded.known >= len(numbers) - len(set(numbers))

    proof = prove(run.ledger, run.campaign)
    assert proof.missing == ()
    assert proof.accepted == len({n for numbers in files for n in numbers})

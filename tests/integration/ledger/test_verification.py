"""Whoever alters the audit is found, and the record is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, insert, select, text, update

from outreach.campaign.run import Run
from outreach.ledger.audit.chain import canonical
from outreach.ledger.audit.chain_check import Finding
from outreach.ledger.audit.export import export_records
from outreach.ledger.audit.seals import pack_counts, seal, unpack_counts
from outreach.ledger.audit.verification import verify
from outreach.ledger.database.schema import audit, contacts, facts
from outreach.ledger.ledger import Ledger
from tests.support.ledgers import advance, load, new_ledger, new_run, people
from tests.support.organisations import Organisation

PEOPLE = 6


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, Run]]:
    """A campaign that ran, sealed once in the middle and once at the end."""
    with (
        new_ledger(tmp_path_factory.mktemp("audit")) as ledger,
        new_run(ledger, Organisation()) as run,
    ):
        load(run, people(PEOPLE))
        seal(ledger, run.campaign)
        advance(run)
        seal(ledger, run.campaign)
        yield ledger, run


def tampered(ledger: Ledger, run: Run, tamper: Callable[[Any], object]) -> list[Finding]:
    """What `verify` finds after somebody with the database, but not the key, was at work; then undone."""
    saved = {table: rows(ledger, table) for table in (audit, contacts, facts)}
    with ledger.db.engine.connect() as connection:
        connection.connection.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            tamper(connection)
    try:
        return verify(ledger, run.campaign).findings
    finally:
        with ledger.db.engine.connect() as connection:
            connection.connection.execute("PRAGMA foreign_keys=OFF")
            with connection.begin():
                for table, before in saved.items():
                    connection.execute(delete(table))
                    connection.execute(insert(table), before)


def rows(ledger: Ledger, table: Any) -> list[dict[str, Any]]:
    with ledger.db.read() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table))]


def records(ledger: Ledger) -> list[dict[str, Any]]:
    return rows(ledger, audit)


def test_an_untouched_audit_is_intact(stage: tuple[Ledger, Run]) -> None:
    ledger, run = stage
    result = verify(ledger, run.campaign)

    assert result.intact, result.findings
    assert (result.chains, result.seals, result.records) == (PEOPLE + 1, 2, len(records(ledger)))


@pytest.mark.parametrize("column", ["detail", "actor", "action"])
@pytest.mark.parametrize(
    "alter",
    [
        lambda value: value + b"x",
        lambda value: value[:-1],
        lambda value: value[:1] + bytes([value[1] ^ 32]) + value[2:],
        lambda value: value[:1] + b"\xff\xfe" + value[1:],
    ],
    ids=["a byte more", "a byte less", "a bit turned", "no text"],
)
def test_bytes_that_are_no_longer_what_was_written_are_found(
    stage: tuple[Ledger, Run], column: str, alter: Callable[[bytes], bytes]
) -> None:
    ledger, run = stage

    def tamper(connection: Any) -> None:
        raw = connection.connection.driver_connection
        query = f"SELECT id, {column} FROM audit WHERE contact_id IS NOT NULL ORDER BY id LIMIT 1"
        number, value = raw.execute(query).fetchone()
        altered = alter(value if isinstance(value, bytes) else value.encode())
        raw.execute(f"UPDATE audit SET {column} = ? WHERE id = ?", (altered, number))

    findings = tampered(ledger, run, tamper)

    assert {finding.problem for finding in findings} == {"altered"}


def test_seals_that_saw_a_chain_end_alike_hold_beside_those_that_saw_it_grow(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation()) as run:
        load(run, people(2))
        seal(ledger, run.campaign)
        load(run, people(3))
        seal(ledger, run.campaign)
        advance(run)
        seal(ledger, run.campaign)

        verified = verify(ledger, run.campaign)

    assert (verified.seals, verified.findings) == (3, [])


def test_a_seal_where_no_chain_has_grown_says_what_the_last_one_said(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation()) as run:
        load(run, people(2))
        seal(ledger, run.campaign)
        asked: list[str] = []
        event.listen(ledger.db.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        seal(ledger, run.campaign)
        assert not any("FROM contacts" in statement for statement in asked)
        first, second = (orjson.loads(r["detail"]) for r in records(ledger) if r["action"] == "sealed")

        assert verify(ledger, run.campaign).intact
    assert second == {**first, "last": second["last"]}


def test_what_a_forged_seal_says_is_not_said_again(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation()) as run:
        load(run, people(2))
        seal(ledger, run.campaign)
        forged = '{"counts":"","last":1000000,"records":0,"root":""}'
        with ledger.db.write() as connection:
            connection.execute(update(audit).where(audit.c.action == "sealed").values(detail=forged))
        seal(ledger, run.campaign)

        assert orjson.loads(records(ledger)[-1]["detail"])["records"] == 2


CHANGES: dict[str, Callable[[Any], object]] = {
    "at": lambda at: at.replace(year=2020),
    "action": lambda action: "blocked" if action != "blocked" else "started",
    "detail": lambda detail: '{"state":"ended"}',
    "actor": lambda actor: "somebody else",
    "previous": lambda previous: "0" * 64,
    "hash": lambda digest: "f" * 64,
    "n": lambda n: n + 100,
}
ANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ANY
@given(pick=st.integers(0, 10**6), column=st.sampled_from(sorted(CHANGES)))
def test_any_changed_record_is_found_and_named(stage: tuple[Ledger, Run], pick: int, column: str) -> None:
    ledger, run = stage
    all_records = records(ledger)
    victim = all_records[pick % len(all_records)]
    changed = update(audit).where(audit.c.id == victim["id"])

    found = tampered(
        ledger, run, lambda c: c.execute(changed.values({column: CHANGES[column](victim[column])}))
    )

    assert found
    # A changed `previous` or `hash` of one record may as well be read as the neighbour's change.
    near = {victim["n"], victim["n"] - 1, victim["n"] + 1}
    assert found[0].contact == name_of(ledger, victim)
    assert found[0].n in near
    if column not in ("n", "previous", "hash"):
        assert (found[0].n, found[0].problem) == (victim["n"], "altered")


def test_a_genuine_record_of_another_history_is_found(stage: tuple[Ledger, Run]) -> None:
    """A copy of the ledger went on differently, with the same key; its record is put in place of ours."""
    ledger, run = stage
    ours = next(r for r in records(ledger) if r["contact_id"] is not None and r["n"] == 2)
    theirs = {**ours, "actor": "a copy"}
    theirs["hash"] = ledger.vault.chain(ours["previous"], canonical(theirs))
    swap = update(audit).where(audit.c.id == ours["id"]).values(actor="a copy", hash=theirs["hash"])

    found = tampered(ledger, run, lambda c: c.execute(swap))

    assert [(f.contact, f.n, f.problem) for f in found[:1]] == [(name_of(ledger, ours), 2, "altered")]


@ANY
@given(pick=st.integers(0, 10**6))
def test_any_dropped_record_is_found_and_named(stage: tuple[Ledger, Run], pick: int) -> None:
    ledger, run = stage
    all_records = records(ledger)
    victim = all_records[pick % len(all_records)]

    found = tampered(ledger, run, lambda c: c.execute(delete(audit).where(audit.c.id == victim["id"])))

    assert (found[0].contact, found[0].n, found[0].problem) == (
        name_of(ledger, victim),
        victim["n"],
        "missing",
    )


@ANY
@given(pick=st.integers(0, 10**6), other=st.integers(0, 10**6), inside=st.booleans())
def test_any_two_swapped_records_are_found_and_named(
    stage: tuple[Ledger, Run], *, pick: int, other: int, inside: bool
) -> None:
    ledger, run = stage
    all_records = records(ledger)
    one = all_records[pick % len(all_records)]
    peers = [r for r in all_records if r["contact_id"] == one["contact_id"] or not inside]
    two = peers[other % len(peers)]
    if one["id"] == two["id"]:
        return

    def swap(connection: Any) -> None:
        content = ("at", "action", "detail", "actor", "previous", "hash")
        for here, there in ((one, two), (two, one)):
            values = {name: there[name] for name in content}
            connection.execute(update(audit).where(audit.c.id == here["id"]).values(values))

    found = tampered(ledger, run, swap)

    named = {name_of(ledger, one), name_of(ledger, two)}
    assert found
    assert found[0].contact in named
    if one["contact_id"] == two["contact_id"]:
        assert (found[0].n, found[0].problem) == (min(one["n"], two["n"]), "reordered")


@ANY
@given(pick=st.integers(0, 10**6), shift=st.booleans(), forged=st.booleans())
def test_any_inserted_record_is_found_and_named(
    stage: tuple[Ledger, Run], *, pick: int, shift: bool, forged: bool
) -> None:
    ledger, run = stage
    all_records = records(ledger)
    model = all_records[pick % len(all_records)]
    chain = [r for r in all_records if r["contact_id"] == model["contact_id"]]
    place = model["n"] if shift else len(chain) + 1
    new = {**model, "id": 10**6, "n": place}
    if forged:
        new |= {"action": "started", "hash": "a" * 64}

    def insert_it(connection: Any) -> None:
        later = [r for r in chain if r["n"] >= place]
        for record in sorted(later, key=lambda r: -r["n"]):
            connection.execute(update(audit).where(audit.c.id == record["id"]).values(n=record["n"] + 1))
        connection.execute(insert(audit), new)

    found = tampered(ledger, run, insert_it)

    assert found
    assert found[0].contact == name_of(ledger, model)
    assert abs(found[0].n - place) <= 1


def name_of(ledger: Ledger, record: dict[str, Any]) -> str:
    if record["contact_id"] is None:
        return ""
    return next(
        str(r["external_contact_id"]) for r in rows(ledger, contacts) if r["id"] == record["contact_id"]
    )


def test_a_record_appended_by_somebody_else_is_inserted(stage: tuple[Ledger, Run]) -> None:
    ledger, run = stage
    last = max((r for r in records(ledger) if r["contact_id"] == 1), key=lambda r: r["n"])
    new = {**last, "id": 10**6, "n": last["n"] + 1, "previous": last["hash"], "hash": "b" * 64}

    found = tampered(ledger, run, lambda c: c.execute(insert(audit), new))

    assert (found[0].contact, found[0].n, found[0].problem) == ("C-1", last["n"] + 1, "inserted")


def test_a_chain_cut_short_with_its_contact_is_found_by_the_seal(stage: tuple[Ledger, Run]) -> None:
    ledger, run = stage
    chain = sorted((r for r in records(ledger) if r["contact_id"] == 2), key=lambda r: r["n"])
    before = chain[-2]

    def roll_back(connection: Any) -> None:
        connection.execute(delete(audit).where(audit.c.id == chain[-1]["id"]))
        state = orjson.loads(before["detail"])["state"]
        values = {"audit_count": before["n"], "audit_head": before["hash"], "state": state}
        connection.execute(update(contacts).where(contacts.c.id == 2).values(values))

    found = tampered(ledger, run, roll_back)

    assert (found[0].contact, found[0].n, found[0].problem) == ("C-2", chain[-1]["n"], "missing")


def test_a_contact_deleted_with_all_its_records_is_found_by_the_seal(stage: tuple[Ledger, Run]) -> None:
    ledger, run = stage

    def forget(connection: Any) -> None:
        for table in ("audit", "intents", "outbox"):
            connection.execute(text(f"DELETE FROM {table} WHERE contact_id = 3"))
        connection.execute(text("DELETE FROM contacts WHERE id = 3"))

    found = tampered(ledger, run, forget)

    assert found[0].problem == "missing"
    assert "contact number 3" in found[0].explanation


def test_a_state_written_past_the_audit_is_found(stage: tuple[Ledger, Run]) -> None:
    ledger, run = stage
    found = tampered(ledger, run, lambda c: c.execute(text("UPDATE contacts SET state='blocked' WHERE id=4")))

    assert (found[0].contact, found[0].problem) == ("C-4", "altered")


def test_last_seals_that_are_cut_off_are_found_by_their_end_or_by_a_hash_kept_elsewhere(
    stage: tuple[Ledger, Run],
) -> None:
    ledger, run = stage
    own = [r for r in records(ledger) if r["contact_id"] is None]
    kept = own[-1]["hash"]
    assert verify(ledger, run.campaign, seal=kept).intact

    cut = delete(audit).where(audit.c.id == own[-1]["id"])
    assert tampered(ledger, run, lambda c: c.execute(cut))[0].problem == "missing"

    def cover_up(connection: Any) -> None:
        connection.execute(cut)
        end = f"{own[-2]['n']} {own[-2]['hash']}"
        connection.execute(update(facts).where(facts.c.name.like("audit_end:%")).values(value=end))

    assert tampered(ledger, run, cover_up) == [], "nothing inside the database could show it"
    with ledger.db.write() as connection:
        connection.execute(update(audit).where(audit.c.id == own[-1]["id"]).values(action="sealed"))
    assert not verify(ledger, run.campaign, seal="0" * 64).intact


def test_the_export_has_every_record_and_verifies_by_eye(stage: tuple[Ledger, Run]) -> None:
    ledger, run = stage
    lines = [orjson.loads(line) for line in export_records(ledger, run.campaign)]

    assert len(lines) == len(records(ledger))
    assert lines[0]["contact"] is None
    assert {"n", "at", "action", "detail", "actor", "previous", "hash"} <= lines[0].keys()
    chain = [line for line in lines if line["contact"] == "C-5"]
    assert [line["previous"] for line in chain[1:]] == [line["hash"] for line in chain[:-1]]


@given(st.integers(1, 3000), st.binary())
def test_counts_survive_being_packed(first: int, counts: bytes) -> None:
    known = {number: count for number, count in enumerate(counts, first) if count}
    assert unpack_counts(pack_counts(first, counts)) == known


def test_a_million_contacts_take_little_room() -> None:
    assert len(pack_counts(1, bytes([5]) * 1_000_000)) < 4000

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from outreach.campaign.run import Run
from outreach.genesys.interface import Started
from outreach.ledger.proof import Proof, prove, prove_within
from tests.support.ledgers import advance, attempt, clear, intend, load, new_ledger, new_run, people
from tests.support.organisations import Organisation

TAMPERED = {
    "a contact removed": "DELETE FROM contacts WHERE external_contact_id = 'C-3'",
    "a reject removed": "DELETE FROM rejects",
    "a state that is none": "UPDATE contacts SET state = 'sent' WHERE external_contact_id = 'C-1'",
    "a contact said to be contacted": "UPDATE contacts SET state = 'ended' WHERE external_contact_id = 'C-3'",
    "a contact said not to be contacted": "UPDATE contacts SET state = 'blocked' WHERE id = 1",
    "an intent removed": "DELETE FROM intents WHERE contact_id = 1",
    "an intent without its outcome": "UPDATE intents SET outcome = NULL WHERE contact_id = 1",
    "one person twice": "UPDATE intents SET person_key = 'same'",
    "one person twice, of all whom both campaigns know": (
        "UPDATE intents SET person_key = CASE WHEN campaign_id = 1 THEN 'same' ELSE 'other' END"
    ),
    "one conversation twice": "UPDATE contacts SET conversation_id = 'c-1'",
    "an audit record removed": "DELETE FROM audit WHERE contact_id = 1 AND n = 2",
    "the last audit record removed": (
        "DELETE FROM audit WHERE contact_id = 1 AND n = (SELECT audit_count FROM contacts WHERE id = 1)"
    ),
    "an audit record put between": (
        "INSERT INTO audit (campaign_id, contact_id, n, at, action, detail, actor, previous, hash) "
        "VALUES (1, 1, 99, 0, 'nothing', '{}', 'nobody', '', 'x')"
    ),
    "an audit record replaced": "UPDATE audit SET hash = 'x' WHERE contact_id = 1 AND n = 2",
    "a link of the chain replaced": "UPDATE audit SET previous = 'x' WHERE contact_id = 1 AND n = 2",
    "two links of the chain swapped": (
        "UPDATE audit SET previous = CASE n WHEN 2 THEN hash ELSE "
        "(SELECT previous FROM audit WHERE contact_id = 1 AND n = 2) END WHERE contact_id = 1 AND n IN (2, 3)"
    ),
    "a record given another place": "UPDATE audit SET n = -n WHERE contact_id = 1 AND n = 3",
    "a record given to another contact": (
        "UPDATE audit SET contact_id = 2, n = 99 WHERE contact_id = 1 AND n = 3"
    ),
    "a chain that nobody counts": "UPDATE contacts SET audit_count = 0, audit_head = '' WHERE id = 1",
    "another end of the chain": "UPDATE contacts SET audit_head = 'x' WHERE id = 1",
    "a started record replaced": "UPDATE audit SET action = 'looked' WHERE action = 'started'",
    "a second contact's record taken from its contact": (
        "INSERT INTO audit (campaign_id, contact_id, n, at, action, detail, actor, previous, hash) "
        "VALUES (1, NULL, 9, 0, 'contacted_twice', '{}', 'nobody', 'x', 'x')"
    ),
    "a record of the campaign itself removed": (
        "DELETE FROM audit WHERE contact_id IS NULL AND campaign_id = 1 AND n = 1"
    ),
    "fewer rows read": "UPDATE loads SET rows_read = rows_read - 1",
}


@pytest.fixture(scope="module", params=[1, 9], ids=["beside a smaller one", "beside a larger one"])
def done(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Run]:
    """Two people contacted, one not yet, one row rejected. What the tests do to it is rolled back."""
    with new_ledger(tmp_path_factory.mktemp("done")) as ledger, new_run(ledger, Organisation()) as run:
        load(run, [*people(2), {"external_contact_id": "C-9", "name": "x", "sms": "1"}])
        advance(run)
        load(run, people(1, first=3))
        with new_run(ledger, Organisation(), name="another") as other:
            load(other, people(request.param, first=100))
            advance(other)
        assert prove(run.ledger, run.campaign).missing == ()
        yield run


@pytest.mark.parametrize("statement", TAMPERED.values(), ids=TAMPERED.keys())
def test_the_proof_is_red_when_rows_are_tampered_with(done: Run, statement: str) -> None:
    with done.ledger.db.write() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        connection.execute(text(statement))
        proof = prove_and_undo(done, connection)

    assert not proof.balanced
    assert len(proof.missing) >= 1


def test_people_whom_another_campaign_contacted_as_well_make_no_proof_red(done: Run) -> None:
    with done.ledger.db.write() as connection:
        for table, column, key in (
            ("intents", "person_key", "contact_id"),
            ("contacts", "conversation_id", "id"),
        ):
            same = f"(SELECT {column} FROM {table} WHERE {key} = 1)"
            connection.execute(text(f"UPDATE {table} SET {column} = {same} WHERE {key} = 4"))
        proof = prove_and_undo(done, connection)

    assert proof.missing == ()


def prove_and_undo(run: Run, connection: Connection) -> Proof:
    proof = prove_within(connection, run.campaign)
    connection.rollback()
    return proof


def test_an_intent_in_the_air_is_no_doubt_but_one_that_nobody_holds_is(run: Run) -> None:
    load(run, people(1))
    clear(run)
    opened = intend(run)[0]
    assert prove(run.ledger, run.campaign).balanced

    with run.ledger.db.write() as connection:
        connection.execute(text("UPDATE contacts SET lease_owner = NULL"))
    assert prove(run.ledger, run.campaign).missing == ("1 intents without an outcome",)

    attempt(run, opened, Started("c-1", 1.0))
    assert prove(run.ledger, run.campaign).balanced


def test_the_proof_names_states_reasons_and_webhooks(done: Run) -> None:
    document = prove(done.ledger, done.campaign).as_json()

    assert document["states"] == {"accepted": 1, "started": 2}
    assert document["webhooks"] == {"delivered": 0, "pending": 2, "dead": 0}
    assert (document["source_rows"], document["rejected"], document["contacted"]) == (4, 1, 2)
    assert (document["audit"], document["balanced"], document["contacted_twice"]) == ("ok", True, 0)

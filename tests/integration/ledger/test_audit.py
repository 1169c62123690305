from __future__ import annotations

import hmac

import orjson
from sqlalchemy import select

from outreach.campaign.run import Run
from outreach.ledger.audit.chain import canonical
from outreach.ledger.database.schema import audit
from tests.support.ledgers import advance, load, people


def test_every_change_of_a_contact_is_in_its_chain_in_order(run: Run) -> None:
    load(run, people(1))
    advance(run)

    with run.ledger.db.read() as connection:
        rows = connection.execute(select(audit).where(audit.c.contact_id == 1).order_by(audit.c.n)).all()

    assert [row.action for row in rows] == ["accepted", "registered", "allowed", "intended", "started"]
    assert [row.n for row in rows] == [1, 2, 3, 4, 5]
    assert [row.previous for row in rows] == ["", *(row.hash for row in rows[:-1])]


def test_a_record_that_was_changed_no_longer_matches_its_hash(run: Run) -> None:
    load(run, people(1))
    with run.ledger.db.read() as connection:
        row = dict(connection.execute(select(audit).where(audit.c.contact_id == 1)).one()._mapping)

    assert run.ledger.vault.chain(row["previous"], canonical(row)) == row["hash"]
    for name, value in (("action", "x"), ("actor", "x"), ("detail", "{}"), ("n", 2), ("contact_id", 9)):
        assert run.ledger.vault.chain(row["previous"], canonical({**row, name: value})) != row["hash"]


def test_a_records_hash_is_the_hmac_of_what_it_follows_and_of_itself(run: Run) -> None:
    vault = run.ledger.vault
    key = bytes.fromhex(vault.open(vault.wrap_hashing_keys()).split()[1])

    expected = hmac.digest(key, b"before\nrecord", "sha256").hex()

    assert vault.chain("before", b"record") == expected


def test_the_audit_holds_no_address_name_or_message(run: Run) -> None:
    load(run, people(2, initial_message="a secret"))
    advance(run)
    with run.ledger.db.read() as connection:
        text = orjson.dumps([list(map(str, row)) for row in connection.execute(select(audit))]).decode()

    for personal in ("317555", "example.com", "Person", "secret"):
        assert personal not in text


def test_the_campaigns_own_chain_has_one_end(run: Run) -> None:
    with run.ledger.db.read() as connection:
        rows = connection.execute(select(audit).where(audit.c.contact_id.is_(None)).order_by(audit.c.n)).all()

    assert [row.action for row in rows] == ["run"]
    assert rows[0].previous == ""

"""The database alone tells nobody who was contacted; keys change without anybody being forgotten."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from outreach.campaign.loading import load_source
from outreach.campaign.run import Run
from outreach.errors import WrongKey
from outreach.ledger.audit.verification import verify
from outreach.ledger.database.schema import facts, outbox, suppressions
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import HASHING, open_ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.ledger.privacy.forgetting import rewrite
from outreach.ledger.privacy.key_rotation import reseal
from outreach.ledger.suppressions import find_suppressed, suppress
from outreach.ledger.vault import Vault
from outreach.operations.export import export_contacts
from outreach.settings import CampaignSettings, Event
from outreach.sources.csv_writer import RejectsFile
from outreach.sources.opening import open_source
from outreach.webhook.outbox import Settlement
from tests.support.ledgers import advance, load, new_run, people, row_of
from tests.support.organisations import Organisation

OLD, NEW = "the old key of the ledger", "the new key of the ledger"
SAYS = "unknown customer Ada Quillfeather"
BAD: dict[str, object] = {"external_contact_id": "-!", "name": "Bad Rowland", "email": "rowland@example.org"}


def campaign(ledger: Ledger, folder: Path) -> Run:
    settings = CampaignSettings(
        hours_bind=(),
        threads=2,
        output=str(folder / "out"),
        events=tuple(Event),
        message="Hello there",
    )
    with new_run(ledger, Organisation(), settings) as run:
        rows = [*people(8, initial_message="Your parcel waits"), BAD]
        load_source(run, open_source(rows), run.rejects_file)
        advance(run)
        box = LedgerOutbox(ledger, "default")
        now = ledger.clock.now()
        taken = box.take(100, now, 60)
        box.settle([Settlement(taken[0].id, "retry", now, 400, "status", SAYS)], now)
    return run


TRACES = (b"Person 3", b"3175550003", b"p3@example.com", b"parcel", b"Rowland", b"rowland@", b"Quillfeather")


def test_an_encrypted_ledger_holds_nobodys_data_in_clear(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db", keys=[OLD], encrypted=True) as ledger:
        campaign(ledger, tmp_path)
        suppress(ledger, ["+13175550003", "p3@example.com"], source="test", reason="test")
        content = b"".join(file.read_bytes() for file in tmp_path.glob("ledger.db*"))

    assert [trace for trace in TRACES if trace in content] == []
    assert b"C-3" in content, "the reference by which logs and the CRM name people"


def test_a_plain_ledger_holds_personal_data_only_where_an_erasure_looks(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db", keys=[OLD]) as ledger:
        campaign(ledger, tmp_path)
        suppress(ledger, ["+13175550003"], source="test", reason="test")

    database = sqlite3.connect(tmp_path / "ledger.db")
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    found = set()
    for table in tables:
        cursor = database.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description]
        for row in cursor:
            for name, value in zip(names, row, strict=True):
                cell = value if isinstance(value, bytes) else str(value).encode()
                if any(trace in cell for trace in TRACES):
                    found.add(f"{table}.{name}")
    database.close()
    assert found == {"contacts.payload", "rejects.raw", "outbox.excerpt"}


def test_a_key_is_changed_and_the_old_one_dropped_without_forgetting_anybody(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with open_ledger(url, keys=[OLD], encrypted=True) as ledger:
        run = campaign(ledger, tmp_path)
        suppress(ledger, ["+13175559999"], source="test", reason="test")
    with open_ledger(url, keys=[NEW, OLD], encrypted=True) as ledger:
        done = reseal(ledger)
        assert (done.changed, done.left) == (8 + 1 + 1, 0)
        assert reseal(ledger).changed == 0

    with open_ledger(url, keys=[NEW], encrypted=True) as ledger:
        assert find_suppressed(ledger, ["+13175559999"]) == {"+13175559999"}
        assert verify(ledger, run.campaign).intact
        assert export_contacts(ledger, run.campaign, ["started"], tmp_path / "e.csv") == 8
        with new_run(ledger, Organisation(), name="spring") as again:
            assert load(again, people(8, initial_message="Your parcel waits")).known == 8
    with pytest.raises(WrongKey), open_ledger(url, keys=[OLD], encrypted=True):
        pass


def test_a_key_that_was_dropped_too_early_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with open_ledger(url, keys=[OLD], encrypted=True) as ledger:
        campaign(ledger, tmp_path)
    with pytest.raises(WrongKey, match="made with another key"), open_ledger(url, keys=[NEW]):
        pass
    with open_ledger(url, keys=[NEW, OLD]) as ledger:
        assert ledger.vault.open(row_of(ledger, "C-1").payload)


def test_encryption_can_be_switched_on_later_and_leaves_no_clear_byte(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with open_ledger(url, keys=[OLD]) as ledger:
        campaign(ledger, tmp_path)
    with open_ledger(url, keys=[OLD], encrypted=True) as ledger:
        reseal(ledger)
        assert rewrite(ledger)
        content = b"".join(file.read_bytes() for file in tmp_path.glob("ledger.db*"))

    assert [trace for trace in TRACES if trace in content] == []


def test_hashes_cannot_be_made_without_the_key(tmp_path: Path) -> None:
    keys = []
    for name in ("a", "b"):
        with open_ledger(f"sqlite:///{tmp_path}/{name}.db", keys=[OLD]) as ledger:
            suppress(ledger, ["+13175550003"], source="test", reason="test")
            with ledger.db.read() as connection:
                keys.append(connection.execute(select(suppressions.c.address_key)).scalar_one())

    assert keys[0] != keys[1], "each ledger has keys of its own, so two of them cannot be compared either"


def test_every_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        run = campaign(ledger, tmp_path)
        export_contacts(ledger, run.campaign, ["started"], tmp_path / "export.csv")
        with RejectsFile(tmp_path / "more.csv"):
            pass
        files = [file for file in tmp_path.rglob("*") if file.is_file()]
        modes = {file.name: file.stat().st_mode & 0o777 for file in files}

    assert {"ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.key", "export.csv"} <= modes.keys()
    assert "spring-rejects.csv" in modes
    assert set(modes.values()) == {0o600}, modes


def test_an_older_ledger_without_keys_of_its_own_keeps_the_hashes_that_it_has(tmp_path: Path) -> None:
    url, before = f"sqlite:///{tmp_path}/ledger.db", Vault([OLD])
    with open_ledger(url, keys=[OLD]) as ledger, ledger.db.write() as connection:
        connection.execute(delete(facts).where(facts.c.name == HASHING))
        connection.execute(update(facts).where(facts.c.name == "key").values(value=before.fingerprint))
    with pytest.raises(WrongKey), open_ledger(url, keys=[NEW]):
        pass
    with open_ledger(url, keys=[NEW, OLD]) as ledger:
        reseal(ledger)
    with open_ledger(url, keys=[NEW]) as ledger:
        assert ledger.vault.address_key("+13175550003") == before.address_key("+13175550003")


def test_an_answer_is_sealed_like_everything_personal(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db", keys=[OLD], encrypted=True) as ledger:
        campaign(ledger, tmp_path)
        with ledger.db.read() as connection:
            cells = connection.execute(select(outbox.c.excerpt).where(outbox.c.excerpt != "")).scalars().all()
            assert [ledger.vault.open(cell) for cell in cells] == [SAYS]
        with ledger.db.write() as connection:
            connection.execute(update(outbox).values(excerpt=""))

"""A copy of an SQLite ledger that is whole, whoever writes meanwhile, and private."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest

from outreach.errors import UsageError
from outreach.ledger.backup import back_up
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import prove
from tests.support.clocks import SetClock
from tests.support.ledgers import NOON, advance, load, new_run, people
from tests.support.organisations import Organisation


def make(folder: Path) -> str:
    return f"sqlite:///{folder / 'ledger.db'}"


def test_a_copy_holds_what_lies_in_the_log_and_opens_with_its_own_key(tmp_path: Path) -> None:
    file = tmp_path / "backup" / "ledger.db"
    with open_ledger(make(tmp_path), clock=SetClock(NOON)) as ledger, new_run(ledger, Organisation()) as run:
        load(run, people(20))
        proof = advance(run)
        made = back_up(ledger, file)  # nothing was checkpointed: the rows lie in the log

    assert list(made) == [file, Path(f"{file}.key")]
    with open_ledger(f"sqlite:///{file}") as copy:
        assert prove(copy, find_campaign(copy, "spring")).states == proof.states


def test_a_copy_made_while_others_write_is_one_instant_of_the_ledger(tmp_path: Path) -> None:
    file, over = tmp_path / "copy.db", threading.Event()

    with open_ledger(make(tmp_path), clock=SetClock(NOON)) as ledger, new_run(ledger, Organisation()) as run:

        def write() -> None:
            for first in range(1, 2000, 20):
                if over.is_set():
                    return
                load(run, people(20, first=first))

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(5):
                back_up(ledger, file, force=True)
                with contextlib.closing(sqlite3.connect(file)) as copy:
                    (check,) = copy.execute("PRAGMA integrity_check").fetchone()
                    contacts, records = (
                        copy.execute(query).fetchone()[0]
                        for query in (
                            "SELECT coalesce(sum(audit_count), 0) FROM contacts",
                            "SELECT count(*) FROM audit WHERE contact_id IS NOT NULL",
                        )
                    )
                assert (check, contacts) == ("ok", records)
        finally:
            over.set()
            writer.join()


def test_copies_are_private(tmp_path: Path) -> None:
    with open_ledger(make(tmp_path)) as ledger:
        made = back_up(ledger, tmp_path / "copy.db")

    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}


@pytest.mark.parametrize("name", ["copy.db", "copy.db.key"])
def test_what_is_there_is_replaced_only_by_force(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("somebody's")
    with open_ledger(make(tmp_path)) as ledger:
        with pytest.raises(UsageError, match="--force"):
            back_up(ledger, tmp_path / "copy.db")
        assert (tmp_path / name).read_text() == "somebody's"
        back_up(ledger, tmp_path / "copy.db", force=True)

    with open_ledger(f"sqlite:///{tmp_path / 'copy.db'}"):
        pass


def test_a_ledger_is_never_replaced_by_itself(tmp_path: Path) -> None:
    with open_ledger(make(tmp_path)) as ledger, pytest.raises(UsageError, match="the ledger itself"):
        back_up(ledger, tmp_path / "ledger.db", force=True)


def test_what_a_backup_that_was_killed_left_half_written_goes_with_the_next_one(tmp_path: Path) -> None:
    left = tmp_path / ".copy.db.k1ll3d.part"
    left.write_bytes(b"everybody")
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        back_up(ledger, tmp_path / "copy.db")
    assert not left.exists()

from __future__ import annotations

import contextlib
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, event, insert, inspect

from outreach.campaign.run import Run
from outreach.errors import LedgerError, WrongKey
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.database.engine import Database
from outreach.ledger.database.schema import metadata, suppressions
from outreach.ledger.ledger import Ledger
from outreach.ledger.migrations import migrate
from outreach.ledger.migrations.steps import STEPS
from outreach.ledger.opening import open_ledger
from outreach.ledger.root_key import stored_key
from outreach.ledger.runs import Stop, read_stop, stop_campaign
from outreach.ledger.suppressions import find_suppressed, mirror, suppression
from outreach.ledger.vault import Vault
from tests.support.clocks import SetClock
from tests.support.first_ledger import describe, make_first, migrated
from tests.support.ledgers import KEY, advance, forget_hand_overs, load, new_ledger, new_run, people, states
from tests.support.organisations import Organisation


def forget_zone_rules(connection: Connection) -> None:
    for table in ("campaigns", "executors"):
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN zone_rules")


def forget_answers(connection: Connection) -> None:
    connection.exec_driver_sql("DROP TABLE replies")
    for column in ("link", "undelivered"):
        connection.exec_driver_sql(f"ALTER TABLE contacts DROP COLUMN {column}")


def new_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'migrated.db'}"


def test_the_first_ledger_of_these_tests_is_what_0_1_0_wrote(tmp_path: Path) -> None:
    stored = Path(__file__).with_name("ledger_0_1_0.sql").read_text()
    with contextlib.closing(sqlite3.connect(tmp_path / "stored.db")) as written:
        written.executescript(stored)
    with (
        contextlib.closing(Database(f"sqlite:///{tmp_path / 'stored.db'}")) as released,
        contextlib.closing(Database(new_url(tmp_path))) as first,
    ):
        with first.write() as connection:
            make_first(connection)
        assert describe(first) == describe(released)


def test_the_migrations_make_exactly_the_schema(tmp_path: Path) -> None:
    with contextlib.closing(migrated(new_url(tmp_path))) as database, database.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": migrate.VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
        made = {table: len(inspect(connection).get_indexes(table)) for table in metadata.tables}
    assert made == {name: len(table.indexes) for name, table in metadata.tables.items()}


def test_a_new_ledger_is_what_the_migrations_make(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger, contextlib.closing(migrated(new_url(tmp_path))) as database:
        assert describe(ledger.db) == describe(database)


def test_the_newest_revision_is_the_one_that_opening_looks_for() -> None:
    assert list(STEPS) == [f"{number:04}" for number in range(2, int(migrate.HEAD) + 1)]


def test_a_ledger_of_a_newer_version_is_refused_with_advice(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger, ledger.db.write() as connection:
        connection.exec_driver_sql(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '9999'")

    with pytest.raises(LedgerError, match=r"newer version.*Upgrade"), new_ledger(tmp_path):
        pass


def test_a_ledger_without_the_author_of_a_stop_keeps_its_stop_and_goes_on(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation()) as run:
        load(run, people(1))
        stop_campaign(ledger, run.campaign, "9 of 10 attempts failed.")
        with ledger.db.write() as connection:
            connection.exec_driver_sql("ALTER TABLE loads DROP COLUMN numbers")
            connection.exec_driver_sql("ALTER TABLE campaigns DROP COLUMN stopped_by")
            forget_zone_rules(connection)
            forget_answers(connection)
            forget_hand_overs(connection)
            connection.exec_driver_sql(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '0002'")

    with new_ledger(tmp_path) as ledger:
        stop = read_stop(ledger, find_campaign(ledger, "spring"))
        assert stop == Stop("9 of 10 attempts failed.", "")
        with new_run(ledger, Organisation()) as run:
            assert advance(run).states == {"started": 1}


def test_an_empty_database_becomes_a_ledger_and_opening_it_again_keeps_its_people(
    run: Run, tmp_path: Path
) -> None:
    load(run, people(1))
    with run.ledger.db.read() as connection:
        names = inspect(connection).get_table_names()
    assert set(metadata.tables) | {migrate.VERSION_TABLE} == set(names)
    with new_ledger(tmp_path) as again:
        assert states(again) == {"C-1": "accepted"}


def test_new_ledgers_of_one_process_are_made_at_one_moment(tmp_path: Path) -> None:
    together = threading.Barrier(6)

    def make(number: int) -> bool:
        together.wait()
        with open_ledger(f"sqlite:///{tmp_path / f'{number}.db'}", keys=[KEY]) as made:
            return states(made) == {}

    with ThreadPoolExecutor(6) as threads:
        assert all(threads.map(make, range(6)))


def test_a_ledger_may_share_its_database_with_another_program_that_alembic_migrates(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE alembic_version (version_num TEXT)")
        other.execute("INSERT INTO alembic_version VALUES ('of another program')")

    with open_ledger(f"sqlite:///{path}", keys=[KEY]) as ledger:
        assert states(ledger) == {}
    with contextlib.closing(sqlite3.connect(path)) as other:
        [(version,)] = other.execute("SELECT version_num FROM alembic_version")
    assert version == "of another program"


def test_another_key_is_refused_before_anybody_is_contacted(tmp_path: Path) -> None:
    with new_ledger(tmp_path):
        pass
    with (
        pytest.raises(WrongKey, match="another key"),
        open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", keys=["quite another key, and long"]),
    ):
        pass


def test_a_missing_key_file_is_said_and_none_is_made_in_its_place(tmp_path: Path) -> None:
    with new_ledger(tmp_path):
        pass
    with (
        pytest.raises(WrongKey, match=r"missing.*ledger\.db\.key"),
        open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}"),
    ):
        pass
    assert not (tmp_path / "ledger.db.key").exists()


def test_a_copy_without_its_key_file_opens_by_the_key_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_ledger(tmp_path):
        pass
    monkeypatch.setenv("OUTREACH_LEDGER_KEY", KEY)
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        assert states(ledger) == {}
    assert not (tmp_path / "ledger.db.key").exists()


def test_a_key_file_is_private_complete_and_made_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ledger.key"

    assert stored_key(path) == stored_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["ledger.key"]


def test_an_empty_key_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    with pytest.raises(LedgerError, match="empty"):
        stored_key(tmp_path / "key")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "nonsense", "mystery://x/y", ""])
def test_an_url_that_can_be_no_ledger_is_refused_with_advice(url: str) -> None:
    with pytest.raises(LedgerError) as raised, open_ledger(url, keys=[KEY]):
        pass
    assert raised.value.advice


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("id,name\n" * 1000)
    with pytest.raises(LedgerError), new_ledger(tmp_path):
        pass


def test_a_full_disk_is_said_without_anybodys_data_and_nothing_is_half_written(run: Run) -> None:
    load(run, people(3))
    with run.ledger.db.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    run.ledger.db.engine.dispose()
    fill(run.ledger, pages + 2)

    with pytest.raises(LedgerError, match="Free disk space") as raised:
        load(run, people(900, first=10))

    assert "Person" not in str(raised.value)
    assert len(states(run.ledger)) == 3


def fill(ledger: Ledger, pages: int) -> None:
    """The disk ends here."""

    @event.listens_for(ledger.db.engine, "connect")
    def _limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")


def test_a_ledger_that_another_program_holds_is_said(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.ledger.database.connecting.BUSY_SECONDS", 0.05)
    held = pytest.raises(LedgerError, match="Another program holds the file")
    with new_ledger(tmp_path) as hurried, run.ledger.db.write(), held:
        hurried.executor.enter()


def test_personal_columns_can_be_sealed_and_read_by_an_older_root(tmp_path: Path) -> None:
    old, new = "an old root, long enough", "a new root, long enough"
    sealed = Vault([old], encrypted=True).seal("+13175550001")

    assert "+1317" not in sealed
    assert Vault([new, old], encrypted=True).open(sealed) == "+13175550001"
    assert Vault([new, old]).fingerprint == Vault([old]).fingerprint
    with pytest.raises(WrongKey):
        Vault([new]).open(sealed)


def test_a_sealed_ledger_holds_nobody_in_clear(tmp_path: Path, clock: SetClock) -> None:

    with new_ledger(tmp_path, clock, encrypted=True) as ledger, new_run(ledger, Organisation()) as run:
        load(run, people(3, name="Zebedee"))
        assert advance(run).contacted == 3
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Zebedee" not in content
    assert b"3175550001" not in content


def test_whom_an_older_ledger_had_mirrored_stays_off_until_the_lists_are_read_again(tmp_path: Path) -> None:
    number, other = "+13175550001", "+13175550002"
    with new_ledger(tmp_path) as ledger, ledger.db.write() as connection:
        rows = [
            suppression(ledger, number, "genesys-dnc", "genesys-dnc"),
            suppression(ledger, other, "by_hand", "x"),
        ]
        connection.execute(insert(suppressions), rows)
        connection.exec_driver_sql("DROP TABLE listed")
        connection.exec_driver_sql("ALTER TABLE loads DROP COLUMN numbers")
        connection.exec_driver_sql("ALTER TABLE campaigns DROP COLUMN stopped_by")
        forget_zone_rules(connection)
        forget_answers(connection)
        forget_hand_overs(connection)
        connection.exec_driver_sql(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '0001'")

    with new_ledger(tmp_path) as ledger:
        assert find_suppressed(ledger, [number, other]) == {number, other}
        mirror(ledger, [], organisation="o-1", complete=False)
        assert find_suppressed(ledger, [number, other]) == {number, other}
        mirror(ledger, [], organisation="o-1")
        assert find_suppressed(ledger, [number, other]) == {other}

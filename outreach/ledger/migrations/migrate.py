"""Bringing a ledger to this version, on open, one process at a time: Alembic, but for a new file."""

import threading
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from outreach.errors import WrongLedger
from outreach.ledger.database.engine import Database
from outreach.ledger.database.schema import metadata

HEAD = "0012"
"""The newest revision; a test holds it to the folder `migrations/versions`."""

VERSION_TABLE = "ledger_version"
"""Of our own, so that a ledger may share a database with others that Alembic migrates, like Prefect's."""

POSTGRES_LOCK = 6_042_417_811
"""An arbitrary number that only our migrations lock on."""

_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps what it works on in module variables, so two new ledgers in one process would meet there."""


def migrate(database: Database) -> None:
    """Apply what is missing; nothing when the ledger is of this version already.

    Raises:
        WrongLedger: the ledger is of a newer version than this program.
    """
    if revision_of(database) == HEAD:  # before any lock: nearly every opening ends here
        return
    with (
        _ONE_AT_A_TIME,
        database.write() as connection,
        database.unhurried(connection),  # each waits for the one before it
    ):
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": POSTGRES_LOCK})
        if database.is_sqlite and not inspect(connection).has_table(VERSION_TABLE):
            create(connection)
        else:
            upgrade(connection)


def create(connection: Connection) -> None:
    """Make a new ledger as the migrations would, step by step: a test holds the two together.

    Alembic imports every database's dialect, and a highlighter of source code: 7 MB, a third of a second.
    """
    metadata.create_all(connection, checkfirst=False)
    key = f"CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num)"
    connection.exec_driver_sql(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, {key})")
    connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES ('{HEAD}')")  # noqa: S608 - our own names


def upgrade(connection: Connection) -> None:
    """Apply the migrations that are missing. Raises WrongLedger, as `migrate` does."""
    from alembic import command  # noqa: PLC0415 - see `create`
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise WrongLedger(
            "The ledger was written by a newer version of this program.", "Upgrade genesys-outreach."
        ) from None


def revision_of(database: Database) -> str | None:
    """The version that a ledger is of; None where there is none."""
    with database.read() as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return None
        revision: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - our own name
        return revision

"""Bringing a ledger to this version, on open, one process at a time: step by step, but for a new file."""

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, inspect, select, text

from outreach.errors import WrongLedger
from outreach.ledger.database.engine import Database
from outreach.ledger.database.schema import metadata

HEAD = "0012"
"""The newest revision; a test holds it to the steps."""

VERSION_TABLE = "ledger_version"
"""Of our own, so that a ledger may share a database with others that Alembic migrates, like Prefect's."""

_NAMED = MetaData(naming_convention={"pk": "%(table_name)s_pkc"})
_VERSION = Table(VERSION_TABLE, _NAMED, Column("version_num", String(32), primary_key=True))

POSTGRES_LOCK = 6_042_417_811
"""An arbitrary number that only our migrations lock on."""


def migrate(database: Database) -> None:
    """Apply what is missing; nothing when the ledger is of this version already.

    Raises:
        WrongLedger: the ledger is of a newer version than this program.
    """
    if revision_of(database) == HEAD:  # before any lock: nearly every opening ends here
        return
    with (
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
    """Make a new ledger as the steps would: a test holds the two together.

    Alembic imports every database's dialect: 7 MB, a third of a second.
    """
    metadata.create_all(connection, checkfirst=False)
    _write_revision(connection)


def upgrade(connection: Connection) -> None:
    """Take the steps that are missing. Raises WrongLedger, as `migrate` does."""
    from alembic.migration import MigrationContext  # noqa: PLC0415 - see `create`
    from alembic.operations import Operations  # noqa: PLC0415

    from outreach.ledger.migrations.steps import STEPS  # noqa: PLC0415

    found = _read_revision(connection)
    if found and found not in STEPS:
        raise WrongLedger(
            "The ledger was written by a newer version of this program.", "Upgrade genesys-outreach."
        )
    named = {"target_metadata": metadata}  # for the names of keys
    operations = Operations(MigrationContext.configure(connection, opts=named))
    for revision, take in STEPS.items():
        if revision > (found or ""):
            take(operations)
    _write_revision(connection)


def revision_of(database: Database) -> str | None:
    """The version that a ledger is of; None where there is none."""
    with database.read() as connection:
        return _read_revision(connection)


def _read_revision(connection: Connection) -> str | None:
    known = inspect(connection).has_table(VERSION_TABLE)
    return connection.execute(select(_VERSION.c.version_num)).scalar() if known else None


def _write_revision(connection: Connection) -> None:
    _VERSION.create(connection, checkfirst=True)
    connection.execute(delete(_VERSION))
    connection.execute(insert(_VERSION).values(version_num=HEAD))

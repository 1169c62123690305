"""Bringing a ledger to this version, on open, one process at a time: made as it is today, or step by step."""

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select, text, update

from outreach.errors import WrongLedger
from outreach.ledger.database.engine import Database
from outreach.ledger.database.schema import OF_CONVERSATIONS, metadata

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
        if inspect(connection).has_table(VERSION_TABLE):
            upgrade(connection)
        else:
            create(connection)


def create(connection: Connection) -> None:
    """Make a new ledger, as the steps would of the first one: tests hold the two together.

    Alembic imports every database's dialect: 7 MB, a third of a second.
    """
    if connection.dialect.name == "postgresql":
        OF_CONVERSATIONS.dialect_kwargs["postgresql_where"] = OF_CONVERSATIONS.dialect_kwargs["sqlite_where"]
    metadata.create_all(connection, checkfirst=False)
    _VERSION.create(connection)
    connection.execute(insert(_VERSION).values(version_num=HEAD))


def upgrade(connection: Connection) -> None:
    """Take the steps that are missing. Raises WrongLedger, as `migrate` does."""
    from alembic.migration import MigrationContext  # noqa: PLC0415 - see `create`
    from alembic.operations import Operations  # noqa: PLC0415

    from outreach.ledger.migrations.steps import STEPS  # noqa: PLC0415

    found = connection.execute(select(_VERSION.c.version_num)).scalar() or ""
    if found > HEAD:
        raise WrongLedger(
            "The ledger was written by a newer version of this program.", "Upgrade genesys-outreach."
        )
    named = {"target_metadata": metadata}  # for the names of keys
    operations = Operations(MigrationContext.configure(connection, opts=named))
    for revision, take in STEPS.items():
        if revision > found:
            take(operations)
    connection.execute(update(_VERSION).values(version_num=HEAD))


def revision_of(database: Database) -> str | None:
    """The version that a ledger is of; None where there is none."""
    with database.read() as connection:
        known = inspect(connection).has_table(VERSION_TABLE)
        return connection.execute(select(_VERSION.c.version_num)).scalar() if known else None

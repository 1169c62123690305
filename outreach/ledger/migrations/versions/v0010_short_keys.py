"""Keys, hashes and ids as bytes on SQLite: see `database/packing.py`. JSON of before stays as it is."""

from typing import Any

from alembic import op
from sqlalchemy import text

from outreach.ledger.database.packing import shorten

revision = "0010"
down_revision = "0009"

SHORT = {
    "contacts": ("content_key", "genesys_id", "reference", "conversation_id", "audit_head"),
    "intents": ("reference", "address_key", "address_slot", "person_key"),
    "audit": ("previous", "hash"),
}


def upgrade() -> None:
    """All of them at once: a key in its old form would not know the person in the new one."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    driver: Any = connection.connection.driver_connection
    driver.create_function("shortened", 1, shorten, deterministic=True)
    for table, columns in SHORT.items():
        values = ", ".join(f"{column} = shortened({column})" for column in columns)
        connection.execute(text(f"UPDATE {table} SET {values}"))  # noqa: S608 - our own names

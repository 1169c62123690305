"""Alembic's entry: it runs on the connection that `migrating` opened, inside its transaction."""

from alembic import context

from outreach.ledger.database.schema import metadata

given = context.config.attributes
context.configure(
    connection=given["connection"], target_metadata=metadata, version_table=given["version_table"]
)
context.run_migrations()

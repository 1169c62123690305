"""Alembic's entry: it runs on the connection that `migrating` opened, inside its transaction."""

from alembic import context

from outreach.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()

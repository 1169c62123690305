"""The ledger's history, in Alembic's form."""

"""Addresses for which a row says no. Rows of before are sealed: each list is read once more, for these."""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.database.schema import Instant, needed, of

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "refusals",
        of("campaign", primary_key=True),
        sa.Column("address", sa.BigInteger, primary_key=True),
        sa.Column("said_by", sa.BigInteger, primary_key=True),
        sa.Column("channels", sa.String(32), primary_key=True),
        of("load", comment="the last that read it"),
        needed("at", Instant, comment="when it was read first"),
        comment="Addresses for which a row says no, and who said so, as keyed hashes: others may share them.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "refusers",
        of("campaign", primary_key=True),
        sa.Column("who", sa.BigInteger, primary_key=True),
        of("load", comment="the first that read a no of theirs"),
        comment="Who said what `refusals` hold: an index of those by who said them took three times as long.",
        sqlite_with_rowid=False,
    )
    op.execute("UPDATE loads SET fingerprint = NULL")
